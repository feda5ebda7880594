"""Metrics: Spark's `metrics.properties`, and Prometheus' JMX exporter as a Java agent."""

from __future__ import annotations

from collections.abc import Mapping

from yeoul_operator.api.application import Monitoring, Prometheus, SparkApplication
from yeoul_operator.build import labels
from yeoul_operator.build.inputs import Object
from yeoul_operator.build.metrics_defaults import JMX_EXPORTER_RULES, METRICS_PROPERTIES
from yeoul_operator.build.parts import PodParts, config_map_volume, read_only_mount
from yeoul_operator.build.submission import Submission

FOLDER = "/etc/metrics/conf"
"""Where the configuration of metrics is mounted, in driver and executors."""
DEFAULT_PORT = 8090
DEFAULT_PORT_NAME = "jmx-exporter"

_VOLUME = "prom-conf-vol"
_PROPERTIES = "metrics.properties"
_RULES = "prometheus.yaml"


def conf(app: SparkApplication, below: Mapping[str, str]) -> dict[str, str]:
    """Return the keys that metrics need; Java options are added to those in `below`."""
    wanted = app.spec.monitoring
    if wanted is None:
        return {}
    file = wanted.metrics_properties_file or f"{FOLDER}/{_PROPERTIES}"
    keys = {
        # Without it the name is the attempt's, and each restart would make new time series.
        "spark.metrics.namespace": f"{app.metadata.namespace}.{app.metadata.name}",
        "spark.metrics.conf": file,
    }
    for role, exposed in _roles(wanted):
        if wanted.prometheus is not None and exposed:
            keys |= _agent(role, wanted.prometheus, below)
    return keys


def config_map(run: Submission) -> Object | None:
    """Return the ConfigMap with the files that are not in the image; None where all are."""
    files = _files(run.spec.monitoring)
    if not files:
        return None
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": run.metrics_name,
            "namespace": run.namespace,
            "labels": labels.of_attempt(run, "metrics"),
        },
        "immutable": True,
        "data": files,
    }


def with_metrics(parts: PodParts, run: Submission, role: str) -> PodParts:
    """Return a pod of `role` with the files mounted and the exporter's port named."""
    wanted = run.spec.monitoring
    if wanted is None:
        return parts
    if _files(wanted):
        volume = config_map_volume(_VOLUME, run.metrics_name)
        parts = parts.mounting(volume, read_only_mount(_VOLUME, FOLDER))
    if wanted.prometheus is None or not dict(_roles(wanted))[role]:
        return parts
    return parts.adding_to_container("ports", [_port(wanted.prometheus)])


def taken_port(wanted: Monitoring | None) -> int | None:
    """Return the port on which the exporter listens, if there is one."""
    exporter = wanted.prometheus if wanted is not None else None
    return None if exporter is None else exporter.port or DEFAULT_PORT


def _roles(wanted: Monitoring) -> tuple[tuple[str, bool], ...]:
    return (
        ("driver", wanted.expose_driver_metrics),
        ("executor", wanted.expose_executor_metrics),
    )


def _agent(role: str, exporter: Prometheus, below: Mapping[str, str]) -> dict[str, str]:
    port = exporter.port or DEFAULT_PORT
    rules = exporter.config_file or f"{FOLDER}/{_RULES}"
    agent = f"-javaagent:{exporter.jmx_exporter_jar}={port}:{rules}"
    options = f"spark.{role}.extraJavaOptions"
    annotation = f"spark.kubernetes.{role}.annotation.prometheus.io"
    return {
        options: f"{below[options]} {agent}" if below.get(options) else agent,
        f"{annotation}/scrape": "true",
        f"{annotation}/port": str(port),
        f"{annotation}/path": "/metrics",
    }


def _files(wanted: Monitoring | None) -> dict[str, str]:
    if wanted is None:
        return {}
    files = {}
    if not wanted.metrics_properties_file:
        files[_PROPERTIES] = wanted.metrics_properties or METRICS_PROPERTIES
    exporter = wanted.prometheus
    if exporter is not None and not exporter.config_file:
        files[_RULES] = exporter.configuration or JMX_EXPORTER_RULES
    return files


def _port(exporter: Prometheus) -> Object:
    return {
        "name": exporter.port_name or DEFAULT_PORT_NAME,
        "containerPort": exporter.port or DEFAULT_PORT,
        "protocol": "TCP",
    }
