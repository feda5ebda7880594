"""Proof by faults: whatever is killed, nothing is lost or doubled and the stream goes on.

The moments are found from outside, through the database's own locks and notifications; the code
under test knows nothing of these tests. Seeds make a run repeatable; `YEOUL_FAULT_ROUNDS` sets how
often each moment is hit (once by day, 10 times by night).
"""

import os
import random
import select
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
)
from psycopg2.extensions import connection as Connection
from pyspark.sql import SparkSession

from bed.processes import frozen
from fix_faults import TABLE_ONLY, error_of, holds, lake_only, locked, order, records, spark
from fix_night import AT_NIGHT
from fix_stream import Stream, connect, produce, record, stream, wait_until
from yeoul_local.platform import Platform

__all__ = ["spark"]

# Py4J and PySpark leave the closing of their sockets to Python.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

ROUNDS = int(os.environ.get("YEOUL_FAULT_ROUNDS") or (10 if AT_NIGHT else 1))


@pytest.fixture(scope="module")
def table_stream(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    with stream(platform, tmp_path_factory.mktemp("faults"), "kills", TABLE_ONLY) as made:
        made.produce(records(0))
        made.start()
        made.caught_up("table")
        yield made


def _backend_waits(watcher: Connection, made: Stream) -> bool:
    with watcher.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE application_name = %s "
            "AND wait_event_type = 'Lock'",
            (f"yeoul {made.name}.table",),
        )
        return cursor.fetchone() is not None


def _kill_at_lock(made: Stream, statement: str, rng: random.Random, block: int) -> None:
    watcher = connect(made.platform)
    try:
        with locked(made, statement):
            made.produce(records(block))
            wait_until("the sink to reach the lock", lambda: _backend_waits(watcher, made))
            time.sleep(rng.random() / 10)
            made.kill()
    finally:
        watcher.close()


def kill_before(made: Stream, rng: random.Random, block: int) -> None:
    """The transaction has begun and done nothing: it waits for the epoch's row."""
    lock = f"SELECT 1 FROM yeoul.sinks WHERE pipeline = 'default/{made.name}' FOR UPDATE"
    _kill_at_lock(made, lock, rng, block)


def kill_inside(made: Stream, rng: random.Random, block: int) -> None:
    """Rows are copied; the book is about to be written."""
    _kill_at_lock(made, "LOCK TABLE yeoul.books IN EXCLUSIVE MODE", rng, block)


def kill_after(made: Stream, rng: random.Random, block: int) -> None:
    """The transaction has just committed; Spark does not know it yet."""
    listener = connect(made.platform)
    try:
        with listener.cursor() as cursor:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN PERFORM pg_notify('committed', ''); RETURN NULL; END $$; "
                "CREATE OR REPLACE TRIGGER told AFTER UPDATE ON yeoul.ledger "
                "FOR EACH ROW EXECUTE FUNCTION told(); LISTEN committed"
            )
        made.produce(records(block))
        assert select.select([listener], [], [], 60)[0], "no commit was notified"
        time.sleep(rng.random() / 20)
        made.kill()
        with listener.cursor() as cursor:
            cursor.execute("DROP TRIGGER told ON yeoul.ledger")
    finally:
        listener.close()


MOMENTS: list[Callable[[Stream, random.Random, int], None]] = [
    kill_before,
    kill_inside,
    kill_after,
]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("turn", range(ROUNDS))
def test_kill_9_of_spark(
    table_stream: Stream,
    spark: SparkSession,
    moment: Callable[[Stream, random.Random, int], None],
    turn: int,
) -> None:
    rng = random.Random(f"{moment.__name__}-{turn}")
    table_stream.running("table")
    moment(table_stream, rng, 1 + turn * 3 + MOMENTS.index(moment))
    table_stream.start()
    table_stream.produce([record(10_000_000 + table_stream.ends() + n) for n in range(10)])
    table_stream.caught_up("table")
    holds(table_stream, spark, "table")


def test_postgres_killed_mid_copy(table_stream: Stream, spark: SparkSession) -> None:
    table_stream.running("table")
    with locked(table_stream, "LOCK TABLE yeoul.books IN EXCLUSIVE MODE"):
        watcher = connect(table_stream.platform)
        table_stream.produce(records(100, 20_000))
        wait_until("rows to be copied", lambda: _backend_waits(watcher, table_stream))
        watcher.close()
        table_stream.platform.kill("postgres")
    table_stream.platform.start("postgres")
    table_stream.caught_up("table")
    holds(table_stream, spark, "table")


