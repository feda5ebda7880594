"""Applications that cannot start, and what their users are told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bed import stages
from bed.api import Api, until
from fix_cluster import Cluster
from fix_operator import Applications, Operator, driver, running_operator

BY_TEST = {stages.PHASE: stages.BY_TEST}
PATIENCE_S = "4"


@pytest.fixture(scope="module")
def operator(
    cluster: Cluster, crds: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Operator]:
    """An operator of little patience."""
    del crds
    folder = tmp_path_factory.mktemp("impatient")
    patience = {
        "start_timeout": PATIENCE_S,
        "unschedulable_timeout": PATIENCE_S,
        "refused_timeout": PATIENCE_S,
    }
    with running_operator(cluster.kubeconfig, folder, **patience) as one:
        yield one


def message(status: dict[str, Any]) -> str:
    return str(status["applicationState"]["errorMessage"])


def waiting(api: Api, namespace: str, reason: str, said: str) -> None:
    """Say of the driver's container what a kubelet says."""
    state = {"waiting": {"reason": reason, "message": said}}
    container = {
        "name": "spark-kubernetes-driver", "image": "i", "imageID": "", "ready": False,
        "restartCount": 0, "state": state,
    }  # fmt: skip
    until("a driver pod", lambda: api.get("Pod", namespace, "pi-driver"))
    status = {"status": {"phase": "Pending", "containerStatuses": [container]}}
    api.patch("Pod", namespace, "pi-driver", status, "status")


def test_an_image_that_is_not_there(api: Api, applications: Applications) -> None:
    applications.create(driver=driver(**BY_TEST))
    waiting(api, applications.namespace, "ImagePullBackOff", "no such image")
    said = message(applications.reaches("FAILED"))
    assert "no such image" in said
    assert "spec.image" in said


def test_a_secret_that_is_not_there(api: Api, applications: Applications) -> None:
    applications.create(driver=driver(**BY_TEST))
    waiting(api, applications.namespace, "CreateContainerConfigError", 'secret "k" not found')
    assert 'secret "k" not found' in message(applications.reaches("FAILED"))


def test_a_config_map_that_is_not_there(api: Api, applications: Applications) -> None:
    applications.create(driver=driver(**BY_TEST))
    until("a driver pod", applications.pod)
    pod = applications.pod()
    assert pod is not None
    api.create(mount_event(pod))
    assert 'configmap "settings" not found' in message(applications.reaches("FAILED"))


def mount_event(pod: dict[str, Any]) -> dict[str, Any]:
    """The event by which a kubelet tells of a volume that it cannot mount."""
    metadata = pod["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "mount", "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": "v1", "kind": "Pod", "name": metadata["name"],
            "namespace": metadata["namespace"], "uid": metadata["uid"],
        },
        "type": "Warning",
        "reason": "FailedMount",
        "message": 'MountVolume.SetUp failed for volume "v" : configmap "settings" not found',
        "lastTimestamp": "2026-01-01T00:00:00Z",
    }  # fmt: skip


def test_a_driver_that_no_node_takes(applications: Applications) -> None:
    applications.create(nodeSelector={"no-node": "has-this"})
    said = message(applications.reaches("FAILED"))
    assert "no node can take it" in said


def test_a_driver_pod_that_was_given_up_is_gone(applications: Applications) -> None:
    applications.create(nodeSelector={"no-node": "has-this"})
    applications.reaches("FAILED")
    until("no driver pod", lambda: applications.pod() is None)


def test_a_quota_that_stays_full(api: Api, applications: Applications) -> None:
    api.create(quota(applications.namespace))
    until("the quota counts", lambda: "used" in quota_status(api, applications.namespace))
    applications.create()
    status = applications.reaches("SUBMISSION_FAILED")
    assert "exceeded quota" in message(status)


def test_while_a_quota_is_full_no_state_is_published(api: Api, applications: Applications) -> None:
    api.create(quota(applications.namespace))
    until("the quota counts", lambda: "used" in quota_status(api, applications.namespace))
    applications.create()
    status = applications.is_so("a condition", lambda status: status.get("conditions"))
    assert "applicationState" not in status
    submitted = next(each for each in status["conditions"] if each["type"] == "Submitted")
    assert submitted["reason"] == "QuotaExceeded"


def test_a_refused_submission_ends_as_failed(api: Api, applications: Applications) -> None:
    api.create(quota(applications.namespace))
    until("the quota counts", lambda: "used" in quota_status(api, applications.namespace))
    applications.create()
    applications.reaches("SUBMISSION_FAILED")
    applications.reaches("FAILED")


def quota(namespace: str) -> dict[str, Any]:
    """A quota without room for a pod."""
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "full", "namespace": namespace},
        "spec": {"hard": {"pods": "0"}},
    }


def quota_status(api: Api, namespace: str) -> dict[str, Any]:
    path = f"/api/v1/namespaces/{namespace}/resourcequotas/full"
    return dict(api.request("GET", path).get("status") or {})


def test_a_pod_of_somebody_else_in_the_drivers_place(api: Api, applications: Applications) -> None:
    api.create(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "pi-driver", "namespace": applications.namespace},
            "spec": {"containers": [{"name": "c", "image": "i"}]},
        }
    )
    applications.create()
    status = applications.is_so("a condition", lambda status: status.get("conditions"))
    submitted = next(each for each in status["conditions"] if each["type"] == "Submitted")
    assert submitted["reason"] == "PodNameTaken"
    api.delete("Pod", applications.namespace, "pi-driver", gracePeriodSeconds=0)
    applications.reaches("RUNNING")


def test_an_eviction_is_not_the_applications_fault(api: Api, applications: Applications) -> None:
    policy = {"type": "OnFailure", "onFailureRetries": 0, "onFailureRetryInterval": 1}
    applications.create(restartPolicy=policy, driver=driver(**BY_TEST))
    until("a driver pod", applications.pod)
    evicted = {"phase": "Failed", "reason": "Evicted", "message": "The node was low on memory."}
    api.patch("Pod", applications.namespace, "pi-driver", {"status": evicted}, "status")
    status = applications.is_so("two attempts", lambda one: len(one.get("attempts", ())) == 2)
    assert status["attempts"][0]["outcome"] == "InfrastructureFailure"


def test_a_spec_that_cannot_be_run_is_told_in_full(applications: Applications) -> None:
    # The schema knows no keys of Spark: without the webhook the operator has to say it.
    conf = {"spark.executor.cores": "many", "spark.driver.memory": "much"}
    applications.create(sparkConf=conf, driver={}, executor={})
    said = message(applications.reaches("SUBMISSION_FAILED"))
    assert all(key in said for key in conf)
