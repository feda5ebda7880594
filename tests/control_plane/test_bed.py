"""What the control plane of the bed promises to the tests that use it."""

from __future__ import annotations

from typing import Any

import pytest

from bed import stages
from bed.api import Api, ApiError, until
from bed.control_plane import ControlPlane

# A cluster of the user's plays its pods itself.
pytestmark = pytest.mark.usefixtures("control_plane")

Object = dict[str, Any]


def pod(namespace: str, name: str, **annotations: str) -> Object:
    keys = {"phase": stages.PHASE, "deletion": stages.DELETION}
    keys |= {"ends_after": stages.ENDS_AFTER, "exit_code": stages.EXIT_CODE}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "annotations": {keys[key]: value for key, value in annotations.items()},
        },
        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "any"}]},
    }


def phase(api: Api, namespace: str, name: str) -> str:
    return str(api.read("Pod", namespace, name)["status"]["phase"])


def is_bound(api: Api, namespace: str, name: str) -> bool:
    return "nodeName" in api.read("Pod", namespace, name)["spec"]


def test_pod_runs_by_itself(api: Api, namespace: str) -> None:
    api.create(pod(namespace, "a"))
    until("a running pod", lambda: phase(api, namespace, "a") == "Running")


def test_pod_ends_with_the_code_that_its_annotation_names(api: Api, namespace: str) -> None:
    api.create(pod(namespace, "a", ends_after="100ms", exit_code="3"))
    until("a failed pod", lambda: phase(api, namespace, "a") == "Failed")
    (status,) = api.read("Pod", namespace, "a")["status"]["containerStatuses"]
    assert status["state"]["terminated"]["exitCode"] == 3


def test_pod_without_a_code_succeeds(api: Api, namespace: str) -> None:
    api.create(pod(namespace, "a", ends_after="100ms"))
    until("a pod that succeeded", lambda: phase(api, namespace, "a") == "Succeeded")


def test_phase_is_left_to_a_test_that_asks(api: Api, namespace: str) -> None:
    api.create(pod(namespace, "left", phase=stages.BY_TEST))
    until("a bound pod", lambda: is_bound(api, namespace, "left"))
    # Played after it: by then the first one would have been, too.
    api.create(pod(namespace, "played"))
    until("a running pod", lambda: phase(api, namespace, "played") == "Running")
    assert phase(api, namespace, "left") == "Pending"


def test_status_of_a_pod_can_be_set(api: Api, namespace: str) -> None:
    api.create(pod(namespace, "a", phase=stages.BY_TEST))
    evicted = {"phase": "Failed", "reason": "Evicted", "message": "The node was low on memory."}
    api.patch("Pod", namespace, "a", {"status": evicted}, "status")
    assert api.read("Pod", namespace, "a")["status"]["reason"] == "Evicted"


def test_deletion_is_left_to_a_test_that_asks(api: Api, namespace: str) -> None:
    api.create(pod(namespace, "left", deletion=stages.BY_TEST))
    api.create(pod(namespace, "played"))
    for name in ("left", "played"):
        until("a running pod", lambda name=name: phase(api, namespace, name) == "Running")  # type: ignore[misc]
        api.delete("Pod", namespace, name)
    until("a deleted pod", lambda: api.get("Pod", namespace, "played") is None)
    assert "deletionTimestamp" in api.read("Pod", namespace, "left")["metadata"]


def test_quota_is_enforced(api: Api, namespace: str) -> None:
    api.create(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "few", "namespace": namespace},
            "spec": {"hard": {"pods": "0"}},
        }
    )
    until("a counted quota", lambda: api.read("ResourceQuota", namespace, "few").get("status"))
    with pytest.raises(ApiError, match="exceeded quota") as refused:
        api.create(pod(namespace, "a"))
    assert refused.value.code == 403


def test_owned_object_goes_with_its_owner(api: Api, namespace: str) -> None:
    owner = api.create(pod(namespace, "owner"))
    reference = {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": "owner",
        "uid": owner["metadata"]["uid"],
    }
    child = {"name": "child", "namespace": namespace, "ownerReferences": [reference]}
    api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": child})
    api.delete("Pod", namespace, "owner")
    until("an empty namespace", lambda: api.get("ConfigMap", namespace, "child") is None)


def test_objects_outlive_a_restart_of_the_api_server(
    api: Api, control_plane: ControlPlane, namespace: str
) -> None:
    api.create(pod(namespace, "a"))
    control_plane.restart_api_server()
    assert api.get("Pod", namespace, "a") is not None


def test_frozen_api_server_goes_on_where_it_was(
    api: Api, control_plane: ControlPlane, namespace: str
) -> None:
    with control_plane.frozen_api_server():
        pass
    assert api.get("Namespace", None, namespace) is not None


def test_added_nodes_become_ready(api: Api, control_plane: ControlPlane) -> None:
    control_plane.add_nodes(2, prefix="zoned", zone="a")

    def ready() -> bool:
        nodes = api.list("Node", selector="zone=a")
        ready = [one for item in nodes for one in item["status"].get("conditions", [])]
        return [one["status"] for one in ready if one["type"] == "Ready"] == ["True", "True"]

    until("two ready nodes", ready)


def test_two_planes_run_at_once(control_plane: ControlPlane) -> None:
    with ControlPlane() as other:
        assert other.layout.api_port != control_plane.layout.api_port
        assert other.api.request("GET", "/readyz") == "ok"


@pytest.mark.usefixtures("control_plane")
def test_webhook_on_loopback_is_asked(api: Api) -> None:
    hook = {
        "name": "nobody.bed.yeoul.dev",
        "clientConfig": {"url": "https://127.0.0.1:1/", "caBundle": ""},
        "rules": [
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE"],
                "resources": ["configmaps"],
            }
        ],
        "objectSelector": {"matchLabels": {"asked": "yes"}},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    kind = "ValidatingWebhookConfiguration"
    version = "admissionregistration.k8s.io/v1"
    body = {"metadata": {"name": "bed"}, "webhooks": [hook]}
    api.create({"apiVersion": version, "kind": kind, **body})
    labelled = {"name": "asks", "namespace": "default", "labels": {"asked": "yes"}}

    def refused() -> str | None:
        try:
            api.request(
                "POST",
                "/api/v1/namespaces/default/configmaps?dryRun=All",
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": labelled},
            )
        except ApiError as error:
            return str(error)
        return None

    try:
        assert "127.0.0.1:1" in until("a webhook in force", refused)
    finally:
        api.delete(kind, None, "bed")
