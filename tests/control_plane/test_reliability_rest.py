"""What is at rest is left alone: by another version of the operator, and by a second look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from bed import stages
from bed.api import Api
from bed.proxy import WRITES, FaultyProxy
from fix_cluster import Cluster
from fix_history import History
from fix_lives import BY_HAND, own_namespace
from fix_operator import SPARK, Applications, Object, application, driver, states
from fix_replicas import Replica, Replicas, wait_until

RUNNING = 200
SHORT = {stages.ENDS_AFTER: "100ms"}
RETRIED = {"type": "OnFailure", "onFailureRetries": 5, "onFailureRetryInterval": 3600}
LONG = "a-name-as-long-as-the-api-takes-it-which-is-sixty-three-letters"


@dataclass(frozen=True, slots=True)
class Rest:
    """What another operator did, which had nothing to do.

    Attributes:
        writes: its requests for a change.
        changed: applications that are not what they were.
        pods: driver pods that there were in all.
    """

    writes: list[str]
    changed: list[str]
    pods: int


@contextmanager
def at_work(
    cluster: Cluster, replicas: Replicas, namespace: str, name: str
) -> Iterator[tuple[Replica, FaultyProxy]]:
    """An operator of that identity; it ends in order."""
    folder = replicas.folder / f"{namespace}-{name}"
    folder.mkdir()
    settings = {
        "namespaces": namespace,
        "operator_namespace": namespace,
        "identity": name,
        "resync": "10",
        "ingress_url_format": "{{$appName}}.example.org",
    }
    with FaultyProxy(cluster.kubeconfig, folder) as proxy:
        replica = replicas.start(proxy.kubeconfig, folder.name, settings)
        try:
            wait_until("it is ready", lambda: replica.answers("/readyz"), [replica])
            yield replica, proxy
        finally:
            replica.process.stop(30)


def versions(api: Api, namespace: str) -> dict[str, str]:
    found = api.list(SPARK, namespace)
    return {one["metadata"]["name"]: one["metadata"]["resourceVersion"] for one in found}


def looked_at_by_another(
    cluster: Cluster, replicas: Replicas, history: History, namespace: str
) -> Rest:
    """Start another operator, and let it look at everything twice."""
    before = versions(cluster.api, namespace)
    with at_work(cluster, replicas, namespace, "new") as (replica, proxy):
        twice = 2 * len(before)
        wait_until("it has looked twice", lambda: replica.turns >= twice, [replica], 120)
        writes = [str(one.call) for one in proxy.records if WRITES(one.call)]
    after = versions(cluster.api, namespace)
    changed = [name for name in before if after.get(name) != before[name]]
    return Rest(writes, changed, len(history.of(namespace)))


# An upgrade


@pytest.fixture(scope="module")
def upgraded(cluster: Cluster, replicas: Replicas, history: History) -> Rest:
    """So many run while one operator ends and another one begins."""
    with own_namespace(cluster.api) as namespace:
        with at_work(cluster, replicas, namespace, "old") as (replica, _):
            for number in range(RUNNING):
                cluster.api.create(application(namespace, f"a-{number}"))

            def all_run() -> bool:
                return list(states(cluster.api, namespace).values()) == ["RUNNING"] * RUNNING

            wait_until("all run", all_run, [replica], 240)
            settled(cluster.api, namespace)
        return looked_at_by_another(cluster, replicas, history, namespace)


def settled(api: Api, namespace: str) -> None:
    """Wait until web interfaces are served too: they come after all submissions."""

    def names(kind: str) -> set[str]:
        return {one["metadata"]["name"] for one in api.list(kind, namespace)}

    def look() -> bool:
        stati = [one.get("status") or {} for one in api.list(SPARK, namespace)]
        running = [
            one["driverInfo"]
            for one in stati
            if (one.get("applicationState") or {}).get("state") == "RUNNING"
        ]
        services = {info.get("webUIServiceName", "none") for info in running}
        ingresses = {info.get("webUIIngressName", "none") for info in running}
        return services <= names("Service") and ingresses <= names("Ingress")

    wait_until("all are served", look, seconds=120)


def test_an_upgrade_starts_no_driver_anew(upgraded: Rest) -> None:
    assert upgraded.pods == RUNNING


def test_an_upgrade_writes_nothing(upgraded: Rest) -> None:
    assert (upgraded.writes, upgraded.changed) == ([], [])


# All kinds of rest


def executors(api: Api, namespace: str, name: str) -> None:
    """Pods as a driver makes them."""
    made = api.read("Pod", namespace, f"{name}-driver")
    labels = made["metadata"]["labels"]
    for number in (1, 2):
        api.create(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "namespace": namespace,
                    "name": f"{name}-exec-{number}",
                    "labels": {
                        **{key: labels[key] for key in labels if "spark" in key},
                        "spark-role": "executor",
                        "spark-exec-id": str(number),
                    },
                },
                "spec": {"containers": [{"name": "executor", "image": "spark"}]},
            }
        )


def shapes(namespace: str) -> dict[str, tuple[Object, str]]:
    """Applications, and the state in which each comes to rest."""
    given: dict[str, tuple[dict[str, Any], str]] = {
        "runs": ({}, "RUNNING"),
        "scales": ({"dynamicAllocation": {"enabled": True, "maxExecutors": 4}}, "RUNNING"),
        "guarded": ({"driverPodDisruptionBudget": True}, "RUNNING"),
        "python": ({"type": "Python", "mainApplicationFile": "local:///a.py"}, "RUNNING"),
        "executed": ({}, "RUNNING"),
        LONG: ({}, "RUNNING"),
        "waits": ({"driver": BY_HAND}, "SUBMITTED"),
        "ends": ({"driver": driver(**SHORT), "timeToLiveSeconds": 3600}, "COMPLETED"),
        "fails": ({"driver": driver(**SHORT, **{stages.EXIT_CODE: "3"})}, "FAILED"),
        "retries": (
            {"driver": driver(**SHORT, **{stages.EXIT_CODE: "3"}), "restartPolicy": RETRIED},
            "PENDING_RERUN",
        ),
        "suspended": ({"suspend": True}, "SUSPENDED"),
        "invalid": ({"sparkConf": {"spark.driver.port": "70000"}}, "FAILED"),
    }
    return {
        name: (application(namespace, name, **spec), state) for name, (spec, state) in given.items()
    }


@pytest.fixture(scope="module")
def rested(cluster: Cluster, replicas: Replicas, history: History) -> Rest:
    api = cluster.api
    with own_namespace(api) as namespace:
        wanted = shapes(namespace)
        with at_work(cluster, replicas, namespace, "old") as (replica, _):
            for body, _state in wanted.values():
                api.create(body)
            api.create(schedule(namespace))
            expected = {name: state for name, (_, state) in wanted.items()}
            pod = Applications(api, namespace).pod
            wait_until("a driver", lambda: pod("executed-driver"), [replica])
            executors(api, namespace, "executed")

            def at_rest() -> bool:
                found = states(api, namespace)
                return {name: found.get(name) for name in expected} == expected

            wait_until(f"all come to rest as {expected}", at_rest, [replica], 120)
            settled(api, namespace)

            def counted() -> bool:
                status = Applications(api, namespace).status("executed")
                return list(status.get("executorState", {}).values()) == ["RUNNING", "RUNNING"]

            wait_until("executors are counted", counted, [replica])
        return looked_at_by_another(cluster, replicas, history, namespace)


def schedule(namespace: str) -> Object:
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "ScheduledSparkApplication",
        "metadata": {"namespace": namespace, "name": "yearly"},
        "spec": {"schedule": "0 0 1 1 *", "template": application(namespace)["spec"]},
    }


def test_a_second_look_at_anything_writes_nothing(rested: Rest) -> None:
    assert (rested.writes, rested.changed) == ([], [])