@pytest.fixture(scope="module")
def both(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """A stream into table and lake, which has written to both."""
    with stream(platform, tmp_path_factory.mktemp("pair"), "pair") as made:
        made.produce(records(0))
        made.start()
        made.caught_up("table", "lake")
        yield made


@pytest.mark.night
def test_hdfs_away_for_30_seconds_does_not_stop_postgres(both: Stream, spark: SparkSession) -> None:
    both.platform.kill("hdfs")
    away = time.monotonic()
    both.produce(records(1))
    both.caught_up("table")
    wait_until("the lake's error to be seen", lambda: both.sink("lake").get("lastError"))
    time.sleep(max(0.0, 30 - (time.monotonic() - away)))
    both.platform.start("hdfs")
    both.caught_up("lake")
    holds(both, spark, "table", "lake")


def test_a_locked_table_holds_up_nothing_else(both: Stream, spark: SparkSession) -> None:
    before = both.committed("table")
    with locked(both, f"LOCK TABLE {both.table} IN ACCESS EXCLUSIVE MODE"):
        both.produce(records(2))
        both.caught_up("lake")
        assert both.committed("table") == before
    both.caught_up("table")
    holds(both, spark, "table", "lake")


@pytest.mark.night
def test_kafka_away_and_back(both: Stream, spark: SparkSession) -> None:
    both.platform.kill("kafka")
    wait_until("that to be told", lambda: (both.progress() or {}).get("sourceError"))
    both.platform.start("kafka")
    wait_until("that to be over", lambda: not (both.progress() or {}).get("sourceError", True))
    both.produce(records(3))
    both.caught_up("table", "lake")
    holds(both, spark, "table", "lake")


@pytest.mark.night
def test_a_deleted_checkpoint_is_nothing(both: Stream, spark: SparkSession) -> None:
    both.kill()
    shutil.rmtree(both.folder / "scratch")
    both.produce(records(4))
    both.start()
    both.caught_up("table", "lake")
    holds(both, spark, "table", "lake")


def test_a_second_driver_fences_the_first(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    with stream(platform, tmp_path, "twice", TABLE_ONLY) as made:
        made.produce(records(0))
        first = made.start()
        made.caught_up("table")
        made.start()
        made.running("table")
        made.produce(records(1))
        made.caught_up("table")
        assert first.wait(timeout=60) == 3
        holds(made, spark, "table")


@pytest.mark.night
def test_a_driver_that_was_frozen_is_refused_when_it_wakes(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    with stream(platform, tmp_path, "frozen", TABLE_ONLY) as made:
        made.produce(records(0))
        first = made.start()
        made.caught_up("table")
        with frozen([first, *first.children(recursive=True)]):
            made.start()
            made.running("table")
            made.produce(records(1))
            made.caught_up("table")
        made.produce(records(2))
        assert first.wait(timeout=60) == 3
        made.caught_up("table")
        holds(made, spark, "table")


# With a second sink the first one that refuses ends the driver, whatever the other one met.
@pytest.mark.parametrize(
    ("name", "sink", "part", "overlay"),
    [
        ("woken-table", "table", "postgres", TABLE_ONLY),
        *(
            pytest.param(
                f"woken-{form}", "lake", "namenode", lake_only(form), marks=pytest.mark.night
            )
            for form in ("parquet", "iceberg")
        ),
    ],
)
def test_a_driver_that_wakes_beside_another_claims_nothing_back(
    platform: Platform,
    spark: SparkSession,
    tmp_path: Path,
    name: str,
    sink: str,
    part: str,
    overlay: dict[str, Any],
) -> None:
    """Its first error is one that it tries again after: nobody has refused it anything yet."""
    with stream(platform, tmp_path, name, overlay) as made:
        made.produce(records(0))
        first = made.start()
        made.caught_up(sink)
        port = made.port
        with frozen([first, *first.children(recursive=True)]):
            made.start()
            made.running(sink)
            made.produce(records(1))
            made.caught_up(sink)
            platform.kill(part)
        try:
            wait_until(f"{sink} to fail", lambda: made.sink(sink, port).get("state") == "backoff")
        finally:
            platform.start(part)
        assert first.wait(timeout=60) == 3
        made.produce(records(2))
        made.caught_up(sink)
        holds(made, spark, sink)


@pytest.mark.parametrize("turn", range(max(ROUNDS // 3, 1)))
def test_a_right_that_was_withdrawn_is_told_and_waited_for(
    table_stream: Stream, spark: SparkSession, turn: int
) -> None:
    role = table_stream.query("SELECT current_user")[0][0]
    order(table_stream, f"REVOKE INSERT ON {table_stream.table} FROM {role}")
    table_stream.produce(records(200 + turn))
    wait_until("the error", lambda: "permission denied" in error_of(table_stream, "table"))
    order(table_stream, f"GRANT INSERT ON {table_stream.table} TO {role}")
    table_stream.caught_up("table")
    holds(table_stream, spark, "table")


def test_a_locked_table_is_waited_for(table_stream: Stream, spark: SparkSession) -> None:
    watcher = connect(table_stream.platform)
    with locked(table_stream, f"LOCK TABLE {table_stream.table} IN ACCESS EXCLUSIVE MODE"):
        table_stream.produce(records(300))
        wait_until("the sink to wait", lambda: _backend_waits(watcher, table_stream))
        time.sleep(1)
    watcher.close()
    table_stream.caught_up("table")
    holds(table_stream, spark, "table")


def test_poison_batches_become_dead_letters_and_nothing_else(
    table_stream: Stream, spark: SparkSession
) -> None:
    poison: list[bytes | None] = [
        *(record(n, dataId=None) for n in range(400)),
        *(record(n, vhcleTypeCd="nul \u0000") for n in range(400)),
        *([None, b"", b"[]", b"\xff\xfe", b"{" * 5000] * 40),
    ]
    table_stream.produce([*poison, *records(400)])
    table_stream.caught_up("table")
    holds(table_stream, spark, "table")


def test_a_record_of_10_megabytes_is_a_row(table_stream: Stream, spark: SparkSession) -> None:
    _widen(table_stream, 12_000_000)
    producer = Producer(
        {"bootstrap.servers": table_stream.platform.endpoints.kafka_bootstrap,
         "message.max.bytes": 12_000_000, "log_level": 2}
    )  # fmt: skip
    large = record(77, dataId="L" * 10_000_000)
    producer.produce(table_stream.topic, large, partition=0)
    assert producer.flush(60) == 0
    table_stream.caught_up("table")
    length = f"SELECT max(length(data_id)) FROM {table_stream.table}"
    assert table_stream.query(length) == [(10_000_000,)]
    holds(table_stream, spark, "table")


def test_partitions_that_are_added_are_read_from_their_start(
    table_stream: Stream, spark: SparkSession
) -> None:
    admin = AdminClient({"bootstrap.servers": table_stream.platform.endpoints.kafka_bootstrap})
    for future in admin.create_partitions([NewPartitions(table_stream.topic, 4)]).values():
        future.result(timeout=30)
    produce(table_stream.platform, table_stream.topic, records(500), partitions=4)
    table_stream.caught_up("table")
    assert len(table_stream.query("SELECT FROM yeoul.ledger WHERE pipeline = 'default/kills'")) == 4
    holds(table_stream, spark, "table")


@pytest.mark.night
def test_a_dropped_column_stops_the_sink_until_it_is_back(
    table_stream: Stream, spark: SparkSession
) -> None:
    table = table_stream.table
    order(table_stream, f"ALTER TABLE {table} RENAME COLUMN vhclesped TO gone")
    table_stream.produce(records(600))
    assert table_stream.process is not None
    assert table_stream.process.wait(timeout=120) == 1
    assert "column 'vhclesped' (double precision) is missing" in table_stream.tail()
    order(table_stream, f"ALTER TABLE {table} RENAME COLUMN gone TO vhclesped")
    table_stream.start()
    table_stream.caught_up("table")
    holds(table_stream, spark, "table")


def _widen(made: Stream, size: int) -> None:
    """Have the topic take records of that size."""
    admin = AdminClient({"bootstrap.servers": made.platform.endpoints.kafka_bootstrap})
    entry = ConfigEntry("max.message.bytes", str(size), incremental_operation=AlterConfigOpType.SET)
    topic = ConfigResource(ConfigResource.Type.TOPIC, made.topic, incremental_configs=[entry])
    for future in admin.incremental_alter_configs([topic]).values():
        future.result(timeout=30)
