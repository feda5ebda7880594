"""What the settings mean to the operator's parts."""

from yeoul_operator.admission.keeper import Place
from yeoul_operator.admission.review import Served
from yeoul_operator.admission.service import Admission
from yeoul_operator.build.inputs import BuildSettings, IngressSettings
from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.selectors import parse_selector
from yeoul_operator.reconcile.budget import Policy
from yeoul_operator.run.settings import Settings


def admission_of(settings: Settings, kube: Kube) -> Admission:
    """Return the webhook that the settings ask for."""
    place = Place(
        settings.operator_namespace,
        settings.webhook_service,
        settings.webhook_secret,
        settings.webhook_configuration,
    )
    selector, building = parse_selector(settings.selector), build_settings_of(settings)
    served = Served(settings.namespaces, selector, building)
    return Admission(kube, served, place, settings.webhook_port)


def policy_of(settings: Settings) -> Policy:
    """Return what the settings decide about retries and time-outs."""
    return Policy(
        start_timeout_s=settings.start_timeout,
        unschedulable_timeout_s=settings.unschedulable_timeout,
        refused_timeout_s=settings.refused_timeout,
        failure_retries=settings.failure_retries,
        infrastructure_retries=settings.infrastructure_retries,
        backoff_cap_s=settings.backoff_cap,
        stable_run_s=settings.stable_run,
    )


def build_settings_of(settings: Settings) -> BuildSettings:
    """Return what the settings decide about every driver."""
    return BuildSettings(
        kubernetes_master=settings.kubernetes_master,
        ui_service=settings.ui_service,
        ingress=IngressSettings(settings.ingress_url_format, settings.ingress_class),
    )
