"""A real API server takes every object, strictly, and every pod under the restricted standard."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest
import yaml

from bed import cache
from bed.api import Api, ApiError, learn, path_of, until
from fix_chart import NAMESPACE, ROOT, SETS, Chart, Object, pods

PEERS = Path(os.environ.get("YEOUL_PEER_CRDS", ROOT.parent / "shared" / "crds"))
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
STRICT = "?fieldManager=test&fieldValidation=Strict&dryRun=All&force=true"
APPLY = "application/apply-patch+yaml"
MONITORS = (
    ("PodMonitor", "podmonitors"),
    ("ServiceMonitor", "servicemonitors"),
    ("PrometheusRule", "prometheusrules"),
)
PEER_KINDS = (
    ("Kafka", "kafka.strimzi.io/v1", "kafkas", "strimzi"),
    ("KafkaNodePool", "kafka.strimzi.io/v1", "kafkanodepools", "strimzi"),
    ("KafkaTopic", "kafka.strimzi.io/v1", "kafkatopics", "strimzi"),
    ("KafkaUser", "kafka.strimzi.io/v1", "kafkausers", "strimzi"),
    ("Cluster", "postgresql.cnpg.io/v1", "clusters", "cloudnative-pg"),
)


@pytest.fixture(scope="module")
def peers(api: Api) -> None:
    """The definitions of Strimzi and CloudNativePG."""
    for folder in ("strimzi", "cloudnative-pg"):
        files = sorted((PEERS / folder).glob("*.yaml"))
        if not files:
            pytest.skip(f"no definitions in {PEERS / folder}; YEOUL_PEER_CRDS names their folder")
        for path in files:
            api.apply_file(path)
    for kind, version, plural, _ in PEER_KINDS:
        learn(kind, version, plural)
        until(f"{kind} is served", partial(served, api, kind))


@pytest.fixture(scope="module")
def monitors(api: Api) -> None:
    """The definitions of Prometheus' operator, which kube-prometheus-stack brings."""
    file = cache.monitors()
    if not file.is_file():
        pytest.skip("no definitions of monitors; `make bed` fetches them")
    api.apply_file(file)
    for kind, plural in MONITORS:
        learn(kind, "monitoring.coreos.com/v1", plural)
        until(f"{kind} is served", partial(served, api, kind))


def served(api: Api, kind: str) -> bool:
    try:
        api.list(kind)
    except ApiError:
        return False
    return True


def try_out(api: Api, one: Object, namespace: str) -> None:
    """Apply it without effect, in a test's namespace."""
    metadata = one["metadata"]
    own = one["kind"] not in ("ClusterRole", "ClusterRoleBinding", "ValidatingWebhookConfiguration")
    if own and one["kind"] != "CustomResourceDefinition":
        metadata["namespace"] = namespace
    path = path_of(one["kind"], metadata.get("namespace"), metadata["name"])
    api.request("PATCH", path + STRICT, one, APPLY)


def every_object(chart: Chart, providers: str) -> list[Object]:
    values = {**SETS[providers], "pods": {"imagePullSecrets": [{"name": "registry"}]}}
    return chart.objects(values)


@pytest.mark.parametrize("providers", ["builtin", "external", "ha"])
def test_every_object_is_taken(api: Api, chart: Chart, namespace: str, providers: str) -> None:
    for one in every_object(chart, providers):
        try_out(api, one, namespace)


@pytest.mark.usefixtures("monitors")
def test_monitors_and_rules_are_taken(api: Api, chart: Chart, namespace: str) -> None:
    labels = {"labels": {"release": "stack"}, "interval": "30s"}
    operator = {"podMonitor": labels, "serviceMonitor": labels}
    values = {**SETS["ha"], "monitoring": {"provider": "operator", "operator": operator}}
    kinds = dict(MONITORS)
    found = [one for one in chart.objects(values) if one["kind"] in kinds]
    assert {one["kind"] for one in found} == set(kinds)
    for one in found:
        try_out(api, one, namespace)


@pytest.mark.usefixtures("monitors")
def test_a_rule_that_is_none_is_refused(api: Api, chart: Chart, namespace: str) -> None:
    values = {**SETS["builtin"], "monitoring": {"provider": "operator"}}
    rule = chart.find("PrometheusRule", "yeoul-stream", values)
    rule["spec"]["groups"][0]["rules"][-1]["for"] = "soon"
    with pytest.raises(ApiError, match="for"):
        try_out(api, rule, namespace)


@pytest.mark.usefixtures("peers", "monitors")
def test_every_object_of_other_operators_is_taken(api: Api, chart: Chart, namespace: str) -> None:
    for one in every_object(chart, "operated"):
        try_out(api, one, namespace)


@pytest.mark.usefixtures("peers")
@pytest.mark.parametrize("file", sorted((ROOT / "manifests" / "strimzi").glob("*.yaml")))
def test_manifests_for_strimzi_are_taken(api: Api, namespace: str, file: Path) -> None:
    for one in yaml.safe_load_all(file.read_text()):
        try_out(api, one, namespace)


def test_the_definitions_are_taken(api: Api, chart: Chart, namespace: str) -> None:
    text = chart.text({"crds": {"install": True}, "operator": {"enabled": False}})
    for one in yaml.load_all(text, yaml.CSafeLoader):
        if one and one["kind"] == "CustomResourceDefinition":
            try_out(api, one, namespace)


@pytest.mark.parametrize("providers", sorted(SETS))
def test_every_pod_satisfies_the_restricted_standard(
    api: Api, chart: Chart, namespace: str, providers: str
) -> None:
    api.patch("Namespace", None, namespace, {"metadata": {"labels": RESTRICTED}})
    until("the default account", lambda: api.get("ServiceAccount", namespace, "default"))
    for name, pod in pods(chart.objects(SETS[providers])):
        spec = {**pod["spec"], "serviceAccountName": "default"}
        # What a claim of a StatefulSet becomes.
        there = {volume["name"] for volume in spec.get("volumes", [])}
        mounts = {m["name"] for c in spec["containers"] for m in c.get("volumeMounts", [])}
        spec["volumes"] = [
            *spec.get("volumes", []),
            *({"name": m, "emptyDir": {}} for m in sorted(mounts - there)),
        ]
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {**pod["metadata"], "name": name, "namespace": namespace},
            "spec": {"restartPolicy": "Always", **spec},
        }
        api.request("POST", path_of("Pod", namespace) + STRICT.split("&force")[0], body)


def test_the_namespace_refuses_a_pod_that_is_not_restricted(api: Api, namespace: str) -> None:
    api.patch("Namespace", None, namespace, {"metadata": {"labels": RESTRICTED}})
    until("the default account", lambda: api.get("ServiceAccount", namespace, "default"))
    spec = {"containers": [{"name": "a", "image": "a:1"}]}
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "plain", "namespace": namespace},
        "spec": spec,
    }
    with pytest.raises(ApiError, match="restricted"):
        api.request("POST", path_of("Pod", namespace) + STRICT.split("&force")[0], body)


def test_the_namespace_of_the_release_is_what_its_objects_name(chart: Chart) -> None:
    for one in chart.objects():
        assert one["metadata"].get("namespace", NAMESPACE) == NAMESPACE


def test_a_single_namenode_becomes_two_in_place(api: Api, chart: Chart, namespace: str) -> None:
    """The server changes the StatefulSet that is there, whose claims hold the files."""
    one, two = (
        chart.find("StatefulSet", "yeoul-hdfs-namenode", SETS[name]) for name in ("builtin", "ha")
    )
    one["metadata"]["namespace"] = namespace
    api.apply(one)
    try_out(api, two, namespace)
