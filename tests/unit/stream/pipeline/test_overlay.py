from copy import deepcopy
from typing import Any

from yeoul_stream.pipeline import apply_overlay

BASE: dict[str, Any] = {
    "metadata": {"name": "p"},
    "spec": {
        "health": {"maxLag": "1 minute"},
        "sinks": [
            {"name": "table", "trigger": "1 minute", "postgres": {"table": "t"}},
            {"name": "lake", "trigger": "5 seconds"},
        ],
    },
}


def test_an_empty_overlay_changes_nothing() -> None:
    assert apply_overlay(BASE, {}) == BASE


def test_mappings_are_merged() -> None:
    merged = apply_overlay(BASE, {"metadata": {"namespace": "n"}})
    assert merged["metadata"] == {"name": "p", "namespace": "n"}


def test_null_removes_a_key() -> None:
    assert "health" not in apply_overlay(BASE, {"spec": {"health": None}})["spec"]


def test_a_list_replaces_another() -> None:
    merged = apply_overlay({"a": [1, 2]}, {"a": [3]})
    assert merged == {"a": [3]}


def test_a_mapping_replaces_a_scalar() -> None:
    assert apply_overlay({"a": 1}, {"a": {"b": 2}}) == {"a": {"b": 2}}


def test_a_sink_is_merged_by_its_name() -> None:
    merged = apply_overlay(BASE, {"spec": {"sinks": [{"name": "lake", "trigger": "1 second"}]}})
    assert merged["spec"]["sinks"][1] == {"name": "lake", "trigger": "1 second"}


def test_other_sinks_stay_as_they_are() -> None:
    merged = apply_overlay(BASE, {"spec": {"sinks": [{"name": "lake", "trigger": "1 second"}]}})
    assert merged["spec"]["sinks"][0] == BASE["spec"]["sinks"][0]


def test_a_sink_of_another_name_is_added_last() -> None:
    merged = apply_overlay(BASE, {"spec": {"sinks": [{"name": "new", "console": {}}]}})
    assert [sink["name"] for sink in merged["spec"]["sinks"]] == ["table", "lake", "new"]


def test_a_sink_can_change_its_target() -> None:
    change: dict[str, Any] = {"name": "table", "postgres": None, "console": {}}
    merged = apply_overlay(BASE, {"spec": {"sinks": [change]}})
    assert merged["spec"]["sinks"][0] == {"name": "table", "trigger": "1 minute", "console": {}}


def test_neither_document_is_changed() -> None:
    base, overlay = deepcopy(BASE), {"spec": {"sinks": [{"name": "lake", "postgres": None}]}}
    apply_overlay(base, overlay)
    assert (base, overlay) == (BASE, {"spec": {"sinks": [{"name": "lake", "postgres": None}]}})
