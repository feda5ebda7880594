"""`manifests/operator` on a real API server: accepted as it is, and with rights that suffice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bed import stages
from bed.api import Api, ApiError, path_of, until
from fix_cluster import Cluster
from fix_operator import SPARK, Applications, Operator, driver, running_operator
from fix_pipelines import KIND as PIPELINE
from fix_pipelines import document
from yeoul_local import ports

Object = dict[str, Any]
FOLDER = Path(__file__).parents[2] / "manifests" / "operator"
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.yaml"))
CLUSTER_WIDE = ("rbac.yaml", "cluster-wide/rbac.yaml", "cluster-wide/webhook.yaml")
NAMESPACED = ("rbac.yaml", "namespaced/rbac.yaml")
_CLUSTERS = ("ClusterRole", "ClusterRoleBinding", "ValidatingWebhookConfiguration", "Namespace")


def documents(file: str, namespace: str) -> list[Object]:
    """The objects of a file, in a test's namespace."""
    text = (FOLDER / file).read_text().replace("yeoul-system", namespace)
    found = list(yaml.safe_load_all(text.replace("namespace: default", f"namespace: {namespace}")))
    for one in found:
        if one["kind"] not in _CLUSTERS:
            one["metadata"].setdefault("namespace", namespace)
    return found


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_accepted_without_a_warning(api: Api, namespace: str, file: str) -> None:
    for one in documents(file, namespace):
        if one["kind"] == "Namespace":
            one["metadata"]["name"] += "-new"
        metadata = one["metadata"]
        path = path_of(one["kind"], metadata.get("namespace"), metadata["name"])
        query = "?fieldManager=test&fieldValidation=Strict&dryRun=All&force=true"
        api.request("PATCH", path + query, one, "application/apply-patch+yaml")


def test_the_pods_satisfy_the_restricted_standard(api: Api, namespace: str) -> None:
    (given,) = documents("namespace.yaml", namespace)
    api.patch("Namespace", None, namespace, {"metadata": {"labels": given["metadata"]["labels"]}})
    for one in documents("rbac.yaml", namespace) + documents("deployment.yaml", namespace):
        api.apply(one)
    until("both replicas' pods", lambda: len(api.list("Pod", namespace)) == 2)


def allowed(api: Api, kubeconfig: Path, folder: Path, namespace: str) -> Path:
    """A kubeconfig of the operator's service account."""
    path = path_of("ServiceAccount", namespace, "yeoul-operator", "token")
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = api.request("POST", path, request)["status"]["token"]
    config = yaml.safe_load(kubeconfig.read_text())
    named = next(c for c in config["contexts"] if c["name"] == config["current-context"])
    config["users"] = [{"name": named["context"]["user"], "user": {"token": token}}]
    made = folder / "operator.kubeconfig"
    made.write_text(yaml.safe_dump(config))
    made.chmod(0o600)
    return made


def may_read(kubeconfig: Path, namespace: str) -> bool:
    """Whether the rights that come first and last in the files hold."""
    client = Api(kubeconfig)
    try:
        client.get("Lease", namespace, "yeoul-operator")
        client.list("SparkApplication", namespace)
    except ApiError:
        return False
    finally:
        client.close()
    return True


Install = Callable[..., Path]


@pytest.fixture
def install(
    request: pytest.FixtureRequest, cluster: Cluster, namespace: str, tmp_path: Path
) -> Iterator[Install]:
    """Applies files; returns a kubeconfig with the rights that they give."""
    request.getfixturevalue("crds")
    request.getfixturevalue("pipeline_crd")
    api, applied = cluster.api, []

    def apply(*files: str) -> Path:
        for file in files:
            for one in documents(file, namespace):
                applied.append(one)
                api.apply(one)
        kubeconfig = allowed(api, cluster.kubeconfig, tmp_path, namespace)
        # The API server takes a moment to hear of rights.
        until("rights in force", lambda: may_read(kubeconfig, namespace))
        return kubeconfig

    yield apply
    for one in applied:
        if one["kind"] in _CLUSTERS:
            api.delete(one["kind"], None, one["metadata"]["name"])


def live(applications: Applications) -> None:
    """Lead applications through most of what the operator does."""
    applications.create(
        "retried",
        restartPolicy={"type": "OnFailure", "onFailureRetries": 1, "onFailureRetryInterval": 1},
        driver=driver(**{stages.ENDS_AFTER: "200ms", stages.EXIT_CODE: "1"}),
    )
    applications.create(
        "kept",
        driver=driver(**{stages.ENDS_AFTER: "200ms"}),
        driverPodDisruptionBudget=True,
    )
    applications.create("gone", driver=driver(**{stages.ENDS_AFTER: "1s"}), timeToLiveSeconds=1)
    applications.reaches("COMPLETED", "kept")
    applications.reaches("FAILED", "retried")
    until(
        "no application",
        lambda: applications.api.get(SPARK, applications.namespace, "gone") is None,
    )


def live_pipeline(api: Api, namespace: str) -> None:
    """Lead a pipeline from one revision to the next; its driver is never reached."""
    api.create(document(namespace))

    def revision() -> str:
        found = api.get(SPARK, namespace, "cars") or {"metadata": {"labels": {}}}
        state = found.get("status", {}).get("applicationState", {}).get("state")
        labels: dict[str, str] = found["metadata"]["labels"]
        return labels.get("yeoul.dev/revision", "") if state == "RUNNING" else ""

    before = until("its application", revision)
    sinks = [{"name": "out", "trigger": "1 second", "console": {}}]
    api.patch(PIPELINE, namespace, "cars", {"spec": {"sinks": sinks}})
    until("the next revision", lambda: revision() not in ("", before))


def forbidden(operator: Operator) -> float:
    """How often the API server refused the operator something."""
    return operator.metrics()['yeoul_api_errors_total{kind="forbidden"}']


def test_the_rights_over_the_cluster_suffice(
    install: Install, api: Api, namespace: str, tmp_path: Path
) -> None:
    kubeconfig = install(*CLUSTER_WIDE)
    with running_operator(
        kubeconfig,
        tmp_path,
        operator_namespace=namespace,
        webhook="true",
        webhook_port=str(ports.choose(("hook",), (), random.Random())["hook"]),
        ingress_url_format="{{$appName}}.example.org",
        stream_image="registry.example/yeoul-spark:1",
        stream_service_account="default",
    ) as operator:
        live(Applications(api, namespace))
        live_pipeline(api, namespace)
        assert forbidden(operator) == 0
        (hook,) = api.read("ValidatingWebhookConfiguration", None, "yeoul-operator")["webhooks"]
        assert hook["clientConfig"]["caBundle"]


def test_the_rights_in_a_namespace_suffice(
    install: Install, api: Api, namespace: str, tmp_path: Path
) -> None:
    kubeconfig = install(*NAMESPACED)
    with running_operator(
        kubeconfig,
        tmp_path,
        operator_namespace=namespace,
        namespaces=namespace,
        ingress_url_format="{{$appName}}.example.org",
        stream_image="registry.example/yeoul-spark:1",
        stream_service_account="default",
    ) as operator:
        live(Applications(api, namespace))
        live_pipeline(api, namespace)
        # It asks for the CRDs, which is a right over the cluster, and does without.
        assert forbidden(operator) <= 2
