"""node_exporter: with eyes for all of it and hands for nothing."""

from __future__ import annotations

import pytest
import yaml

from fix_chart import Chart, Object

NODES = {"monitoring": {"provider": "builtin", "builtin": {"nodeExporter": {"enabled": True}}}}


@pytest.fixture
def pod(chart: Chart) -> Object:
    found = chart.find("DaemonSet", "yeoul-node-exporter", NODES)["spec"]["template"]
    return dict(found["spec"])


def test_there_is_none_unless_it_is_asked_for(chart: Chart) -> None:
    found = chart.objects({"monitoring": {"provider": "builtin"}})
    assert "DaemonSet" not in {one["kind"] for one in found}


def test_it_sees_the_node_and_changes_nothing(pod: Object) -> None:
    (container,) = pod["containers"]
    assert (pod["hostNetwork"], pod["hostPID"]) == (True, True)
    assert all(mount["readOnly"] for mount in container["volumeMounts"])
    closed = container["securityContext"]
    assert (closed["readOnlyRootFilesystem"], closed["allowPrivilegeEscalation"]) == (True, False)
    assert closed["capabilities"] == {"drop": ["ALL"]}
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False


@pytest.mark.parametrize("enabled", [True, False])
def test_prometheus_asks_it_under_the_name_that_dashboards_know(
    chart: Chart, enabled: bool
) -> None:
    values = NODES if enabled else {"monitoring": {"provider": "builtin"}}
    config = chart.find("ConfigMap", "yeoul-prometheus", values)["data"]["prometheus.yaml"]
    jobs = {job["job_name"] for job in yaml.safe_load(config)["scrape_configs"]}
    assert ("yeoul-node" in jobs) is enabled
