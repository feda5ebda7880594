"""What is remembered of a pod."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from yeoul_operator.reconcile.facts import Phase, PodFacts, Role, project_pod

Object = dict[str, Any]
AT = "2026-01-01T00:01:00Z"


def raw(*, role: str = "driver", metadata: Object | None = None, **status: Any) -> Object:
    return {
        "metadata": {
            "name": "pi-driver",
            "namespace": "default",
            "uid": "u",
            "resourceVersion": "7",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"spark-role": role, "sparkoperator.k8s.io/app-name": "pi"},
            "ownerReferences": [{"uid": "owner", "name": "pi", "controller": True}],
            **(metadata or {}),
        },
        "spec": {"nodeName": "n1"},
        "status": {"phase": "Pending", **status},
    }


def facts(**arguments: Any) -> PodFacts:
    found = project_pod(raw(**arguments))
    assert found is not None
    return found


def container(name: str = "spark-kubernetes-driver", **state: Object) -> Object:
    return {"name": name, "state": state}


def test_a_pod_of_no_role_is_nothing_to_us() -> None:
    assert project_pod(raw(role="broker")) is None


def test_owner_role_and_node_are_kept() -> None:
    pod = facts()
    assert (pod.owner_uid, pod.owner_name, pod.role, pod.node) == (
        "owner", "pi", Role.DRIVER, "n1",
    )  # fmt: skip


def test_a_pod_without_a_status_is_pending() -> None:
    body = raw()
    del body["status"]
    found = project_pod(body)
    assert found is not None
    assert found.phase is Phase.PENDING


def test_a_running_driver_runs() -> None:
    pod = facts(phase="Running", containerStatuses=[container(running={"startedAt": AT})])
    assert pod.is_running
    assert pod.started_at == datetime(2026, 1, 1, 0, 1, tzinfo=UTC)


def test_a_running_sidecar_alone_is_not_a_running_driver() -> None:
    states = [container("sidecar", running={}), container(waiting={"reason": "ErrImagePull"})]
    pod = facts(phase="Running", containerStatuses=states)
    assert not pod.is_running
    assert pod.waiting_reason == "ErrImagePull"


def test_a_driver_beside_a_running_sidecar_ends_by_itself() -> None:
    states = [container("sidecar", running={}), container(terminated={"exitCode": 3})]
    pod = facts(phase="Running", containerStatuses=states)
    assert pod.is_ended
    assert pod.ending is not None
    assert pod.ending.exit_code == 3


def test_a_sidecar_that_ended_does_not_end_the_driver() -> None:
    states = [
        container(running={"startedAt": AT}),
        container("sidecar", terminated={"exitCode": 1}),
    ]
    assert not facts(phase="Running", containerStatuses=states).is_ended


def test_an_init_container_that_waits_is_what_is_shown() -> None:
    pod = facts(
        initContainerStatuses=[container("fetch", waiting={"reason": "ImagePullBackOff"})],
        containerStatuses=[container(waiting={"reason": "PodInitializing"})],
    )
    assert (pod.waiting_container, pod.waiting_reason) == ("fetch", "ImagePullBackOff")


def test_the_deletion_was_asked_for_a_grace_period_before_its_time_stamp() -> None:
    pod = facts(metadata={"deletionTimestamp": AT, "deletionGracePeriodSeconds": 30})
    assert pod.deletion_asked_at == datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)


def test_what_the_scheduler_says_is_kept() -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "no room"}
    assert facts(conditions=[condition]).unschedulable == "no room"


def test_a_disruption_that_was_taken_back_is_none() -> None:
    condition = {"type": "DisruptionTarget", "status": "False", "reason": "PreemptionByScheduler"}
    assert facts(conditions=[condition]).disruption == ""


def test_a_new_version_alone_is_no_change() -> None:
    assert facts() == facts(metadata={"resourceVersion": "8"})


def test_a_pod_that_is_not_ready_for_no_reason_is_on_a_silent_node() -> None:
    ready = {"type": "Ready", "status": "False"}
    assert facts(phase="Running", conditions=[ready]).is_unreachable


def test_a_pod_that_its_kubelet_calls_not_ready_is_on_a_node_that_speaks() -> None:
    ready = {"type": "Ready", "status": "False", "reason": "ContainersNotReady"}
    assert not facts(phase="Running", conditions=[ready]).is_unreachable
