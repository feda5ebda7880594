"""Tables with one row a key, and tables by time: what they hold, and what `verify` says of them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from fix_stream import create_topic, delete_topic
from fix_verify import INSTALLATION, World, document, message, named, row_of, session
from yeoul_local.platform import Platform
from yeoul_stream.job import Settings
from yeoul_stream.pipeline import apply_overlay, parse_pipeline

# Py4J and PySpark leave the closing of their sockets to Python.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

KEYS = 40
SELECT = {"kind": "kind", "speed": "speed", "at": "at", "id": "id"}


def upserting(platform: Platform, name: str, **table: Any) -> dict[str, Any]:
    """A pipeline whose table has one row for each `kind`, that of the latest `at`."""
    target = {
        "secretRef": "car-info-postgres", "table": f"{name}_last", "write": "upsert",
        "key": ["kind"], "orderBy": "at", **table,
    }  # fmt: skip
    target = {key: value for key, value in target.items() if value is not None}
    sink = {
        "name": "last", "trigger": "available now", "lineage": True, "select": SELECT,
        "postgres": target,
    }  # fmt: skip
    base = document(platform, name)
    return apply_overlay(base, {"spec": {"sinks": [sink]}}) | {
        "spec": {**base["spec"], "sinks": [sink]}
    }


def made(platform: Platform, spark: SparkSession, scratch: Path, name: str, **table: Any) -> World:
    """A pipeline with a topic; nothing has run yet."""
    create_topic(platform, name)
    return again(platform, spark, scratch, name, **table)


def again(platform: Platform, spark: SparkSession, scratch: Path, name: str, **table: Any) -> World:
    """The same pipeline with other words about its table."""
    pipeline = parse_pipeline(upserting(platform, name, **table), name)
    return World(platform, spark, Settings(INSTALLATION, scratch), pipeline)


def moments(count: int) -> list[bytes]:
    """Records of KEYS keys in two partitions, late and early ones mixed, some at the same time."""
    rng = random.Random(7)
    return [
        message(number, kind=f"k{rng.randrange(KEYS)}", at=f"2026-11-23 12:00:{second:02d}")
        for number, second in ((n, rng.randrange(60)) for n in range(count))
    ]


@pytest.fixture(scope="module")
def spark(platform: Platform) -> Iterator[SparkSession]:
    with session(platform, parse_pipeline(upserting(platform, "x"), "x")) as started:
        yield started


RECORDS = moments(1400)
NUL = message(9000, kind="k0", at="2026-11-23 13:00:00", id="nul \u0000 inside")
STAND_IN = message(9002, kind="k0", at="2026-11-23 12:59:00")
KEYLESS = message(9003, kind=None)


@pytest.fixture(scope="module")
def kept(
    platform: Platform, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> World:
    """RECORDS, and at the end of one batch a row that is refused and the one before it."""
    world = made(platform, spark, tmp_path_factory.mktemp("upsert"), "kept")
    world.send([*RECORDS, STAND_IN, KEYLESS, NUL])
    world.run()
    return world


def newest(values: list[bytes], partitions: int = 2) -> dict[str, tuple[int, int]]:
    """Key -> (partition, offset) of the newest record, by the words of docs/semantics.md."""
    best: dict[str, tuple[Any, ...]] = {}
    for number, value in enumerate(values):
        record = json.loads(value)
        rank = (record["at"], number % partitions, number // partitions)
        best[record["kind"]] = max(best.get(record["kind"], rank), rank)
    return {key: (rank[1], rank[2]) for key, rank in best.items()}


def held(world: World, table: str) -> dict[str, tuple[int, int]]:
    rows = world.sql(f"SELECT kind, _topic_partition, _offset FROM {table}")
    return {kind: (partition, offset) for kind, partition, offset in rows}


def test_each_key_has_the_row_of_its_latest_record(kept: World) -> None:
    assert held(kept, "kept_last") == newest([*RECORDS, STAND_IN])


def test_the_books_count_what_was_read_and_what_was_older(kept: World) -> None:
    [(read, written, superseded)] = kept.sql(
        "SELECT sum(read), sum(written), sum(superseded) FROM yeoul.books "
        "WHERE pipeline = 'default/kept'"
    )
    assert (read, written, superseded >= written - 6 * KEYS) == (1403, 1401, True)


def test_a_row_without_a_key_and_one_that_is_refused_are_dead_letters(kept: World) -> None:
    letters = kept.sql(
        "SELECT reason, payload FROM yeoul.dead_letters WHERE pipeline = 'default/kept'"
    )
    assert {(reason, bytes(payload)) for reason, payload in letters} == {
        ("target", KEYLESS), ("target", NUL),
    }  # fmt: skip


def test_the_proof_holds_for_the_last_row_of_each_key(kept: World) -> None:
    report = kept.verify()
    row = row_of(report, "last")
    assert (report.verdict, report.findings.listed) == ("holds", ())
    assert (row.in_kafka, row.written, row.dead, row.rows) == (1403, 1401, 2, KEYS)


def test_an_altered_row_is_named_by_its_record(kept: World) -> None:
    change = "UPDATE kept_last SET speed = -speed WHERE kind = 'k7'"
    with kept.spoiled(change, change):
        (found,) = named(kept.verify(), "row-altered")
    assert (found.place.partition, found.place.offset) == newest(RECORDS)["k7"]


def test_a_missing_row_is_named_by_its_record(kept: World) -> None:
    kept.sql("CREATE TABLE kept_away AS SELECT * FROM kept_last WHERE kind = 'k9'")
    spoil = "DELETE FROM kept_last WHERE kind = 'k9'"
    with kept.spoiled(spoil, "INSERT INTO kept_last SELECT * FROM kept_away"):
        (found,) = named(kept.verify(), "row-missing")
    assert (found.place.partition, found.place.offset) == newest(RECORDS)["k9"]


def test_an_older_row_of_a_key_is_named(kept: World) -> None:
    kept.sql("CREATE TABLE kept_newer AS SELECT * FROM kept_last WHERE kind = 'k3'")
    # An older record of the key, as a restored row or another writer would leave it.
    partition, offset = newest(RECORDS[:400])["k3"]
    spoil = (
        f"UPDATE kept_last SET at = at - interval '1 minute', _topic_partition = {partition}, "
        f"_offset = {offset} WHERE kind = 'k3'"
    )
    mend = (
        "UPDATE kept_last k SET at = n.at, _topic_partition = n._topic_partition, "
        "_offset = n._offset FROM kept_newer n WHERE k.kind = n.kind"
    )
    with kept.spoiled(spoil, mend):
        report = kept.verify()
    assert [finding.kind for finding in report.findings.listed] == ["row-stale"]


def test_a_row_that_names_no_record_is_somebody_elses(kept: World) -> None:
    spoil = "INSERT INTO kept_last (kind, id) VALUES ('theirs', 'x')"
    with kept.spoiled(spoil, "DELETE FROM kept_last WHERE kind = 'theirs'"):
        report = kept.verify()
    assert (report.verdict, row_of(report, "last").foreign) == ("holds", 1)


@pytest.mark.usefixtures("kept")
def test_a_second_sink_cannot_upsert_the_same_table(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    other = made(platform, spark, tmp_path, "intruder", table="kept_last")
    other.send(RECORDS[:4])
    with pytest.raises(AssertionError, match=r"kept\.last writes it too"):
        other.run()


def test_a_table_without_the_unique_index_is_refused_with_the_statement(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    world = made(platform, spark, tmp_path, "unkeyed")
    world.sql(
        "CREATE TABLE unkeyed_last (kind text, speed float8, at timestamptz, id text, "
        "_topic_partition int, _offset bigint)"
    )
    world.send(RECORDS[:4])
    with pytest.raises(AssertionError, match=r'CREATE UNIQUE INDEX ON "public"\."unkeyed_last"'):
        world.run()
    world.sql("CREATE UNIQUE INDEX ON unkeyed_last (kind)")
    world.run()
    assert world.verify().verdict == "holds"


def test_a_newest_row_that_the_table_refuses_leaves_the_one_before(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    world = made(platform, spark, tmp_path, "fussy")
    world.sql(
        "CREATE TABLE fussy_last (kind text PRIMARY KEY, speed float8 CHECK (speed < 80), "
        "at timestamptz, id text, _topic_partition int, _offset bigint)"
    )
    world.send(RECORDS[:600])
    world.run()
    [(over, left)] = world.sql(
        "SELECT count(*) FILTER (WHERE speed >= 80), count(*) FROM fussy_last"
    )
    report = world.verify()
    assert (over, left, report.verdict) == (0, KEYS, "holds")
    assert row_of(report, "last").dead > 0


def test_what_kafka_has_forgotten_is_believed_unless_a_newer_record_is_there(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    world = made(platform, spark, tmp_path, "forgetting")
    for part in (RECORDS[:600], RECORDS[600:1200]):
        world.send(part)
        world.run()
    world.forget({0: 300, 1: 300})
    report = world.verify()
    assert (report.verdict, row_of(report, "last").state) == ("holds", "attested")
    one = "_offset >= 300 AND kind = (SELECT min(kind) FROM forgetting_last WHERE _offset >= 300)"
    world.sql(f"UPDATE forgetting_last SET speed = -1 WHERE {one}")
    assert [finding.kind for finding in world.verify().findings.listed] == ["row-altered"]


def test_the_records_of_a_recreated_topic_are_newer_than_all_before(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    world = made(platform, spark, tmp_path, "renewed", orderBy=None)
    world.send(RECORDS[:600])
    world.run()
    delete_topic(platform, world.name)
    create_topic(platform, world.name)
    world.send(RECORDS[700:720])
    world.run()
    [(own,)] = world.sql("SELECT count(*) FROM renewed_last WHERE _offset >= 0")
    assert own == len(newest(RECORDS[700:720]))
    assert world.verify().verdict == "holds"


NOW = datetime.now(UTC)
DAYS = {"write": None, "key": None, "orderBy": None}


def days_ago(*days: float) -> list[bytes]:
    """A record of each moment, a second apart from its neighbours."""
    return [
        message(number, at=(NOW - timedelta(days=ago, seconds=number)).isoformat())
        for number, ago in enumerate(days)
    ]


def partitions(world: World, table: str) -> list[str]:
    rows = world.sql(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", table
    )
    return sorted(name for (name,) in rows)


def day(ago: float) -> str:
    return f"{NOW - timedelta(days=ago):%Y%m%d}"


OLD = [40, 40, 40, 35, 3, 2, 1, 0]
LATE = [50, 31.5, 2, 0]
BEYOND = message(7000, at=(NOW + timedelta(days=9)).isoformat())
TIMELESS = message(7001, at=None)


@pytest.fixture(scope="module")
def aging(
    platform: Platform, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> World:
    """A table by days that kept everything at first, and then 30 days; some rows came too late."""
    scratch = tmp_path_factory.mktemp("aging")
    first = made(platform, spark, scratch, "aging", **DAYS, partitions={"by": "at", "ahead": 2})
    first.send([*days_ago(*OLD), BEYOND, TIMELESS])
    first.run()
    assert f"aging_last_p{day(40)}" in partitions(first, "aging_last")
    assert first.verify().verdict == "holds"
    keeping = {"by": "at", "ahead": 2, "keep": "30 days"}
    world = again(platform, spark, scratch, "aging", **DAYS, partitions=keeping)
    world.send(days_ago(*LATE))
    world.run()
    return world


def test_partitions_are_made_ahead_and_for_rows_that_are_late(aging: World) -> None:
    wanted = {day(ago) for ago in (3, 2, 1, 0, -1, -2)}
    assert {f"aging_last_p{name}" for name in wanted} <= set(partitions(aging, "aging_last"))


def test_partitions_that_are_too_old_are_dropped_with_their_rows(aging: World) -> None:
    assert not {f"aging_last_p{day(ago)}" for ago in (50, 40, 35)} & set(
        partitions(aging, "aging_last")
    )
    [(oldest,)] = aging.sql("SELECT min(at) FROM aging_last")
    assert oldest > NOW - timedelta(days=31)


def test_a_row_without_a_partition_is_a_dead_letter(aging: World) -> None:
    letters = aging.sql(
        "SELECT payload, detail FROM yeoul.dead_letters WHERE pipeline = 'default/aging'"
    )
    found = {bytes(payload): detail for payload, detail in letters}
    assert set(found) == {BEYOND, TIMELESS}
    assert "lies in the future" in found[BEYOND]


def test_the_proof_knows_what_retention_has_dropped(aging: World) -> None:
    report = aging.verify()
    row = row_of(report, "last")
    assert (report.verdict, row.written, row.rows, row.dead) == ("holds", 12, 6, 2)
    assert "6 rows from before" in named(report, "expired-rows")[0].text


def test_a_lost_row_of_a_kept_partition_is_still_named(aging: World) -> None:
    aging.sql(
        "CREATE TABLE aging_away AS SELECT * FROM aging_last WHERE at > now() - '3d'::interval"
    )
    spoil = "DELETE FROM aging_last WHERE at > now() - '3d'::interval"
    with aging.spoiled(spoil, "INSERT INTO aging_last SELECT * FROM aging_away"):
        assert {f.kind for f in aging.verify().findings.listed} == {"row-missing", "expired-rows"}


def test_what_is_attested_is_told_apart_by_partition(aging: World) -> None:
    aging.forget({0: 5, 1: 5})
    report = aging.verify()
    assert (report.verdict, row_of(report, "last").rows) == ("holds", 6)
    spoil = "UPDATE aging_last SET speed = -speed WHERE at < now() - '3d'::interval"
    with aging.spoiled(spoil, spoil):
        assert "attested-altered" in {f.kind for f in aging.verify().findings.listed}


def test_a_table_that_is_not_partitioned_is_refused(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    world = made(platform, spark, tmp_path, "whole", **DAYS, partitions={"by": "at"})
    world.sql("CREATE TABLE whole_last (kind text, speed float8, at timestamptz, id text, "
              "_topic_partition int, _offset bigint)")  # fmt: skip
    world.send(days_ago(0))
    with pytest.raises(AssertionError, match="is not partitioned by RANGE"):
        world.run()


def test_an_upserted_table_by_months_holds_one_row_a_key_and_month(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    keeping = {"by": "at", "every": "month", "keep": "60 days"}
    world = made(platform, spark, tmp_path, "monthly", key=["kind", "at"], partitions=keeping)
    world.send([*days_ago(*OLD), *days_ago(*OLD), message(1, at="2020-01-01 00:00:00")])
    world.run()
    report = world.verify()
    assert (report.verdict, row_of(report, "last").written) == ("holds", 13)
