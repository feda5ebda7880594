"""Executors, as clients count them; the test plays the driver that makes them."""

from __future__ import annotations

from typing import Any

from bed import stages
from bed.api import Api, until
from fix_operator import Applications, Operator, driver


def executor(pod: dict[str, Any], number: int) -> dict[str, Any]:
    """An executor pod as Spark's driver makes it."""
    metadata = pod["metadata"]
    kept = (
        "spark-app-selector", "sparkoperator.k8s.io/app-name", "sparkoperator.k8s.io/submission-id",
        "sparkoperator.k8s.io/launched-by-spark-operator",
    )  # fmt: skip
    labels = {key: metadata["labels"][key] for key in kept}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"pi-exec-{number}",
            "namespace": metadata["namespace"],
            "labels": {**labels, "spark-role": "executor", "spark-exec-id": str(number)},
            "ownerReferences": [
                {"apiVersion": "v1", "kind": "Pod", "name": metadata["name"],
                 "uid": metadata["uid"], "controller": True},
            ],
        },
        "spec": {
            "restartPolicy": "Never",
            "containers": [{"name": "spark-kubernetes-executor", "image": "i"}],
        },
    }  # fmt: skip


def launch(api: Api, applications: Applications, count: int) -> None:
    """Start an application and its executors."""
    applications.reaches("RUNNING")
    pod = applications.pod()
    assert pod is not None
    for number in range(1, count + 1):
        api.create(executor(pod, number))


def states(status: dict[str, Any]) -> list[str]:
    return sorted((status.get("executorState") or {}).values())


def test_running_executors_are_counted(api: Api, applications: Applications) -> None:
    applications.create()
    launch(api, applications, 3)
    applications.is_so("three run", lambda status: states(status) == ["RUNNING"] * 3)


def test_many_executors_that_start_together_are_few_writes(
    api: Api, applications: Applications, operator: Operator
) -> None:
    applications.create()
    applications.reaches("RUNNING")
    before = operator.writes()
    launch(api, applications, 40)
    applications.is_so("forty run", lambda status: states(status) == ["RUNNING"] * 40)
    assert operator.writes() - before < 20


def test_an_executor_that_the_driver_removes_has_completed(
    api: Api, applications: Applications
) -> None:
    applications.create()
    launch(api, applications, 2)
    applications.is_so("two run", lambda status: states(status) == ["RUNNING"] * 2)
    api.delete("Pod", applications.namespace, "pi-exec-1", gracePeriodSeconds=0)
    applications.is_so("one is over", lambda status: states(status) == ["COMPLETED", "RUNNING"])


def test_the_counts_stay_when_the_driver_has_ended(api: Api, applications: Applications) -> None:
    applications.create(driver=driver(**{stages.ENDS_AFTER: "5s"}))
    launch(api, applications, 2)
    status = applications.reaches("COMPLETED")
    assert states(status) == ["COMPLETED"] * 2
    until("the executors' end is counted", lambda: _succeeded(applications) == 2)


def _succeeded(applications: Applications) -> int:
    return sum(state == "COMPLETED" for state in states(applications.status()))
