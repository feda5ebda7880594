"""node_exporter: with eyes for all of it and hands for nothing."""

from __future__ import annotations

import pytest

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


def test_prometheus_asks_it_under_the_name_that_dashboards_know(chart: Chart) -> None:
    config = chart.find("ConfigMap", "yeoul-prometheus", NODES)["data"]["prometheus.yml"]
    assert "job_name: yeoul-node\n" in config
    without = {"monitoring": {"provider": "builtin"}}
    config = chart.find("ConfigMap", "yeoul-prometheus", without)["data"]["prometheus.yml"]
    assert "job_name: yeoul-node\n" not in config
