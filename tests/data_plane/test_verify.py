"""`verify` against real stores: what holds, and what is named when something was changed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from fix_verify import (
    INSTALLATION,
    World,
    document,
    message,
    named,
    row_of,
    run_errand,
    run_verify,
    session,
    world,
)
from yeoul_local.platform import Platform
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.pipeline import parse_pipeline
from yeoul_stream.verify.lake_letters import letters_of_lake
from yeoul_stream.verify.letters import Wanted

# Py4J and PySpark leave the closing of their sockets to Python.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

GOOD = [message(number) for number in range(1000)]
BAD = [message(2000, speed="fast"), b"not json", None, message(2001, id=None)]
REFUSED = [message(3000, speed=80, id="nul \u0000 inside")]


@pytest.fixture(scope="module")
def delivered(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """All sinks have read GOOD, BAD and REFUSED. A test that spoils something mends it again."""
    scratch = tmp_path_factory.mktemp("verify")
    name = "checked"
    with session(platform, parse_pipeline(document(platform, name), name)) as spark:
        made = world(platform, spark, scratch, name)
        made.send([*GOOD, *BAD, *REFUSED])
        made.run()
        yield made


def test_what_was_delivered_holds(delivered: World) -> None:
    report = delivered.verify()
    assert (report.verdict, report.findings.listed) == ("holds", ())


def test_every_record_is_written_filtered_or_dead(delivered: World) -> None:
    row = row_of(delivered.verify("fast"), "fast")
    assert (row.in_kafka, row.written, row.filtered, row.dead) == (1005, 495, 505, 5)


def test_a_flipped_value_is_named_by_its_offset(delivered: World) -> None:
    spoil = "UPDATE checked_table SET speed = 99.9 WHERE id = 'R000007'"
    mend = "UPDATE checked_table SET speed = 7.1 WHERE id = 'R000007'"
    with delivered.spoiled(spoil, mend):
        report = delivered.verify("table")
    (found,) = named(report, "row-altered")
    assert (found.place.partition, found.place.offset) == (1, 3)
    assert "speed is 99.9 instead of 7.1" in found.text


def test_a_dropped_row_is_named_by_its_offset(delivered: World) -> None:
    spoil = "DELETE FROM checked_table WHERE id = 'R000010'"
    mend = "INSERT INTO checked_table VALUES ('R000010', 10.1, 10.50, '2026-11-23 12:00:00.5+09')"
    with delivered.spoiled(spoil, mend):
        report = delivered.verify("table")
    places = [(f.place.partition, f.place.offset) for f in named(report, "row-missing")]
    assert (report.verdict, places) == ("fails", [(0, 5)])


def test_a_doubled_row_is_named_by_its_offset(delivered: World) -> None:
    spoil = "INSERT INTO checked_table SELECT * FROM checked_table WHERE id = 'R000011'"
    last = "SELECT max(ctid) FROM checked_table WHERE id = 'R000011'"
    mend = f"DELETE FROM checked_table WHERE ctid = ({last})"
    with delivered.spoiled(spoil, mend):
        report = delivered.verify("table")
    places = [(f.place.partition, f.place.offset) for f in named(report, "row-doubled")]
    assert (report.verdict, places) == ("fails", [(1, 5)])


def test_a_row_of_others_is_reported_and_holds(delivered: World) -> None:
    spoil = "INSERT INTO checked_table VALUES ('X', 1, 1, 'infinity')"
    mend = "DELETE FROM checked_table WHERE id = 'X'"
    with delivered.spoiled(spoil, mend):
        report = delivered.verify("table")
    assert (report.verdict, row_of(report, "table").foreign) == ("holds", 1)


def test_table_and_lake_are_compared_over_what_both_hold(delivered: World) -> None:
    pairs = {(c.left, c.right): c for c in delivered.verify().comparisons}
    assert (pairs["table", "lake"].records, pairs["table", "lake"].equal) == (1000, True)


def test_a_sink_that_filters_is_not_compared_with_one_that_does_not(delivered: World) -> None:
    pairs = {(c.left, c.right): c for c in delivered.verify("fast", "lake").comparisons}
    assert "fast filters or computes" in (pairs["fast", "lake"].reason or "")


def test_a_copied_file_is_named(delivered: World) -> None:
    first = delivered.files("checked")[0]
    with delivered.copied("checked", first, "copy.parquet"):
        report = delivered.verify("lake")
    (found,) = named(report, "file-doubled")
    assert (report.verdict, found.place.file) == ("fails", "copy.parquet")
    assert first in found.text


def test_a_copied_file_with_a_believable_name_is_named(delivered: World) -> None:
    first = delivered.files("checked")[0]
    twin = first.replace(".parquet", "-1.parquet")
    with delivered.copied("checked", first, twin):
        report = delivered.verify("lake")
    (found,) = named(report, "file-doubled")
    assert (found.place.file, found.place.start) == (twin, 0)


def test_a_deleted_file_is_named_with_its_offsets(delivered: World) -> None:
    last = delivered.files("checked")[-1]
    with delivered.moved("checked", last):
        report = delivered.verify("lake")
    (found,) = named(report, "file-missing")
    assert (found.place.file, found.place.partition, found.place.end) == (last, 1, 502)


def test_a_truncated_file_is_named(delivered: World) -> None:
    first = delivered.files("checked")[0]
    with delivered.moved("checked", first) as aside, delivered.copied("checked", aside, first, 0.5):
        report = delivered.verify("lake")
    assert [f.place.file for f in named(report, "file-unreadable")] == [first]


def test_an_altered_row_in_a_file_is_named_by_its_offset(delivered: World) -> None:
    first = delivered.files("checked")[0]
    rows = delivered.spark.read.parquet(delivered.folder("checked").uri(first))
    altered = rows.selectExpr(
        "id", "if(id = 'R000010', 0, speed) AS speed", "day", "kind", "at", "price"
    )
    with (
        delivered.written("checked", altered, "_altered"),
        delivered.moved("checked", first),
        delivered.moved("checked", "_altered", first),
    ):
        report = delivered.verify("lake")
    (found,) = named(report, "row-missing")
    assert (found.place.partition, found.place.offset, found.place.file) == (0, 5, first)


def test_a_log_whose_older_entries_were_removed_proves_as_much(delivered: World) -> None:
    folder = delivered.folder("checked_days")
    log = "_yeoul/verify-test.default.checked.days/log"
    old = folder.names(log)[:-1]
    for name in old:
        folder.rename(f"{log}/{name}", f"_old/{name}")
    try:
        report = delivered.verify("days")
    finally:
        for name in old:
            folder.rename(f"_old/{name}", f"{log}/{name}")
    assert (report.verdict, row_of(report, "days").rows) == ("holds", 1001)


def test_a_file_of_others_is_reported_and_holds(delivered: World) -> None:
    folder = delivered.folder("checked")
    delivered.spark.range(3).coalesce(1).write.parquet(folder.uri("theirs"))
    try:
        report = delivered.verify("lake")
    finally:
        folder.delete("theirs")
    assert (report.verdict, row_of(report, "lake").foreign) == ("holds", 1)


def test_a_lost_file_of_a_partitioned_lake_is_named(delivered: World) -> None:
    first = delivered.files("checked_days")[0]
    with delivered.moved("checked_days", first):
        report = delivered.verify("days")
    assert [f.place.file for f in named(report, "file-missing")] == [first]


def test_a_changed_book_is_named_by_its_range(delivered: World) -> None:
    one = "pipeline = 'default/checked' AND sink = 'table' AND partition = 1 AND start_offset = 0"
    change = f"UPDATE yeoul.books SET written = written + (%s) WHERE {one}"
    with delivered.spoiled(change % 1, change % -1):
        report = delivered.verify("table")
    kinds = {f.kind for f in report.findings.listed if (f.place.partition, f.place.start) == (1, 0)}
    assert kinds == {"book-unbalanced", "book-count"}


def test_a_changed_position_is_named(delivered: World) -> None:
    one = "pipeline = 'default/checked' AND sink = 'table' AND partition = 0"
    change = f"UPDATE yeoul.ledger SET next_offset = next_offset + (%s) WHERE {one}"
    with delivered.spoiled(change % -10, change % 10):
        report = delivered.verify("table")
    (found,) = named(report, "position")
    assert (found.place.partition, found.place.start, found.place.end) == (0, 493, 503)


def _hiding_letters(which: str) -> tuple[str, str]:
    """Return the statement that takes dead letters away, and the one that brings them back."""
    change = (
        "UPDATE yeoul.dead_letters SET sink = '{}' "
        f"WHERE pipeline = 'default/checked' AND sink = '{{}}' AND {which}"
    )
    return change.format("away", "table"), change.format("table", "away")


def test_a_lost_dead_letter_is_named(delivered: World) -> None:
    with delivered.spoiled(*_hiding_letters("reason = 'target'")):
        report = delivered.verify("table")
    assert "dead-letter-count" in {finding.kind for finding in report.findings.listed}


def test_a_dead_letter_that_was_deleted_is_named_by_its_offset(delivered: World) -> None:
    with delivered.spoiled(*_hiding_letters("payload = 'not json'")):
        report = delivered.verify("table")
    places = [(f.place.partition, f.place.offset) for f in named(report, "dead-letter-missing")]
    assert places == [(1, 500)]


def test_the_dead_letters_of_a_lake_can_be_read(delivered: World) -> None:
    who = SinkIdentity(INSTALLATION, "default/checked", "lake")
    found = letters_of_lake(delivered.spark, "/data/checked", who, Wanted(limit=10))
    payloads = {(letter.partition, letter.offset): letter.payload for letter in found.shown}
    assert (found.counts, payloads[1, 500]) == ({"decode": 4}, b"not json")


def test_an_unreachable_database_is_told_from_a_failure(delivered: World) -> None:
    secrets = delivered.platform.home.secrets / "car-info-postgres.yaml"
    text = secrets.read_text()
    secrets.write_text(text.replace("password:", "password: x"))
    try:
        report = delivered.verify("table", "lake")
    finally:
        secrets.write_text(text)
    assert (report.verdict, report.exit_code) == ("unverified", 2)


def test_an_unreachable_lake_is_told_from_a_failure(delivered: World) -> None:
    away = delivered.changed({"name": "lake", "hdfs": {"path": "hdfs://127.0.0.1:1/data/checked"}})
    row = row_of(away.verify("lake"), "lake")
    assert (row.state, ":1 failed" in (row.reason or "")) == ("unreachable", True), row.reason


@pytest.mark.night
def test_a_running_pipeline_holds_at_any_moment(
    delivered: World, platform: Platform, tmp_path: Path
) -> None:
    moving = world(platform, delivered.spark, tmp_path, "moving")
    moving.send(GOOD[:200])
    with moving.streaming("table", "lake") as grown:
        reports = [grown(GOOD[n * 100 :][:100]) for n in range(3)]
    states = [[(row.sink, row.state) for row in report.sinks] for report in reports]
    assert states == [[("table", "holds"), ("lake", "holds")]] * 3


def test_the_command_prints_one_document(delivered: World, tmp_path: Path) -> None:
    file = tmp_path / "checked.yaml"
    file.write_text(yaml.safe_dump(document(delivered.platform, "checked"), sort_keys=False))
    result = run_verify(file, "--json", "--sink", "table")
    assert result.stdout, result.stderr
    told = json.loads(result.stdout)
    assert told["findings"] == []
    assert (result.returncode, told["holds"], told["records"]) == (0, True, 1005)


@pytest.mark.night
def test_the_operators_errand_leaves_the_verdict_behind(delivered: World, tmp_path: Path) -> None:
    file, words = tmp_path / "checked.yaml", tmp_path / "words"
    file.write_text(yaml.safe_dump(document(delivered.platform, "checked"), sort_keys=False))
    result = run_errand(file, words, "--sink", "table")
    assert result.returncode == 0, result.stderr
    assert words.read_text().startswith("holds: The proof holds: 1,005 records")


def test_a_pipeline_that_has_committed_nothing_says_so(
    delivered: World, platform: Platform, tmp_path: Path
) -> None:
    fresh = world(platform, delivered.spark, tmp_path, "fresh")
    report = fresh.verify()
    assert (report.verdict, report.records, report.exit_code) == ("nothing", 0, 0)


@pytest.fixture(scope="module")
def aged(delivered: World, platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A pipeline of which Kafka has dropped the first book of each partition, and a bit more."""
    made = world(platform, delivered.spark, tmp_path_factory.mktemp("aged"), "aged")
    for part in (GOOD[:600], GOOD[600:]):
        made.send(part)
        made.run("table", "fast", "lake")
    made.forget({0: 300, 1: 10})
    return made


