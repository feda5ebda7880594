"""`verify` of a pipeline whose fields, select or where were edited on the way."""

from collections.abc import Iterator

import pytest

from fix_verify import FIELDS, World, document, message, named, row_of, session, world
from yeoul_local.platform import Platform
from yeoul_stream.pipeline import parse_pipeline

# Py4J and PySpark leave the closing of their sockets to Python.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

FIRST = [message(number) for number in range(200)]
SECOND = [message(number, extra=number) for number in range(200, 300)]


@pytest.fixture(scope="module")
def edited(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """FIRST was read; then the filter was changed and a field added, which the lake keeps."""
    name = "edited"
    with session(platform, parse_pipeline(document(platform, name), name)) as spark:
        before = world(platform, spark, tmp_path_factory.mktemp("edited"), name)
        before.send(FIRST)
        before.run("table", "fast", "lake")
        after = before.changed(
            {"name": "fast", "where": "speed > 60"},
            record={"fields": [*FIELDS, {"name": "extra", "type": "int"}]},
        )
        after.send(SECOND)
        after.run("table", "fast", "lake")
        yield after


@pytest.mark.night
def test_what_was_committed_before_an_edit_is_attested(edited: World) -> None:
    rows = edited.verify("table", "fast", "lake").sinks
    told = {row.sink: (row.state, row.in_kafka, row.attested) for row in rows}
    assert told == dict.fromkeys(("table", "fast", "lake"), ("attested", 100, 200))


def test_the_proof_holds_after_an_edit(edited: World) -> None:
    report = edited.verify("table", "fast", "lake")
    assert (report.verdict, {f.kind for f in report.findings.listed}) == ("holds", {"other-rules"})


def test_rows_with_other_columns_are_told_to_be_only_counted(edited: World) -> None:
    (notice,) = named(edited.verify("lake"), "other-rules")
    assert "only the number" in notice.text


def test_table_and_lake_are_compared_over_what_both_wrote_since_the_edit(edited: World) -> None:
    (pair,) = edited.verify("table", "lake").comparisons
    assert (pair.records, pair.equal) == (100, True)


def test_a_row_of_before_the_edit_that_was_altered_is_noticed(edited: World) -> None:
    change = "UPDATE edited_table SET speed = - speed WHERE id = 'R000007'"
    with edited.spoiled(change, change):
        report = edited.verify("table")
    assert {f.kind for f in report.findings.listed} == {"attested-altered", "other-rules"}


def test_a_row_of_since_the_edit_that_was_altered_is_named(edited: World) -> None:
    change = "UPDATE edited_table SET speed = - speed WHERE id = 'R000207'"
    with edited.spoiled(change, change):
        report = edited.verify("table")
    (found,) = named(report, "row-altered")
    assert (found.place.partition, found.place.offset) == (1, 103)
    assert "speed is -27.1 instead of 27.1" in found.text


def test_a_row_is_noticed_missing_where_only_the_number_can_be_compared(edited: World) -> None:
    first = edited.files("edited")[0]
    kept = edited.spark.read.parquet(edited.folder("edited").uri(first)).limit(99)
    with (
        edited.written("edited", kept, "_kept"),
        edited.moved("edited", first),
        edited.moved("edited", "_kept", first),
    ):
        report = edited.verify("lake")
    (found,) = named(report, "attested-altered")
    assert "hold 99 rows, the book says 100" in found.text


def test_an_edit_that_is_taken_back_proves_the_older_ranges_again(edited: World) -> None:
    back = edited.changed()
    row = row_of(back.verify("fast"), "fast")
    assert (row.state, row.in_kafka, row.attested) == ("attested", 200, 100)
