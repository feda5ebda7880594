"""What holds for all objects of all providers: names, labels, selectors, no needless tokens."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from fix_chart import HA, NAMESPACE, SETS, Chart, Object, containers, pods

LABELS = {
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/version",
    "app.kubernetes.io/managed-by",
    "helm.sh/chart",
}
CLUSTERS = ("ClusterRole", "ClusterRoleBinding", "ValidatingWebhookConfiguration")


@pytest.fixture(params=sorted(SETS))
def objects(request: pytest.FixtureRequest, chart: Chart) -> list[Object]:
    """The objects of one set of providers."""
    return chart.objects(SETS[request.param])


def test_every_object_has_all_labels(objects: list[Object]) -> None:
    for one in objects:
        assert set(one["metadata"]["labels"]) >= LABELS


def test_every_name_begins_with_the_releases_or_is_one_that_pipelines_use(
    objects: list[Object],
) -> None:
    names = {one["metadata"]["name"] for one in objects}
    assert {name for name in names if not name.startswith("yeoul")} <= {
        "spark",
        "car-info-postgres",
        "car-info-kafka",
        # Of Strimzi's resources, each beside others of its kind.
        "car-info",
        "brokers",
        "controllers",
    }


def test_no_object_is_made_twice(objects: list[Object]) -> None:
    keys = Counter(
        (one["kind"], one["metadata"].get("namespace", NAMESPACE), one["metadata"]["name"])
        for one in objects
    )
    assert max(keys.values()) == 1


def test_names_are_short_enough_for_the_longest_release(chart: Chart) -> None:
    for one in chart.objects({**HA, "fullnameOverride": "y" * 63}):
        if one["kind"] == "StatefulSet":
            # The label of a revision has ten letters more, and 63 at most.
            assert len(one["metadata"]["name"]) <= 52
        assert len(one["metadata"]["name"]) <= 63


def test_every_workload_selects_its_own_pods(objects: list[Object]) -> None:
    workloads = [one for one in objects if one["kind"] in ("Deployment", "StatefulSet")]
    for one in workloads:
        labels = one["spec"]["template"]["metadata"]["labels"]
        assert one["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_no_workload_selects_the_pods_of_another(objects: list[Object]) -> None:
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(objects)}
    for one in objects:
        if one["kind"] in ("Deployment", "StatefulSet"):
            wanted = one["spec"]["selector"]["matchLabels"].items()
            assert [n for n in labels if wanted <= labels[n].items()] == [one["metadata"]["name"]]


def test_selectors_hold_nothing_that_an_upgrade_changes(objects: list[Object]) -> None:
    for one in objects:
        if one["kind"] in ("Deployment", "StatefulSet"):
            selector = one["spec"]["selector"]["matchLabels"]
            assert not set(selector) & {"helm.sh/chart", "app.kubernetes.io/version"}


def of_pods(selector: Object) -> Object:
    """A selector without the label that a StatefulSet gives each of its pods."""
    return {k: v for k, v in selector.items() if k != "statefulset.kubernetes.io/pod-name"}


def test_every_service_and_budget_finds_pods(objects: list[Object]) -> None:
    labels = [pod["metadata"]["labels"].items() for _, pod in pods(objects)]
    for one in objects:
        if one["kind"] in ("Service", "PodDisruptionBudget"):
            selector = one["spec"]["selector"]
            wanted = of_pods(selector.get("matchLabels", selector)).items()
            assert any(wanted <= one_pods for one_pods in labels), one["metadata"]["name"]


def test_every_port_of_a_service_is_one_of_its_pods(objects: list[Object]) -> None:
    for one in objects:
        if one["kind"] != "Service":
            continue
        named = {
            port["name"]
            for _, pod in pods(objects)
            if of_pods(one["spec"]["selector"]).items() <= pod["metadata"]["labels"].items()
            for container in containers(pod)
            for port in container.get("ports", [])
        }
        assert {port["targetPort"] for port in one["spec"]["ports"]} <= named


def test_only_who_asks_the_api_server_has_a_token(objects: list[Object]) -> None:
    with_token = {
        name for name, pod in pods(objects) if pod["spec"].get("automountServiceAccountToken", True)
    }
    # The page, Prometheus, and Airflow's tasks, which submit applications, where there are such.
    others = {"yeoul-web", "yeoul-prometheus", "yeoul-airflow-scheduler"}
    assert with_token - others == {"yeoul-operator"}


def test_every_volume_that_is_mounted_is_there(objects: list[Object]) -> None:
    for one in objects:
        if not (found := dict(pods([one]))):
            continue
        (pod,) = found.values()
        claims = one["spec"].get("volumeClaimTemplates", [])
        there = {v["name"] for v in pod["spec"].get("volumes", [])}
        there |= {claim["metadata"]["name"] for claim in claims}
        mounted = {m["name"] for c in containers(pod) for m in c.get("volumeMounts", [])}
        assert mounted == there, one["metadata"]["name"]


def test_every_config_map_and_secret_that_is_named_is_made(objects: list[Object]) -> None:
    # Strimzi makes the last one.
    made = {("Secret", "yeoul-cluster-ca-cert")} | {
        (one["kind"], one["metadata"]["name"])
        for one in objects
        if one["kind"] in ("ConfigMap", "Secret")
    }
    for _, pod in pods(objects):
        for volume in pod["spec"].get("volumes", []):
            if "configMap" in volume:
                assert ("ConfigMap", volume["configMap"]["name"]) in made
            if "secret" in volume:
                assert ("Secret", volume["secret"]["secretName"]) in made


def test_every_pod_has_requests_and_a_limit_of_memory(objects: list[Object]) -> None:
    for name, pod in pods(objects):
        for container in containers(pod):
            resources = container["resources"]
            assert {"cpu", "memory"} <= set(resources["requests"]), name
            assert "memory" in resources["limits"], name


def test_every_image_has_a_tag(objects: list[Object]) -> None:
    for _, pod in pods(objects):
        for container in containers(pod):
            assert re.fullmatch(r"[a-z0-9./-]+/[a-z-]+:v?[0-9.]+", container["image"])


def test_what_belongs_to_the_cluster_has_no_namespace(objects: list[Object]) -> None:
    for one in objects:
        if one["kind"] in CLUSTERS:
            assert "namespace" not in one["metadata"]


def test_labels_and_annotations_of_all_objects(chart: Chart) -> None:
    for one in chart.objects({"labels": {"team": "maps"}, "annotations": {"cost": "7"}}):
        assert one["metadata"]["labels"]["team"] == "maps"
        assert one["metadata"]["annotations"]["cost"] == "7"
