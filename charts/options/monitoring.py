"""Prometheus, Alertmanager and Grafana: by this chart, by kube-prometheus-stack, or not at all."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from charts.monitoring.alerts.model import RUNBOOKS
from charts.options.base import Disk, Free, Image, Name, Part, Values, Words

Duration = Annotated[str, Field(pattern=r"^[1-9][0-9]*(s|m|h|d|w|y)$")]


class Alerts(Values):
    """Rules of Prometheus, with a runbook each: docs/runbooks."""

    enabled: bool = True
    """Have them."""
    labels: Words = {}
    """Labels of all alerts, by which Alertmanager may route them."""
    runbooks: str = RUNBOOKS
    """Where runbooks are read."""


class PostgresExporter(Part):
    """Metrics of PostgreSQL, whoever runs it."""

    enabled: bool = True
    """Have it, where there is a monitoring and a server that the chart knows."""
    image: Image = Image(
        registry="quay.io/prometheuscommunity", repository="postgres-exporter", tag="v0.17.1"
    )
    resources: Free = {
        "requests": {"cpu": "10m", "memory": "32Mi"},
        "limits": {"memory": "96Mi"},
    }


class Prometheus(Part):
    """The server that asks all others."""

    image: Image = Image(registry="docker.io/prom", repository="prometheus", tag="v3.5.0")
    storage: Disk = Disk(size="20Gi")
    """Where the numbers are kept."""
    retention: Duration = "15d"
    """How long they are kept."""
    interval: Duration = "15s"
    """How often all are asked, and rules are evaluated."""
    kubelet: bool = True
    """Ask kubelets how full volumes are; needs rights to see the cluster's nodes."""
    resources: Free = {
        "requests": {"cpu": "50m", "memory": "256Mi"},
        "limits": {"memory": "1Gi"},
    }


class Alertmanager(Part):
    """Tells people of alerts."""

    enabled: bool = True
    """Have it."""
    image: Image = Image(registry="docker.io/prom", repository="alertmanager", tag="v0.28.1")
    storage: Disk = Disk(size="1Gi")
    """Where silences are kept."""
    config: Free = {
        "route": {"receiver": "nobody", "group_by": ["alertname", "namespace", "pipeline"]},
        "receivers": [{"name": "nobody"}],
    }
    """Alertmanager's configuration: whom to tell. No passwords: `existingSecret`."""
    existing_secret: Name = ""
    """A Secret with `alertmanager.yml` instead."""
    resources: Free = {
        "requests": {"cpu": "10m", "memory": "48Mi"},
        "limits": {"memory": "128Mi"},
    }


class Grafana(Part):
    """Shows the dashboards."""

    enabled: bool = True
    """Have it."""
    image: Image = Image(registry="docker.io/grafana", repository="grafana", tag="11.6.0")
    storage: Disk = Disk(size="2Gi")
    """Where what is made by hand is kept."""
    existing_secret: Name = ""
    """A Secret with `admin-password`; empty: it is made up once, and kept."""
    resources: Free = {
        "requests": {"cpu": "50m", "memory": "192Mi"},
        "limits": {"memory": "512Mi"},
    }


class NodeExporter(Part):
    """Metrics of the servers. It sees the whole node, which the restricted standard forbids."""

    enabled: bool = False
    """Have it; the namespace must allow privileged pods then."""
    image: Image = Image(registry="quay.io/prometheus", repository="node-exporter", tag="v1.9.1")
    resources: Free = {
        "requests": {"cpu": "20m", "memory": "32Mi"},
        "limits": {"memory": "96Mi"},
    }


class BuiltinMonitoring(Values):
    """By this chart: with file provisioning, and storage that is kept."""

    prometheus: Prometheus = Prometheus()
    """Prometheus."""
    alertmanager: Alertmanager = Alertmanager()
    """Alertmanager."""
    grafana: Grafana = Grafana()
    """Grafana."""
    node_exporter: NodeExporter = NodeExporter()
    """node_exporter, on each node."""


class Objects(Values):
    """Objects for another Prometheus or Grafana."""

    enabled: bool = True
    """Make them."""
    labels: Words = {}
    """Their labels, by which they are selected: of kube-prometheus-stack, `release: NAME`."""
    namespace: Name = ""
    """Where they are made; empty: the release's namespace."""


class Monitors(Objects):
    """What is asked, and how often."""

    interval: str = ""
    """How often; empty: as often as that Prometheus does by itself."""


class DashboardObjects(Objects):
    """Dashboards as ConfigMaps, which Grafana's sidecar loads."""

    labels: Words = {"grafana_dashboard": "1"}
    """Their labels, by which they are selected."""
    annotations: Words = {"grafana_folder": "Yeoul"}
    """Their annotations, such as the folder."""


class OperatorMonitoring(Values):
    """By kube-prometheus-stack, or any Prometheus operator, which must be there."""

    service_monitor: Monitors = Monitors()
    """ServiceMonitors."""
    pod_monitor: Monitors = Monitors()
    """PodMonitors."""
    prometheus_rule: Objects = Objects()
    """PrometheusRules."""
    dashboards: DashboardObjects = DashboardObjects()
    """Dashboards."""


class Monitoring(Values):
    """Metrics, alerts and dashboards: docs/monitoring.md."""

    provider: Literal["none", "builtin", "operator"] = "none"
    """Who runs it."""
    alerts: Alerts = Alerts()
    """Rules of Prometheus."""
    postgres_exporter: PostgresExporter = PostgresExporter()
    """Metrics of PostgreSQL."""
    builtin: BuiltinMonitoring = BuiltinMonitoring()
    """Prometheus, Alertmanager and Grafana by this chart."""
    operator: OperatorMonitoring = OperatorMonitoring()
    """Objects for kube-prometheus-stack."""
