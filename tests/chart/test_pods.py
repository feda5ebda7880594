"""What can be set for pods: for all of them, for each part, and that nothing weakens them."""

from __future__ import annotations

from typing import Any

import pytest

from charts.options.base import Part, PodOptions
from charts.options.root import Root
from charts.walk import options
from fix_chart import HA as UNPRIVILEGED
from fix_chart import WORKLOADS, Chart, Object, containers, over, pods, stem

PARTS = {
    "operator": "yeoul-operator",
    "web": "yeoul-web",
    "kafka.builtin": "yeoul-kafka",
    "postgres.builtin": "yeoul-postgres",
    "postgres.migration": "yeoul-postgres-migration",
    "hdfs.builtin.namenode": "yeoul-hdfs-namenode",
    "hdfs.builtin.datanode": "yeoul-hdfs-datanode",
    "hdfs.builtin.ha.journalnode": "yeoul-hdfs-journalnode",
    "hdfs.builtin.ha.zookeeper": "yeoul-hdfs-zookeeper",
    "ingest.poller": "yeoul-poller",
    "ingest.simulator": "yeoul-simulator",
    "monitoring.postgresExporter": "yeoul-postgres-exporter",
    "monitoring.builtin.prometheus": "yeoul-prometheus",
    "monitoring.builtin.alertmanager": "yeoul-alertmanager",
    "monitoring.builtin.grafana": "yeoul-grafana",
    "monitoring.builtin.nodeExporter": "yeoul-node-exporter",
    "airflow.builtin.server": "yeoul-airflow-server",
    "airflow.builtin.scheduler": "yeoul-airflow-scheduler",
    "airflow.builtin.migration": "yeoul-airflow-migration",
}
HA = over(UNPRIVILEGED, ("monitoring", "builtin", "nodeExporter"), {"enabled": True})
TERM = {"key": "a", "operator": "Exists"}
AFFINITY = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [TERM]}]
        }
    }
}
SPREAD = {"topologyKey": "zone", "maxSkew": 2, "whenUnsatisfiable": "DoNotSchedule"}
# The value of an option, and where it comes to be in a pod template.
EFFECTS: dict[str, tuple[Any, str]] = {
    "imagePullSecrets": ([{"name": "registry"}], "spec.imagePullSecrets"),
    "nodeSelector": ({"disk": "ssd"}, "spec.nodeSelector"),
    "affinity": (AFFINITY, "spec.affinity"),
    "tolerations": ([TERM], "spec.tolerations"),
    "priorityClassName": ("high", "spec.priorityClassName"),
}


def set_for(part: str, option: str, value: Any) -> Object:
    return over(HA, (*part.split("."), option), value)


def with_part(part: str, values: Object) -> Object:
    """The values, with Airflow for its parts, which take the poller's place."""
    return over(values, ("airflow", "provider"), "builtin") if "airflow" in part else values


def pod_of(chart: Chart, part: str, values: Object) -> Object:
    found = {stem(name): pod for name, pod in pods(chart.objects(with_part(part, values)))}
    return found[PARTS[part]]