def test_what_kafka_no_longer_holds_is_attested(aged: World) -> None:
    report = aged.verify("table", "lake")
    states = {row.sink: (row.state, row.in_kafka, row.attested) for row in report.sinks}
    assert states == {"table": ("attested", 400, 600), "lake": ("attested", 400, 600)}


def test_a_row_missing_among_the_attested_is_counted(aged: World) -> None:
    one = "WHERE id = 'R000003'"
    aged.sql(f"CREATE TABLE aged_kept AS SELECT * FROM aged_table {one}")
    mend = "INSERT INTO aged_table SELECT * FROM aged_kept"
    with aged.spoiled(f"DELETE FROM aged_table {one}", mend):
        report = aged.verify("table")
    assert [f.kind for f in report.findings.listed] == ["attested-missing"]


def test_foreign_rows_leave_attested_ones_without_lineage_unproven(aged: World) -> None:
    spoil = "INSERT INTO aged_table VALUES ('X', 1, 1, now())"
    with aged.spoiled(spoil, "DELETE FROM aged_table WHERE id = 'X'"):
        report = aged.verify("table")
    assert (report.verdict, report.exit_code) == ("unverified", 2)


def test_lineage_tells_attested_rows_from_foreign_ones(aged: World) -> None:
    spoil = "INSERT INTO aged_fast VALUES ('X', 1, NULL, NULL)"
    mend = "DELETE FROM aged_fast WHERE id = 'X'"
    with aged.spoiled(spoil, mend):
        report = aged.verify("fast")
    assert (row_of(report, "fast").state, row_of(report, "fast").foreign) == ("attested", 1)


def test_lineage_names_the_range_of_an_altered_attested_row(aged: World) -> None:
    one = "WHERE _topic_partition = 1 AND _offset = 25"
    change = f"UPDATE aged_fast SET mps = - mps {one}"
    with aged.spoiled(change, change):
        report = aged.verify("fast")
    (found,) = named(report, "attested-altered")
    assert (found.place.partition, found.place.start, found.place.end) == (1, 0, 300)


def test_rows_that_another_writer_has_put_ahead_are_named(aged: World) -> None:
    aged.send([message(5000), message(5001)])
    spoil = "INSERT INTO aged_table VALUES ('R005001', 51.1, 5001.5, '2026-11-23 12:00:00.5+09')"
    mend = "DELETE FROM aged_table WHERE id = 'R005001'"
    with aged.spoiled(spoil, mend):
        report = aged.verify("table")
    places = [(f.place.partition, f.place.offset) for f in named(report, "row-uncommitted")]
    assert places == [(1, 500)]
