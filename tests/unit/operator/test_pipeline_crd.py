from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from yeoul_operator.pipeline.crd import crd, root_schema
from yeoul_operator.pipeline.generate import FILE, main
from yeoul_operator.pipeline.rules import BOUNDS, RULES

ROOT = Path(__file__).parents[3]
# What a client-side apply keeps of an object in its annotation, at most.
LAST_APPLIED_BYTES = 256 * 1024


def nodes(node: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, node
    for key, below in node.get("properties", {}).items():
        yield from nodes(below, f"{path}.{key}")
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield from nodes(node[key], f"{path}[]")


def spec() -> dict[str, dict[str, Any]]:
    """Every part of the spec by its path, as in the rules."""
    return dict(nodes(root_schema()["properties"]["spec"], "spec"))


def test_what_is_generated_agrees_with_the_models() -> None:
    assert main(["--check", "--root", str(ROOT)]) == 0


def test_a_difference_is_found_and_mended(tmp_path: Path) -> None:
    assert main(["--check", "--root", str(tmp_path)]) == 1
    assert main(["--root", str(tmp_path)]) == 0
    assert main(["--check", "--root", str(tmp_path)]) == 0


def test_the_file_is_plain_yaml_of_it() -> None:
    assert yaml.safe_load((ROOT / FILE).read_text("utf-8")) == crd()


def test_a_plain_apply_has_room_for_it() -> None:
    assert len((ROOT / FILE).read_bytes()) < LAST_APPLIED_BYTES / 3


def test_every_rule_and_bound_stands_at_a_place_that_there_is() -> None:
    assert {*RULES, *BOUNDS} <= set(spec())


def test_every_field_says_what_it_is() -> None:
    silent = [
        path
        for part in ("spec", "status")
        for path, node in nodes(root_schema()["properties"][part], part)
        if not path.endswith("[]") and not node.get("description")
    ]
    assert silent == []


def test_no_part_keeps_what_it_does_not_know() -> None:
    assert not [path for path, node in spec().items() if "x-kubernetes-preserve" in str(node)]


def test_lists_that_rules_walk_through_have_an_end() -> None:
    parts = spec()
    endless = [
        path
        for path in RULES
        for place, node in parts.items()
        if path.startswith(f"{place}[]") and "maxItems" not in node
    ]
    assert endless == []


def test_null_is_taken_where_it_means_something() -> None:
    assert spec()["spec.source.kafka.maxOffsetsPerTrigger"]["nullable"] is True


def test_a_sink_is_told_from_others_by_its_name() -> None:
    assert spec()["spec.sinks"]["x-kubernetes-list-map-keys"] == ["name"]


def test_the_scale_subresource_sets_a_field_that_there_is() -> None:
    scale = crd()["spec"]["versions"][0]["subresources"]["scale"]
    assert scale["specReplicasPath"].removeprefix(".") in spec()
