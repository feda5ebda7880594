"""Two replicas side by side: what each of them shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from bed.api import Api, until
from fix_cluster import Cluster
from fix_operator import Applications, Operator, running_operator

RUNNING = 'spark_application_running_count{app_type="Unknown"}'
COUNT = 'spark_application_count{app_type="Unknown"}'
LEADER = "yeoul_leader"


@pytest.mark.night
def test_sums_over_replicas_count_nothing_twice(
    cluster: Cluster, api: Api, crds: None, namespace: str, tmp_path: Path
) -> None:
    del crds
    given = {"operator_namespace": namespace, "namespaces": namespace}

    def summed(name: str, *replicas: Operator) -> float:
        return sum(one.metrics()[name] for one in replicas)

    with (
        running_operator(cluster.kubeconfig, tmp_path, "first", **given) as first,
        running_operator(cluster.kubeconfig, tmp_path, "second", **given) as second,
    ):
        applications = Applications(api, namespace)
        applications.create("pi")
        applications.reaches("RUNNING")
        until("one that runs", lambda: summed(RUNNING, first, second) == 1)
        assert summed(LEADER, first, second) == 1
        assert summed(COUNT, first, second) == 1
