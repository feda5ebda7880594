from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from yeoul_operator.api.crd import APPLICATIONS, SCHEDULES, Resource, crd, is_ours
from yeoul_operator.api.generate import generated, main
from yeoul_stream.pipeline.generating import drifted

ROOT = Path(__file__).parents[3]
BOTH = pytest.mark.parametrize("resource", [APPLICATIONS, SCHEDULES], ids=lambda r: r.plural)
# What a client-side apply keeps of an object in its annotation, at most.
LAST_APPLIED_BYTES = 256 * 1024


def schema(resource: Resource) -> dict[str, Any]:
    found: dict[str, Any] = crd(resource)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return found


def nodes(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, node
    for key, below in node.get("properties", {}).items():
        yield from nodes(below, f"{path}.{key}")
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield from nodes(node[key], f"{path}[]")


def at(resource: Resource, *path: str) -> dict[str, Any]:
    node = schema(resource)
    for key in path:
        node = node["properties"][key]
    return node


def test_what_is_generated_agrees_with_the_models() -> None:
    assert drifted(generated(ROOT)) == []


def test_a_difference_is_found_and_mended(tmp_path: Path) -> None:
    page = tmp_path / "docs/sparkapplication.md"
    page.parent.mkdir()
    page.write_text((ROOT / "docs/sparkapplication.md").read_text("utf-8"), "utf-8")
    assert main(["--check", "--root", str(tmp_path)]) == 1
    assert main(["--root", str(tmp_path)]) == 0
    assert main(["--check", "--root", str(tmp_path)]) == 0


@BOTH
def test_a_plain_apply_has_room_for_it(resource: Resource) -> None:
    path = ROOT / "manifests/crds" / f"{resource.plural}.yaml"
    assert len(path.read_bytes()) < LAST_APPLIED_BYTES / 3


@BOTH
def test_a_file_of_a_crd_is_plain_yaml_of_it(resource: Resource) -> None:
    path = ROOT / "manifests/crds" / f"{resource.plural}.yaml"
    assert yaml.safe_load(path.read_text("utf-8")) == crd(resource)


@BOTH
def test_every_field_of_ours_says_what_it_is(resource: Resource) -> None:
    silent = [
        path
        for path, node in nodes(schema(resource))
        if path.startswith((".spec.", ".status."))
        and not path.endswith("[]")
        and not node.get("description")
    ]
    assert silent == []


@BOTH
def test_only_parts_in_kubernetes_own_words_keep_unknown_keys(resource: Resource) -> None:
    open_ones = {
        path.rpartition(".")[2].removesuffix("[]")
        for path, node in nodes(schema(resource))
        if node.get("x-kubernetes-preserve-unknown-fields")
    }
    assert open_ones == {
        "affinity",
        "dnsConfig",
        "env",
        "envFrom",
        "hostAliases",
        "ingressTLS",
        "initContainers",
        "lifecycle",
        "podSecurityContext",
        "securityContext",
        "sidecars",
        "template",
        "tolerations",
        "volumeMounts",
        "volumes",
    }


@BOTH
def test_nothing_is_filled_in_by_the_api_server(resource: Resource) -> None:
    assert [path for path, node in nodes(schema(resource)) if "default" in node] == []


def test_what_an_application_needs_is_required() -> None:
    assert at(APPLICATIONS, "spec")["required"] == [
        "type",
        "sparkVersion",
        "mainApplicationFile",
        "driver",
        "executor",
    ]


def test_a_choice_is_an_enumeration() -> None:
    policy = at(APPLICATIONS, "spec", "restartPolicy", "type")
    assert policy["enum"] == ["Never", "OnFailure", "Always"]


def test_a_number_has_its_bounds() -> None:
    port = at(APPLICATIONS, "spec", "monitoring", "prometheus", "port")
    assert (port["minimum"], port["maximum"]) == (1024, 49151)


def test_a_status_refuses_no_word() -> None:
    status = at(APPLICATIONS, "status")
    assert [path for path, node in nodes(status) if "enum" in node] == []


def test_conditions_are_merged_by_their_type() -> None:
    conditions = at(APPLICATIONS, "status", "conditions")
    assert conditions["x-kubernetes-list-map-keys"] == ["type"]


def test_the_columns_are_those_that_people_know() -> None:
    columns = crd(APPLICATIONS)["spec"]["versions"][0]["additionalPrinterColumns"]
    assert [column["name"] for column in columns] == [
        "Suspend",
        "Status",
        "Attempts",
        "Start",
        "Finish",
        "Age",
    ]


def test_our_own_definition_is_known_again() -> None:
    assert is_ours(crd(APPLICATIONS))


@pytest.mark.parametrize("labels", [None, {}, {"app.kubernetes.io/part-of": "other"}])
def test_a_definition_of_another_installation_is_not_taken_for_ours(labels: Any) -> None:
    other = copy.deepcopy(crd(APPLICATIONS))
    other["metadata"]["labels"] = labels
    assert not is_ours(other)
