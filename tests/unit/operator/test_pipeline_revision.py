from __future__ import annotations

from typing import Any

import pytest

from fix_pipeline import MINIMAL, pipeline, with_kafka, with_sink, with_spec
from fix_pipeline_plan import DEFAULTS
from yeoul_operator.pipeline.revision import (
    KEY,
    Defaults,
    config_map,
    read_config_map,
    revision_of,
)
from yeoul_stream.pipeline.document import read_document


def name(document: dict[str, Any] | None = None, defaults: Defaults = DEFAULTS) -> str:
    return revision_of(pipeline(document), defaults).name


@pytest.mark.parametrize(
    "document",
    [
        with_spec(suspend=True),
        with_spec(deletionPolicy="Delete"),
        with_spec(verify={"every": "6 hours"}),
        with_spec(health={"maxLag": "1 hour", "startDeadline": "1 minute"}),
        with_spec(runtime={"executors": {"min": 2, "max": 5, "instances": 3}}),
        with_spec(runtime={"logLevel": "INFO"}),
        {**MINIMAL, "metadata": {**MINIMAL["metadata"], "labels": {"team": "maps"}}},
    ],
)
def test_what_does_not_change_the_run_does_not_change_the_revision(
    document: dict[str, Any],
) -> None:
    assert name(document) == name()


@pytest.mark.parametrize(
    "document",
    [
        with_sink(console={}, trigger="1 minute"),
        with_kafka(maxOffsetsPerTrigger=5),
        with_spec(runtime={"image": "other:1"}),
        with_spec(runtime={"executors": {"memory": "2g"}}),
        with_spec(runtime={"drainTimeout": "5 minutes"}),
    ],
)
def test_what_changes_the_run_changes_the_revision(document: dict[str, Any]) -> None:
    assert name(document) != name()


def test_the_installations_image_is_part_of_it() -> None:
    assert name(defaults=Defaults("yeoul-spark:2")) != name()


def test_the_order_of_keys_is_not() -> None:
    a = with_sink(console={}, select={"a": "speed", "b": "dataId"})
    b = with_sink(console={}, select={"b": "dataId", "a": "speed"})
    assert name(a) == name(b)


def test_the_config_map_holds_yaml_that_the_job_reads_as_the_same_pipeline() -> None:
    revision = revision_of(pipeline(), DEFAULTS)
    made = config_map(revision, {"uid": "u"}, {})
    assert made["immutable"] is True
    assert read_document(made["data"][KEY], "it").content == revision.document


def test_a_config_map_is_read_back_as_the_revision_it_was_made_of() -> None:
    revision = revision_of(pipeline(), DEFAULTS)
    assert read_config_map(config_map(revision, {}, {})) == revision


@pytest.mark.parametrize("text", ["", "[", "[]", "{}"])
def test_a_config_map_that_holds_none_is_no_revision(text: str) -> None:
    assert read_config_map({"data": {KEY: text}}) is None
