"""What a pipeline runs as on this machine."""

from pathlib import Path

import pytest

from yeoul_local.home import repository
from yeoul_local.jobs import differences, effective
from yeoul_stream.pipeline import PipelineError

CAR_INFO = repository() / "manifests" / "examples" / "car-info.yaml"


def test_a_changed_value_is_named_with_its_path() -> None:
    assert differences({"a": {"b": 1}}, {"a": {"b": 2}}) == ["a.b: 1 -> 2"]


def test_entries_of_a_list_go_by_their_names() -> None:
    before = {"sinks": [{"name": "x", "v": 1}, {"name": "y", "v": 1}]}
    after = {"sinks": [{"name": "y", "v": 2}, {"name": "x", "v": 1}]}
    assert differences(before, after) == ["sinks.[y].v: 1 -> 2"]


def test_a_new_value_was_absent() -> None:
    assert differences({}, {"a": "x"}) == ["a: (absent) -> x"]


def test_the_local_broker_is_read() -> None:
    found = effective(CAR_INFO, None, "127.0.0.1:29092")
    assert found.pipeline.spec.source.kafka.bootstrap_servers == "127.0.0.1:29092"


def test_the_broker_is_the_only_change_without_an_overlay() -> None:
    changes = effective(CAR_INFO, None, "127.0.0.1:29092").changes
    assert [change.partition(":")[0] for change in changes] == [
        "spec.source.kafka.bootstrapServers"
    ]


def test_an_overlay_is_laid_over(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("spec: {runtime: {logLevel: WARN}}\n")
    found = effective(CAR_INFO, overlay, "127.0.0.1:29092")
    assert found.pipeline.spec.runtime.log_level == "WARN"


def test_a_bad_overlay_is_refused(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("spec: {runtime: {logLevel: LOUD}}\n")
    with pytest.raises(PipelineError, match="logLevel"):
        effective(CAR_INFO, overlay, "127.0.0.1:29092")
