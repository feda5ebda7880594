"""How a driver's UI and its ports are served, and how it is kept from being evicted."""

from __future__ import annotations

from typing import Any

from fix_build import children, scala, submission
from yeoul_operator.api.application import SparkApplication
from yeoul_operator.build.inputs import BuildSettings, IngressSettings

BEHIND = BuildSettings(
    ingress=IngressSettings(
        url_format="spark.example/{{ $appNamespace }}/{{$appName}}", class_name="nginx"
    )
)


def outliving(
    app: SparkApplication, kind: str, settings: BuildSettings | None = None
) -> list[dict[str, Any]]:
    """What outlives attempts, of one kind."""
    return [one for one in children(app, settings=settings).of_application if one["kind"] == kind]


def test_the_ui_is_served_at_its_port() -> None:
    (service,) = outliving(scala("pi", sparkConf={"spark.ui.port": "4100"}), "Service")
    assert service["metadata"]["name"] == "pi-ui-svc"
    (port,) = service["spec"]["ports"]
    assert (port["name"], port["port"], port["targetPort"]) == ("spark-driver-ui-port", 4100, 4100)


def test_the_service_finds_the_driver_of_every_attempt() -> None:
    app = scala()
    (service,) = outliving(app, "Service")
    for number in (1, 2):
        labels = children(app, number).driver_pod["metadata"]["labels"]
        assert service["spec"]["selector"].items() <= labels.items()


def test_options_of_the_ui_are_kept() -> None:
    options = {
        "servicePort": 80,
        "servicePortName": "http",
        "serviceType": "NodePort",
        "serviceLabels": {"a": "b"},
        "serviceAnnotations": {"c": "d"},
    }
    (service,) = outliving(scala(sparkUIOptions=options), "Service")
    assert service["spec"]["type"] == "NodePort"
    assert service["spec"]["ports"][0] == {
        "name": "http",
        "port": 80,
        "targetPort": 4040,
        "protocol": "TCP",
    }
    assert service["metadata"]["labels"]["a"] == "b"
    assert service["metadata"]["annotations"] == {"c": "d"}


def test_the_operator_may_leave_the_ui_alone() -> None:
    app = scala()
    assert outliving(app, "Service", BuildSettings(ui_service=False)) == []


def test_an_ingress_leads_to_the_ui_below_its_path() -> None:
    (ingress,) = outliving(scala("pi"), "Ingress", BEHIND)
    (rule,) = ingress["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert rule["host"] == "spark.example"
    assert path["path"] == "/jobs/pi(/|$)(.*)"
    assert path["backend"]["service"] == {"name": "pi-ui-svc", "port": {"number": 4040}}
    assert ingress["spec"]["ingressClassName"] == "nginx"


def test_the_ui_knows_the_path_below_which_it_is_served() -> None:
    conf = submission(scala("pi"), settings=BEHIND).conf
    assert conf["spark.ui.proxyBase"] == "/jobs/pi"
    assert conf["spark.ui.proxyRedirectUri"] == "/"


def test_a_further_port_is_served() -> None:
    options = [{"servicePort": 5005, "ingressURLFormat": "debug.example"}]
    app = scala("pi", driverIngressOptions=options)
    names = [one["metadata"]["name"] for one in outliving(app, "Service")]
    (ingress,) = outliving(app, "Ingress")
    assert names == ["pi-ui-svc", "pi-driver-5005"]
    assert ingress["metadata"]["name"] == "pi-ing-5005"
    assert ingress["spec"]["rules"][0]["http"]["paths"][0]["path"] == "/"


def test_an_applications_certificates_stand_above_the_operators() -> None:
    settings = BuildSettings(
        ingress=IngressSettings(url_format="x.example", tls=({"secretName": "common"},))
    )
    own = {"ingressTLS": [{"secretName": "own"}]}
    (common,) = outliving(scala(), "Ingress", settings)
    (special,) = outliving(scala(sparkUIOptions=own), "Ingress", settings)
    assert common["spec"]["tls"] == [{"secretName": "common"}]
    assert special["spec"]["tls"] == [{"secretName": "own"}]


def test_a_driver_is_kept_from_eviction_where_that_is_wanted() -> None:
    app = scala("pi", driverPodDisruptionBudget=True)
    (budget,) = outliving(app, "PodDisruptionBudget")
    labels = children(app).driver_pod["metadata"]["labels"]
    assert budget["metadata"]["name"] == "pi-driver"
    assert budget["spec"]["minAvailable"] == 1
    assert budget["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_a_driver_may_be_evicted_where_nobody_says_otherwise() -> None:
    assert outliving(scala(), "PodDisruptionBudget") == []
