"""The operator by the chart is the operator of `manifests/operator`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from fix_chart import NAMESPACE, ROOT, Chart, Object, RefusedError

MANIFESTS = ROOT / "manifests"
EVERYWHERE = ("rbac.yaml", "deployment.yaml", "spark/rbac.yaml")
CLUSTER_WIDE = (*EVERYWHERE, "cluster-wide/rbac.yaml", "cluster-wide/webhook.yaml")
NAMESPACED = (*EVERYWHERE, "namespaced/rbac.yaml")
NO_WEBHOOK = (("Secret", "yeoul-operator-webhook"), ("Service", "yeoul-operator-webhook"))
# What only the chart has: settings, fences, and a Lease that goes with the release.
EXTRA = {(kind, "yeoul-operator") for kind in ("ConfigMap", "Lease", "NetworkPolicy")}
EXTRA |= {("NetworkPolicy", "yeoul-pipelines")}
IMAGE = "localhost/yeoul-operator:dev"


def key(one: Object) -> tuple[str, str]:
    return one["kind"], one["metadata"]["name"]


def plain(value: Any) -> Any:
    """The same without what names the chart: labels, what selects by them, and digests."""
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if k not in {"labels", "matchLabels"}}
        if "ports" in kept and isinstance(kept.get("selector"), dict):
            kept.pop("selector")
        kept.pop("checksum/settings", None)
        # The manifests' settings are optional, the chart always has some.
        if set(kept) == {"name", "optional"}:
            kept.pop("optional")
        found = {k: plain(v) for k, v in kept.items()}
        return {k: v for k, v in found.items() if v != {} or k == "emptyDir"}
    return [plain(one) for one in value] if isinstance(value, list) else value


def manifests(files: tuple[str, ...], namespace: str) -> dict[tuple[str, str], Any]:
    found = {}
    for file in files:
        text = (MANIFESTS / "operator" / file).read_text().replace("yeoul-system", NAMESPACE)
        for one in yaml.safe_load_all(
            text.replace("namespace: default", f"namespace: {namespace}")
        ):
            one["metadata"].pop("namespace", None)
            found[key(one)] = plain(one)
    return found


def rendered(chart: Chart, values: Object) -> dict[tuple[str, str], Any]:
    image = {"registry": "localhost", "tag": "dev"}
    values = {**values, "operator": {"image": image, **values.get("operator", {})}}
    found = {}
    for one in chart.objects(values):
        if one["metadata"]["labels"]["app.kubernetes.io/component"] in ("operator", "spark"):
            one["metadata"].pop("namespace", None)
            found[key(one)] = plain(one)
    return {name: one for name, one in found.items() if name not in EXTRA}


def test_over_the_whole_cluster_it_is_as_in_the_manifests(chart: Chart) -> None:
    assert rendered(chart, {}) == manifests(CLUSTER_WIDE, NAMESPACE)


def test_for_a_namespace_it_is_as_in_the_manifests(chart: Chart) -> None:
    wanted = manifests(NAMESPACED, "jobs")
    for name in NO_WEBHOOK:
        wanted.pop(name)
    assert rendered(chart, {"operator": {"namespaces": ["jobs"]}}) == wanted


def test_for_namespaces_it_has_no_right_over_the_cluster(chart: Chart) -> None:
    kinds = {one["kind"] for one in chart.objects({"operator": {"namespaces": ["a", "b"]}})}
    assert not kinds & {"ClusterRole", "ClusterRoleBinding", "ValidatingWebhookConfiguration"}


def test_each_namespace_gets_the_rights_of_operator_and_drivers(chart: Chart) -> None:
    objects = chart.objects({"operator": {"namespaces": ["a", "b"]}})
    bound = {
        (one["metadata"].get("namespace"), one["metadata"]["name"])
        for one in objects
        if one["kind"] == "RoleBinding"
    }
    rights = ("yeoul-operator-applications", "spark")
    assert {(place, name) for place in ("a", "b") for name in rights} <= bound


def test_settings_become_variables(chart: Chart) -> None:
    values = {"operator": {"settings": {"leaseSeconds": 30, "uiService": False}}}
    data = chart.find("ConfigMap", "yeoul-operator", values)["data"]
    assert (data["YEOUL_LEASE_SECONDS"], data["YEOUL_UI_SERVICE"]) == ("30", "false")


def test_a_change_of_settings_starts_new_pods(chart: Chart) -> None:
    def digest(resync: int) -> str:
        values = {"operator": {"settings": {"resync": resync}}}
        pod = chart.find("Deployment", "yeoul-operator", values)["spec"]["template"]
        return str(pod["metadata"]["annotations"]["checksum/settings"])

    assert digest(60) != digest(61)


def test_a_setting_that_there_is_not_is_refused(chart: Chart) -> None:
    with pytest.raises(RefusedError, match="leaseSecond"):
        chart.objects({"operator": {"settings": {"leaseSecond": 30}}})


def test_pipelines_get_our_image_and_hdfs(chart: Chart) -> None:
    data = chart.find("ConfigMap", "yeoul-operator")["data"]
    assert data["YEOUL_STREAM_IMAGE"].startswith("ghcr.io/yeoul/yeoul-spark:")
    assert data["YEOUL_STREAM_HADOOP_CONFIG_MAP"] == "yeoul-hdfs-client"


def test_the_definitions_are_those_of_the_manifests(chart: Chart) -> None:
    text = chart.text({"crds": {"install": True}})
    found = {
        one["metadata"]["name"]: one["spec"]
        for one in yaml.load_all(text, yaml.CSafeLoader)
        if one and one["kind"] == "CustomResourceDefinition"
    }
    wanted = [yaml.safe_load(path.read_text()) for path in crds()]
    assert found == {one["metadata"]["name"]: one["spec"] for one in wanted}


def crds() -> list[Path]:
    return sorted((MANIFESTS / "crds").glob("*.yaml"))


@pytest.mark.parametrize("keep", [True, False])
def test_the_definitions_outlive_the_release_where_one_wants_it(chart: Chart, keep: bool) -> None:
    text = chart.text({"crds": {"keep": keep}, "operator": {"enabled": False}})
    assert text.count("helm.sh/resource-policy: keep") == (len(crds()) if keep else 0) + 1
