import pytest
from pydantic import ValidationError

from fix_pipeline import MINIMAL, pipeline, sink
from yeoul_stream.pipeline import Trigger

RECORD = pipeline(MINIMAL).spec.record
POSTGRES = {"secretRef": "db", "table": "t"}


def test_a_sink_has_the_kind_of_its_target() -> None:
    assert sink(console=None, postgres=POSTGRES).kind == "postgres"


def test_a_sink_starts_batches_as_fast_as_possible_by_default() -> None:
    assert sink().trigger == Trigger("asap")


def test_without_select_a_sink_writes_every_field() -> None:
    assert sink().output_columns(RECORD) == ("dataId", "speed", "gps time")


def test_a_sink_writes_the_selected_columns_in_their_order() -> None:
    selected = {"v": "speed * 2", "id": "dataId"}
    assert sink(select=selected).output_columns(RECORD) == ("v", "id")


def test_lineage_columns_come_last() -> None:
    columns = sink(select={"id": "dataId"}, lineage=True).output_columns(RECORD)
    assert columns == ("id", "_topic_partition", "_offset")


def test_without_select_the_plain_select_is_every_field() -> None:
    plain = sink().plain_select(RECORD)
    assert plain == {"dataId": "dataId", "speed": "speed", "gps time": "gps time"}


def test_bare_columns_are_a_plain_select() -> None:
    plain = sink(select={"at": "`gps time`", "key": "_key"}).plain_select(RECORD)
    assert plain == {"at": "gps time", "key": "_key"}


def test_the_plain_select_has_the_lineage_columns_last() -> None:
    chosen = sink(select={"id": "dataId"}, lineage=True)
    plain = chosen.plain_select(RECORD)
    assert plain is not None
    assert tuple(plain) == chosen.output_columns(RECORD)


def test_an_expression_is_no_plain_select() -> None:
    assert sink(select={"id": "dataId", "v": "speed * 2"}).plain_select(RECORD) is None


def test_a_condition_is_no_plain_select() -> None:
    assert sink(where="speed > 1").plain_select(RECORD) is None


def test_a_sink_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        sink().enabled = False  # type: ignore[misc]
