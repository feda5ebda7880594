"""From a valid application to every object of one attempt. Pure, and cannot fail."""

from __future__ import annotations

from yeoul_operator.build.batch_scheduler import pod_group
from yeoul_operator.build.conf import submitted_conf
from yeoul_operator.build.disruption import disruption_budget
from yeoul_operator.build.driver_pod import driver_pod
from yeoul_operator.build.executor_template import executor_template, template_config_map
from yeoul_operator.build.inputs import (
    Attempt,
    BuildSettings,
    Children,
    Object,
    ValidatedApplication,
)
from yeoul_operator.build.monitoring import config_map as metrics_config_map
from yeoul_operator.build.owner import owned_by_pod
from yeoul_operator.build.service import driver_service
from yeoul_operator.build.spark_properties import properties_config_map
from yeoul_operator.build.submission import Submission
from yeoul_operator.build.ui import served
from yeoul_operator.build.volumes import claims

__all__ = ["build_children", "build_submission", "owned_by_pod"]


def build_children(
    valid: ValidatedApplication, attempt: Attempt, settings: BuildSettings
) -> Children:
    """Return the objects of an attempt: the same inputs give equal objects.

    The order of `of_driver` is Spark's: Service, claims, ConfigMaps.
    """
    run = build_submission(valid, attempt, settings)
    template = executor_template(run)
    has_template = template is not None
    of_driver: list[Object | None] = [
        driver_service(run),
        *claims(run),
        metrics_config_map(run),
        template_config_map(run, template) if template is not None else None,
        properties_config_map(run, has_template=has_template),
    ]
    app = run.application
    of_application = [
        *served(app, attempt, settings),
        disruption_budget(app),
        pod_group(run),
    ]
    return Children(
        driver_pod=driver_pod(run, has_template=has_template),
        of_driver=tuple(child for child in of_driver if child is not None),
        of_application=tuple(child for child in of_application if child is not None),
    )


def build_submission(
    valid: ValidatedApplication, attempt: Attempt, settings: BuildSettings
) -> Submission:
    """Return the attempt with its configuration and its names."""
    app = valid.application
    return Submission(app, attempt, settings, submitted_conf(app, attempt, settings))
