"""The CRDs on a real API server: taken by plain kubectl, and refusing by path, value and advice."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bed import cache
from bed.api import Api, ApiError, until
from fix_application import application, peer_crd, schedule
from yeoul_operator.api.status import (
    ApplicationState,
    ApplicationStatus,
    AttemptRecord,
    ExecutorState,
    State,
    status_document,
)

CRDS = Path(__file__).parents[2] / "manifests/crds"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

pytestmark = pytest.mark.usefixtures("crds")


def kubectl(kubeconfig: Path, *arguments: str, given: str | None = None) -> str:
    found = cache.binary("kubectl")
    command = [str(found) if found.is_file() else "kubectl", "--kubeconfig", str(kubeconfig)]
    done = subprocess.run(
        [*command, *arguments], input=given, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr


def replaced(kubeconfig: Path, file: Path) -> None:
    """Put definitions in the place of those that are there."""

    def done() -> bool:
        # The API server itself writes the status of a definition that is new.
        return "Error" not in kubectl(kubeconfig, "replace", "-f", str(file))

    until(f"{file.name} in the place of what was there", done)


def refusal(api: Api, document: dict[str, Any]) -> dict[str, str]:
    """What the API server says against each path of a document."""
    with pytest.raises(ApiError) as caught:
        api.create(document)
    return {cause["field"]: cause["message"] for cause in caught.value.status["details"]["causes"]}


def created(api: Api, document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api.create(document)["spec"]
    return found


def test_a_plain_apply_takes_them(kubeconfig: Path) -> None:
    said = kubectl(kubeconfig, "apply", "-f", str(CRDS))
    assert said.count("sparkoperator.k8s.io configured") + said.count(" unchanged") == 2


def test_a_plain_apply_remembers_them_for_the_next_one(kubeconfig: Path, api: Api) -> None:
    kubectl(kubeconfig, "apply", "-f", str(CRDS))
    found = api.read("CustomResourceDefinition", None, "sparkapplications.sparkoperator.k8s.io")
    assert json.loads(found["metadata"]["annotations"][LAST_APPLIED])["kind"] == found["kind"]


@pytest.mark.parametrize("plural", ["sparkapplications", "scheduledsparkapplications"])
def test_the_schema_is_structural_and_approved(api: Api, plural: str) -> None:
    found = api.read("CustomResourceDefinition", None, f"{plural}.sparkoperator.k8s.io")
    conditions = {entry["type"]: entry["status"] for entry in found["status"]["conditions"]}
    assert conditions["Established"] == "True"
    assert conditions["KubernetesAPIApprovalPolicyConformant"] == "True"
    assert "NonStructuralSchema" not in conditions


def test_a_sound_application_is_taken(api: Api, namespace: str) -> None:
    assert created(api, application(namespace=namespace))["type"] == "Python"


def test_a_sound_schedule_is_taken(api: Api, namespace: str) -> None:
    document = schedule()
    document["metadata"]["namespace"] = namespace
    assert created(api, document)["schedule"] == "0 3 * * *"


def test_a_field_that_is_in_no_schema_is_pruned(api: Api, namespace: str) -> None:
    spec = created(api, application(namespace=namespace, labels={"team": "a"}))
    assert "labels" not in spec


def test_parts_in_kubernetes_own_words_are_kept_whole(api: Api, namespace: str) -> None:
    env = [{"name": "A", "valueFrom": {"future": {"deep": [1, {"x": None}]}}}]
    spec = created(api, application(namespace=namespace, driver={"env": env}))
    assert spec["driver"]["env"] == env


def test_amounts_may_be_numbers_or_text(api: Api, namespace: str) -> None:
    options = {"resources": {"cpu": 4, "memory": "2Gi"}}
    spec = created(
        api,
        application(namespace=namespace, batchScheduler="volcano", batchSchedulerOptions=options),
    )
    assert spec["batchSchedulerOptions"] == options


def test_what_a_go_client_sends_for_nothing_is_taken(api: Api, namespace: str) -> None:
    document = application(namespace=namespace, sparkVersion="", restartPolicy={}, deps={})
    document["status"] = {"applicationState": {"state": ""}, "driverInfo": {}}
    assert created(api, document)["sparkVersion"] == ""


def test_the_schema_names_all_its_findings(api: Api, namespace: str) -> None:
    found = refusal(
        api,
        application(
            namespace=namespace,
            type=None,
            driver={"cores": 0},
            executor={"instances": "2"},
            restartPolicy={"type": "Sometimes"},
        ),
    )
    assert set(found) >= {
        "spec.type",
        "spec.driver.cores",
        "spec.executor.instances",
        "spec.restartPolicy.type",
    }


def test_an_enumeration_says_what_is_accepted(api: Api, namespace: str) -> None:
    document = application(namespace=namespace, restartPolicy={"type": "Sometimes"})
    assert refusal(api, document)["spec.restartPolicy.type"] == (
        'Unsupported value: "Sometimes": supported values: "Never", "OnFailure", "Always"'
    )


CEL: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "R"}, "spec.type", '"Java", "Scala", "Python"; R is not served'),
    ({"type": "Go"}, "spec.type", '"Go"'),
    ({"type": "Java"}, "spec.mainClass", "is required for Java and Scala"),
    ({"mode": "client"}, "spec.mode", 'accepted: "cluster"'),
    ({"sparkVersion": "2.4.5"}, "spec.sparkVersion", "3.0.0 or newer"),
    ({"pythonVersion": "2"}, "spec.pythonVersion", 'accepted: "3"'),
    ({"mainApplicationFile": "/app.py"}, "spec.mainApplicationFile", "local:///path"),
    ({"mainApplicationFile": "file:/app.py"}, "spec.mainApplicationFile", "local:///path"),
    ({"memoryOverheadFactor": "10%"}, "spec.memoryOverheadFactor", '"0.2"'),
    ({"batchScheduler": "fair"}, "spec.batchScheduler", '"volcano", "yunikorn"'),
    ({"driver": {"memory": "1Gi"}}, "spec.driver.memory", '"1Gi": write a whole number'),
    ({"driver": {"memoryLimit": "much"}}, "spec.driver.memoryLimit", "such as 2g or 2Gi"),
    ({"driver": {"coreLimit": "0"}}, "spec.driver.coreLimit", "above zero"),
    ({"driver": {"podName": "A_b"}}, "spec.driver.podName", "lower-case letters"),
    ({"driver": {"kubernetesMaster": "x"}}, "spec.driver.kubernetesMaster", "https://"),
    ({"driver": {"gpu": {"name": "gpu", "quantity": 1}}}, "spec.driver.gpu.name", "vendor/name"),
    (
        {"executor": {"coreRequest": "2", "coreLimit": "1500m"}},
        "spec.executor.coreRequest",
        "is 2 and must be at most coreLimit, 1500m",
    ),
    (
        {"dynamicAllocation": {"enabled": True, "minExecutors": 2, "maxExecutors": 1}},
        "spec.dynamicAllocation.minExecutors",
        "at most maxExecutors",
    ),
]


@pytest.mark.parametrize(("spec", "path", "words"), CEL, ids=[str(spec) for spec, _, _ in CEL])
def test_a_rule_names_path_and_advice(
    api: Api, namespace: str, spec: dict[str, Any], path: str, words: str
) -> None:
    found = refusal(api, application(namespace=namespace, **spec))
    assert list(found) == [path]
    assert words in found[path]


def test_all_rules_are_reported_at_once(api: Api, namespace: str) -> None:
    document = application(
        namespace=namespace,
        type="R",
        mode="client",
        driver={"memory": "1Gi"},
        executor={"coreRequest": "2", "coreLimit": "1"},
    )
    assert set(refusal(api, document)) == {
        "spec.type",
        "spec.mode",
        "spec.driver.memory",
        "spec.executor.coreRequest",
    }


def test_the_rules_hold_for_the_runs_of_a_schedule(api: Api, namespace: str) -> None:
    document = schedule(template={"type": "R"})
    document["metadata"]["namespace"] = namespace
    assert list(refusal(api, document)) == ["spec.template.type"]


def test_a_name_longer_than_a_label_value_is_refused(api: Api, namespace: str) -> None:
    assert "metadata.name" in refusal(api, application("a" * 64, namespace))


def test_a_status_is_written_beside_the_spec(api: Api, namespace: str) -> None:
    api.create(application(namespace=namespace))
    status = {
        "applicationState": {"state": "RUNNING"},
        "driverInfo": {"podName": "pi-driver"},
        "executionAttempts": 2,
        "lastSubmissionAttemptTime": "2026-11-23T17:36:08Z",
        "conditions": [{"type": "Running", "status": "True"}],
        "attempts": [{"number": 1, "outcome": "ApplicationFailure", "exitCode": 137}],
    }
    api.patch("SparkApplication", namespace, "pi", {"status": status}, subresource="status")
    assert api.read("SparkApplication", namespace, "pi")["status"] == status


def test_kubectl_shows_what_people_look_for(api: Api, kubeconfig: Path, namespace: str) -> None:
    api.create(application(namespace=namespace, suspend=False))
    status = {"applicationState": {"state": "COMPLETED"}, "executionAttempts": 1}
    api.patch("SparkApplication", namespace, "pi", {"status": status}, subresource="status")
    header, row = kubectl(kubeconfig, "-n", namespace, "get", "sparkapp").splitlines()
    assert header.split() == ["NAME", "SUSPEND", "STATUS", "ATTEMPTS", "START", "FINISH", "AGE"]
    assert row.split()[:4] == ["pi", "false", "COMPLETED", "1"]


def test_kubectl_waits_for_a_condition(api: Api, kubeconfig: Path, namespace: str) -> None:
    api.create(application(namespace=namespace))
    status = {"conditions": [{"type": "Completed", "status": "True"}]}
    api.patch("SparkApplication", namespace, "pi", {"status": status}, subresource="status")
    said = kubectl(kubeconfig, "-n", namespace, "wait", "sparkapp/pi", "--for=condition=Completed")
    assert "condition met" in said


def test_they_replace_the_well_known_ones_under_a_stored_application(
    api: Api, kubeconfig: Path, namespace: str
) -> None:
    theirs = peer_crd("sparkapplications")
    replaced(kubeconfig, theirs)
    try:
        api.create(application(namespace=namespace))
    finally:
        replaced(kubeconfig, CRDS)
    assert api.read("SparkApplication", namespace, "pi")["spec"]["type"] == "Python"


def test_what_we_store_is_sound_by_the_well_known_schema(
    api: Api, kubeconfig: Path, namespace: str
) -> None:
    """Other programs read our status by types of their own that are as strict."""
    theirs = peer_crd("sparkapplications")
    api.create(application(namespace=namespace))
    replaced(kubeconfig, theirs)
    try:
        status = status_document(
            ApplicationStatus(
                application_state=ApplicationState(state=State.RUNNING),
                executor_state={"pi-exec-1": ExecutorState.RUNNING},
                last_submission_attempt_time=datetime(2026, 11, 23, tzinfo=UTC),
                attempts=(AttemptRecord(number=1),),
            )
        )
        patch = {"status": status}
        stored = api.patch("SparkApplication", namespace, "pi", patch, subresource="status")
    finally:
        replaced(kubeconfig, CRDS)
    assert stored["status"]["executorState"] == {"pi-exec-1": "RUNNING"}


def test_kubectl_explains_a_field(kubeconfig: Path) -> None:
    said = kubectl(kubeconfig, "explain", "sparkapplication.spec.driver.coreLimit")
    assert "CPU limit" in said


def test_the_examples_are_yaml_that_the_server_takes_strictly(kubeconfig: Path) -> None:
    document = yaml.safe_dump(application(namespace="default"))
    said = kubectl(
        kubeconfig, "create", "--dry-run=server", "--validate=strict", "-f", "-", given=document
    )
    assert "created (server dry run)" in said
