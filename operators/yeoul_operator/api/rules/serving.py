"""How the driver's ports are served."""

from __future__ import annotations

from collections.abc import Iterator

from yeoul_operator.api.application import SparkApplicationSpec
from yeoul_operator.api.parts import ServedOptions
from yeoul_operator.api.rules.names import check_annotations, check_labels
from yeoul_stream.pipeline.document import Location
from yeoul_stream.pipeline.finding import Finding, finding


def check_serving(spec: SparkApplicationSpec, location: Location) -> Iterator[Finding]:
    """Everything that is wrong with `sparkUIOptions` and `driverIngressOptions`."""
    if spec.spark_ui_options is not None:
        yield from _options(spec.spark_ui_options, (*location, "sparkUIOptions"))
    ports: set[int] = set()
    formats: set[str] = set()
    for index, options in enumerate(spec.driver_ingress_options):
        place = (*location, "driverIngressOptions", index)
        yield from _options(options, place)
        port, url = options.service_port, options.ingress_url_format
        if port is None:
            yield finding((*place, "servicePort"), None, "is required: the driver's port to serve")
        elif port in ports:
            yield finding((*place, "servicePort"), port, "stands twice; serve each port once")
        if url and url in formats:
            message = "stands twice; give each port an address of its own"
            yield finding((*place, "ingressURLFormat"), url, message)
        ports |= {port} if port is not None else set()
        formats |= {url} if url else set()


def _options(options: ServedOptions, place: Location) -> Iterator[Finding]:
    yield from check_labels(options.service_labels, (*place, "serviceLabels"))
    yield from check_annotations(options.service_annotations, (*place, "serviceAnnotations"))
    yield from check_annotations(options.ingress_annotations, (*place, "ingressAnnotations"))
