"""How a driver's Spark UI and its other ports are reached; it outlives attempts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from yeoul_operator.api.application import (
    DriverIngressOptions,
    ServedOptions,
    SparkApplication,
    SparkApplicationSpec,
    SparkUIOptions,
)
from yeoul_operator.build import labels, names
from yeoul_operator.build.inputs import Attempt, BuildSettings, IngressSettings, Object
from yeoul_operator.build.owner import owned_by_application

DEFAULT_PORT = 4040
PORT_NAME = "spark-driver-ui-port"

_PLACEHOLDER = re.compile(r"{{\s*\$(appName|appNamespace|appId)\s*}}")
_REWRITE = "nginx.ingress.kubernetes.io/rewrite-target"


def ui_port(conf: Mapping[str, str]) -> int:
    """Return the port on which the driver serves its UI."""
    return int(conf.get("spark.ui.port", DEFAULT_PORT))


def ui_service_name(app: SparkApplication) -> str:
    """Return the name of the UI's Service."""
    return names.service_name(app.metadata.name, "ui-svc")


def ui_ingress_name(app: SparkApplication) -> str:
    """Return the name of the UI's Ingress."""
    return names.service_name(app.metadata.name, "ui-ingress")


def ui_service_port(spec: SparkApplicationSpec) -> int:
    """Return the port of the UI's Service."""
    options = spec.spark_ui_options
    if options is None:
        return ui_port(spec.spark_conf)
    return options.service_port or DEFAULT_PORT


def ui_url(app: SparkApplication, attempt: Attempt, settings: BuildSettings) -> SplitResult | None:
    """Return where the UI is reached from outside; None without an Ingress."""
    if not (settings.ui_service and settings.ingress.url_format):
        return None
    return _url(settings.ingress.url_format, app, attempt)


def port_url(app: SparkApplication, attempt: Attempt, url_format: str) -> SplitResult:
    """Return where a further port is reached from outside.

    Raises:
        ValueError: the filled-in format is no address.
    """
    return _url(url_format, app, attempt)


def proxy_conf(app: SparkApplication, attempt: Attempt, settings: BuildSettings) -> dict[str, str]:
    """Return what the UI must know when it is served below a path of an Ingress."""
    url = ui_url(app, attempt, settings)
    if url is None or not url.path:
        return {}
    return {"spark.ui.proxyBase": url.path, "spark.ui.proxyRedirectUri": "/"}


def served(app: SparkApplication, attempt: Attempt, settings: BuildSettings) -> list[Object]:
    """Return Services and Ingresses before the driver."""
    objects: list[Object] = []
    if settings.ui_service:
        objects += _served_ui(app, attempt, settings)
    for options in app.spec.driver_ingress_options:
        objects += _served_port(app, attempt, settings.ingress, options)
    return objects


def _served_ui(app: SparkApplication, attempt: Attempt, settings: BuildSettings) -> list[Object]:
    options = app.spec.spark_ui_options or SparkUIOptions()
    port = ui_service_port(app.spec)
    name = ui_service_name(app)
    port_name = options.service_port_name or PORT_NAME
    service = _service(app, name, _port(port_name, port, ui_port(app.spec.spark_conf)), options)
    url = ui_url(app, attempt, settings)
    if url is None:
        return [service]
    return [
        service,
        _ingress(app, ui_ingress_name(app), (name, port), url, options, settings.ingress),
    ]


def _served_port(
    app: SparkApplication,
    attempt: Attempt,
    ingress: IngressSettings,
    options: DriverIngressOptions,
) -> list[Object]:
    port = options.service_port or DEFAULT_PORT
    name = names.service_name(app.metadata.name, f"driver-{port}")
    port_name = options.service_port_name or f"driver-ing-{port}"
    service = _service(app, name, _port(port_name, port, port), options)
    if not options.ingress_url_format:
        return [service]
    url = port_url(app, attempt, options.ingress_url_format)
    ingress_name = names.service_name(app.metadata.name, f"ing-{port}")
    return [service, _ingress(app, ingress_name, (name, port), url, options, ingress)]


def _service(app: SparkApplication, name: str, port: Object, options: ServedOptions) -> Object:
    return owned_by_application(
        app,
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": name,
                "namespace": app.metadata.namespace,
                "labels": {**options.service_labels, **labels.of_application(app, "ui")},
                "annotations": dict(options.service_annotations),
            },
            "spec": {
                "type": str(options.service_type or "ClusterIP"),
                "selector": dict(labels.driver_selector(app)),
                "ports": [port],
            },
        },
    )


def _port(name: str, port: int, target: int) -> Object:
    return {"name": name, "port": port, "targetPort": target, "protocol": "TCP"}


def _ingress(
    app: SparkApplication,
    name: str,
    backend: tuple[str, int],
    url: SplitResult,
    options: ServedOptions,
    defaults: IngressSettings,
) -> Object:
    below = url.path not in ("", "/")
    annotations = dict(options.ingress_annotations or defaults.annotations)
    path: Object = {
        "path": f"{url.path}(/|$)(.*)" if below else url.path or "/",
        "pathType": "ImplementationSpecific",
        "backend": {"service": {"name": backend[0], "port": {"number": backend[1]}}},
    }
    rule = {"http": {"paths": [path]}} | ({"host": url.hostname} if url.hostname else {})
    tls = list(options.ingress_tls or defaults.tls)
    return owned_by_application(
        app,
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {
                "name": name,
                "namespace": app.metadata.namespace,
                "labels": labels.of_application(app, "ui"),
                # The path is taken off again, as the driver knows nothing of it.
                "annotations": {**annotations, **({_REWRITE: "/$2"} if below else {})},
            },
            "spec": {
                "rules": [rule],
                **({"ingressClassName": defaults.class_name} if defaults.class_name else {}),
                **({"tls": tls} if tls else {}),
            },
        },
    )


def _url(text: str, app: SparkApplication, attempt: Attempt) -> SplitResult:
    values = {
        "appName": app.metadata.name,
        "appNamespace": app.metadata.namespace,
        "appId": names.spark_app_id(attempt.submission_id),
    }
    filled = _PLACEHOLDER.sub(lambda match: values[match.group(1)], text)
    return urlsplit(filled if "://" in filled else f"http://{filled}")
