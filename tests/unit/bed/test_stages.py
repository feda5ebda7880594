"""How the shipped stages are changed."""

from __future__ import annotations

from typing import Any

from bed import stages


def shipped(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"selector": {"matchExpressions": []}}}


def expressions(name: str) -> list[Any]:
    stage, _ = stages.adapt([shipped(name)])
    return list(stage["spec"]["selector"]["matchExpressions"])


def test_ready_stage_spares_pods_of_tests() -> None:
    key = '.metadata.annotations["bed.yeoul.dev/phase"]'
    assert expressions("pod-ready") == [{"key": key, "operator": "NotIn", "values": ["by-test"]}]


def test_deletion_is_spared_by_an_annotation_of_its_own() -> None:
    key = '.metadata.annotations["bed.yeoul.dev/deletion"]'
    assert expressions("pod-delete") == [{"key": key, "operator": "NotIn", "values": ["by-test"]}]


def test_stages_of_nodes_stay_as_they_are() -> None:
    assert expressions("node-initialize") == []


def test_given_stages_are_not_changed() -> None:
    given = shipped("pod-ready")
    stages.adapt([given])
    assert given == shipped("pod-ready")


def test_one_stage_ends_pods() -> None:
    assert [stage["metadata"]["name"] for stage in stages.adapt([])] == ["pod-ends"]
