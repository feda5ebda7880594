"""Proof by faults: whatever is killed, nothing is lost or doubled and the stream goes on.

The moments are found from outside, through the database's own locks and notifications; the code
under test knows nothing of these tests. Seeds make a run repeatable; `YEOUL_FAULT_ROUNDS` sets how
often each moment is hit (3 by day, 10 by night).
"""

import os
import random
import select
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection
from pyspark.sql import SparkSession

from bed.processes import frozen
from fix_stream import INSTALLATION, Stream, connect, record, stream, wait_until
from fix_verify import document, session
from yeoul_local.platform import Platform
from yeoul_stream.job import Settings
from yeoul_stream.pipeline import parse_pipeline
from yeoul_stream.verify.run import verify

# Py4J and PySpark leave the closing of their sockets to Python.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

ROUNDS = int(os.environ.get("YEOUL_FAULT_ROUNDS", "3"))
TABLE_ONLY = {"spec": {"sinks": [{"name": "lake", "enabled": False}]}}


@pytest.fixture(scope="module")
def spark(platform: Platform) -> Iterator[SparkSession]:
    """A session of this process, in which the proof is made after each fault."""
    with session(platform, parse_pipeline(document(platform, "faults"), "faults")) as started:
        yield started


@pytest.fixture(scope="module")
def table_stream(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    with stream(platform, tmp_path_factory.mktemp("faults"), "kills", TABLE_ONLY) as made:
        made.produce(_records(0))
        made.start()
        made.caught_up("table")
        yield made


def _records(block: int, count: int = 200) -> list[bytes | None]:
    return [record(block * 100_000 + number) for number in range(count)]


def _holds(made: Stream, spark: SparkSession, *sinks: str) -> None:
    """The proof holds for the sinks, and it covers everything that was produced."""
    pipeline = parse_pipeline(made.document, made.name)
    report = verify(pipeline, Settings(INSTALLATION, made.folder), spark, sinks)
    assert report.verdict == "holds", report.findings.listed
    assert [row.in_kafka for row in report.sinks] == [made.ends()] * len(sinks)


def _backend_waits(watcher: Connection, made: Stream) -> bool:
    with watcher.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE application_name = %s "
            "AND wait_event_type = 'Lock'",
            (f"yeoul {made.name}.table",),
        )
        return cursor.fetchone() is not None


@contextmanager
def _locked(made: Stream, statement: str) -> Iterator[Connection]:
    """Hold a lock that stops the sink's transaction at a known statement."""
    holder = connect(made.platform)
    holder.autocommit = False
    try:
        with holder.cursor() as cursor:
            cursor.execute(statement)
        yield holder
    finally:
        holder.close()


def _kill_at_lock(made: Stream, statement: str, rng: random.Random, block: int) -> None:
    watcher = connect(made.platform)
    try:
        with _locked(made, statement):
            made.produce(_records(block))
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
        made.produce(_records(block))
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
    _holds(table_stream, spark, "table")


def test_postgres_killed_mid_copy(platform: Platform, spark: SparkSession, tmp_path: Path) -> None:
    with stream(platform, tmp_path, "midcopy", TABLE_ONLY) as made:
        made.produce(_records(0))
        made.start()
        made.caught_up("table")
        with _locked(made, "LOCK TABLE yeoul.books IN EXCLUSIVE MODE"):
            watcher = connect(platform)
            made.produce(_records(1, 20_000))
            wait_until("rows to be copied", lambda: _backend_waits(watcher, made))
            watcher.close()
            platform.kill("postgres")
        platform.start("postgres")
        made.caught_up("table")
        _holds(made, spark, "table")


def test_hdfs_away_for_30_seconds_does_not_stop_postgres(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    with stream(platform, tmp_path, "nolake") as made:
        made.produce(_records(0))
        made.start()
        made.caught_up("table", "lake")
        platform.kill("hdfs")
        away = time.monotonic()
        made.produce(_records(1))
        made.caught_up("table")
        wait_until("the lake's error to be seen", lambda: made.sink("lake").get("lastError"))
        time.sleep(max(0.0, 30 - (time.monotonic() - away)))
        platform.start("hdfs")
        made.caught_up("lake")
        _holds(made, spark, "table", "lake")


@pytest.fixture(scope="module")
def both(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """A stream into table and lake, which has written to both."""
    with stream(platform, tmp_path_factory.mktemp("pair"), "pair") as made:
        made.produce(_records(0))
        made.start()
        made.caught_up("table", "lake")
        yield made


def test_a_locked_table_holds_up_nothing_else(both: Stream, spark: SparkSession) -> None:
    before = both.committed("table")
    with _locked(both, f"LOCK TABLE {both.table} IN ACCESS EXCLUSIVE MODE"):
        both.produce(_records(1))
        both.caught_up("lake")
        assert both.committed("table") == before
    both.caught_up("table")
    _holds(both, spark, "table", "lake")


def test_kafka_away_and_back(both: Stream, spark: SparkSession) -> None:
    both.platform.kill("kafka")
    time.sleep(5)
    both.platform.start("kafka")
    both.produce(_records(2))
    both.caught_up("table", "lake")
    _holds(both, spark, "table", "lake")


def test_a_deleted_checkpoint_is_nothing(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    with stream(platform, tmp_path, "forgetful") as made:
        made.produce(_records(0))
        made.start()
        made.caught_up("table", "lake")
        made.kill()
        shutil.rmtree(tmp_path / "scratch")
        made.produce(_records(1))
        made.start()
        made.caught_up("table", "lake")
        _holds(made, spark, "table", "lake")


def test_a_second_driver_fences_the_first(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    with stream(platform, tmp_path, "twice", TABLE_ONLY) as made:
        made.produce(_records(0))
        first = made.start()
        made.caught_up("table")
        made.start()
        made.running("table")
        made.produce(_records(1))
        made.caught_up("table")
        assert first.wait(timeout=60) == 3
        _holds(made, spark, "table")


def test_a_driver_that_was_frozen_is_refused_when_it_wakes(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    with stream(platform, tmp_path, "frozen", TABLE_ONLY) as made:
        made.produce(_records(0))
        first = made.start()
        made.caught_up("table")
        with frozen([first, *first.children(recursive=True)]):
            made.start()
            made.running("table")
            made.produce(_records(1))
            made.caught_up("table")
        made.produce(_records(2))
        assert first.wait(timeout=60) == 3
        made.caught_up("table")
        _holds(made, spark, "table")