def at(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value[key]
    return value


def test_every_part_is_tested() -> None:
    def parts(model: Any, path: tuple[str, ...]) -> set[str]:
        found = {".".join(path)} if isinstance(model, Part) else set()
        for one in options(model):
            child = getattr(
                model,
                next(
                    n for n, f in type(model).model_fields.items() if (f.alias or n) == one.path[-1]
                ),
            )
            if one.members:
                found |= parts(child, (*path, one.path[-1]))
        return found

    assert parts(Root(), ()) == set(PARTS)


def test_every_option_of_pods_is_tested() -> None:
    names = {field.alias or name for name, field in PodOptions.model_fields.items()}
    apart = {"podLabels", "podAnnotations", "podSecurityContext", "securityContext", "extraEnv"}
    assert names == set(EFFECTS) | apart | {"topologySpreadConstraints"}


@pytest.mark.parametrize("part", PARTS)
def test_an_option_of_a_part_comes_to_its_pods(chart: Chart, part: str) -> None:
    values = HA
    for option, (value, _) in EFFECTS.items():
        values = over(values, (*part.split("."), option), value)
    pod = pod_of(chart, part, values)
    for value, path in EFFECTS.values():
        assert at(pod, path) == value


@pytest.mark.parametrize("part", PARTS)
def test_an_option_of_all_pods_comes_to_each_part(chart: Chart, part: str) -> None:
    values = HA
    for option, (value, _) in EFFECTS.items():
        values = over(values, ("pods", option), value)
    pod = pod_of(chart, part, values)
    for value, path in EFFECTS.values():
        assert at(pod, path) == value


def test_a_parts_own_option_wins(chart: Chart) -> None:
    values = over(
        set_for("kafka.builtin", "priorityClassName", "own"), ("pods", "priorityClassName"), "all"
    )
    assert pod_of(chart, "kafka.builtin", values)["spec"]["priorityClassName"] == "own"
    assert pod_of(chart, "ingest.poller", values)["spec"]["priorityClassName"] == "all"


@pytest.mark.parametrize("part", PARTS)
def test_labels_annotations_and_variables_are_added(chart: Chart, part: str) -> None:
    values = HA
    for place in ("pods", part):
        name = place.replace(".", "-")
        values = over(values, (*place.split("."), "podLabels"), {name: "1"})
        values = over(values, (*place.split("."), "podAnnotations"), {name: "2"})
        values = over(values, (*place.split("."), "extraEnv"), [{"name": name, "value": "3"}])
    pod = pod_of(chart, part, values)
    names = {"pods", part.replace(".", "-")}
    assert names <= set(pod["metadata"]["labels"])
    assert names <= set(pod["metadata"]["annotations"])
    for container in containers(pod):
        assert names <= {one["name"] for one in container["env"]}


@pytest.mark.parametrize("part", PARTS)
def test_image_resources_and_annotations_of_a_part(chart: Chart, part: str) -> None:
    values = over(
        HA,
        (*part.split("."), "image"),
        {
            "registry": "registry.example/mine",
            "repository": "own",
            "tag": "7",
            "pullPolicy": "Always",
        },
    )
    resources = {
        "requests": {"cpu": "2", "memory": "3Gi"},
        "limits": {"memory": "4Gi", "cpu": None},
    }
    values = over(values, (*part.split("."), "resources"), resources)
    values = over(values, (*part.split("."), "annotations"), {"note": "x"})
    objects = chart.objects(with_part(part, values))
    (workload,) = [
        one
        for one in objects
        if one["kind"] in WORKLOADS and stem(one["metadata"]["name"]) == PARTS[part]
    ]
    container, *beside = workload["spec"]["template"]["spec"]["containers"]
    assert {one["image"] for one in beside} <= {container["image"]}
    assert workload["metadata"]["annotations"]["note"] == "x"
    assert container["image"] == "registry.example/mine/own:7"
    assert container["imagePullPolicy"] == "Always"
    assert container["resources"]["requests"] == resources["requests"]


def test_a_digest_wins_over_a_tag(chart: Chart) -> None:
    digest = "sha256:" + "0" * 64
    pod = pod_of(chart, "operator", {"operator": {"image": {"tag": "7", "digest": digest}}})
    assert pod["spec"]["containers"][0]["image"] == f"ghcr.io/yeoul/yeoul-operator@{digest}"


def test_registry_tag_and_policy_of_all_images(chart: Chart) -> None:
    values = {"images": {"registry": "localhost", "tag": "dev", "pullPolicy": "Never"}}
    (container,) = pod_of(chart, "kafka.builtin", values)["spec"]["containers"]
    assert (container["image"], container["imagePullPolicy"]) == (
        "localhost/yeoul-kafka:dev",
        "Never",
    )


@pytest.mark.parametrize("part", PARTS)
def test_replicas_are_spread_over_nodes_unless_one_says_how(chart: Chart, part: str) -> None:
    (usual,) = pod_of(chart, part, HA)["spec"]["topologySpreadConstraints"]
    (own,) = pod_of(chart, part, set_for(part, "topologySpreadConstraints", [SPREAD]))["spec"][
        "topologySpreadConstraints"
    ]
    assert usual["topologyKey"] == "kubernetes.io/hostname"
    assert {k: own[k] for k in SPREAD} == SPREAD
    assert own["labelSelector"] == usual["labelSelector"]


@pytest.mark.parametrize("part", PARTS)
def test_members_of_a_kind_stay_apart_unless_one_says_where(chart: Chart, part: str) -> None:
    pod = pod_of(chart, part, HA)
    if part.startswith("hdfs."):
        anti = pod["spec"]["affinity"]["podAntiAffinity"]
        (term,) = anti["preferredDuringSchedulingIgnoredDuringExecution"]
        labels = term["podAffinityTerm"]["labelSelector"]["matchLabels"]
        assert term["podAffinityTerm"]["topologyKey"] == "kubernetes.io/hostname"
        assert labels.items() <= pod["metadata"]["labels"].items()
    else:
        assert "affinity" not in pod["spec"]


@pytest.mark.parametrize("part", PARTS)
def test_security_contexts_are_added_to_ours(chart: Chart, part: str) -> None:
    values = set_for(part, "podSecurityContext", {"supplementalGroups": [7], "runAsUser": 12})
    values = over(values, (*part.split("."), "securityContext"), {"readOnlyRootFilesystem": False})
    spec = pod_of(chart, part, values)["spec"]
    assert spec["securityContext"]["supplementalGroups"] == [7]
    assert spec["securityContext"]["runAsUser"] == 12
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is False
    assert spec["containers"][0]["securityContext"]["allowPrivilegeEscalation"] is False


def test_a_cluster_may_choose_the_users(chart: Chart) -> None:
    for _, pod in pods(chart.objects(over(HA, ("pods", "fixedUsers"), False))):
        assert not {"runAsUser", "runAsGroup", "fsGroup"} & set(pod["spec"]["securityContext"])


def test_no_root_file_system_can_be_written_to(chart: Chart) -> None:
    for _, pod in pods(chart.objects(HA)):
        for container in containers(pod):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
