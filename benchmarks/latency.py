"""How long a record takes from the producer into PostgreSQL, and where that time goes.

Both sinks run as fast as they can while records are offered steadily. A record carries the time at
which it was made, before it is handed to Kafka's client, and the table has it; the server stamps
each transaction with the time of its commit (`track_commit_timestamp`). There is one clock, the
machine's. So nothing has to look while it is measured, and one query at the end knows the latency
of every row. The stamp is taken before the commit is flushed to disk, and the row is visible after:
the time from a stamp until the client has its answer is measured beside (`visible_after_s`), and is
by how much the latencies are too low, at most.
"""

import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg2

from benchmarks.backlog import PARTITIONS
from benchmarks.bench import TABLE, Bench, fresh_table, sink_queries
from benchmarks.offering import Offer, Offering
from yeoul_local.platform import Platform
from yeoul_stream.kafka import TopicAdmin, read_stream
from yeoul_stream.phases import follow, split
from yeoul_stream.sinks.protocol import local_checkpoint
from yeoul_stream.start import Start

TRIGGER = "as fast as possible"
_SINKS = ("table", "lake")
_EMPTY = "empty"
_PROBE_EVERY_S = 1.0
_PATIENCE_S = 300.0


@dataclass(frozen=True)
class Plan:
    """Records a second; seconds that are not counted, that are, and that the empty sink gets."""

    per_second: float = 2_000
    warm: float = 20
    measured: float = 60
    floor: float = 20


@dataclass(frozen=True)
class Batch:
    """One trigger that had records: when it began (seconds of UTC), and its phases in seconds."""

    query: str
    began: float
    whole: float
    phases: Mapping[str, float]


@dataclass(frozen=True)
class Range:
    """One transaction of the table's sink: begin and commit in seconds of UTC, and its records."""

    began: float
    committed: float
    records: int


@contextmanager
def commit_times(platform: Platform) -> Iterator[None]:
    """Have the server keep the time of each commit; for that it starts anew."""
    _alter(platform, "SET track_commit_timestamp = on")
    try:
        platform.stop("postgres")
        platform.start("postgres")
        yield
    finally:
        _alter(platform, "RESET track_commit_timestamp")


def _alter(platform: Platform, what: str) -> None:
    connection = platform.administrator.connect()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER SYSTEM {what}")
    connection.close()


def measure(bench: Bench, plan: Plan) -> dict[str, Any]:
    """Return the results; `bench.topic` is there, and empty.

    Raises:
        RuntimeError: a sink failed meanwhile, or was still behind long after.
    """
    fresh_table(bench)
    triggers: list[Mapping[str, Any]] = []
    follow(bench.spark, triggers.append)
    offering = Offering(Offer(bench.bootstrap, bench.topic, plan.per_second))
    queries, board = sink_queries(bench, _SINKS)
    for query in queries:
        query.start()
    try:
        _wait_for(bench, time.time())
        time.sleep(plan.warm)
        since = time.time()
        delays = _commits(bench, plan.measured)
        until = time.time()
        _wait_for(bench, until)
    finally:
        for query in queries:
            query.drain()
            query.join()
    sinks = board.snapshot(datetime.now(UTC)).sinks
    if any(row.restarts or row.last_error for row in sinks.values()):
        raise RuntimeError(f"a sink failed meanwhile: {sinks}")
    _run_empty(bench, plan)
    offering.end()
    names = {query.name: sink for query, sink in zip(queries, _SINKS, strict=True)}
    batches = list(batches_of(triggers, {**names, _EMPTY: _EMPTY}))
    empty_from = max(b.began for b in batches if b.query == _EMPTY) - plan.floor
    counted = [b for b in batches if b.began >= (empty_from if b.query == _EMPTY else since)]
    found = _latencies(bench, since, until)
    table = [batch for batch in batches if batch.query == "table"]
    return {
        **found,
        "offered_per_second": round(found["rows"] / (until - since)),
        "visible_after_s": round(statistics.median(delays), 4),
        "goes_to": goes_to(_mean(bench, since, until), _ranges(bench, since, until), table),
        "batches": {
            name: medians([batch for batch in counted if batch.query == name])
            for name in (*_SINKS, _EMPTY)
        },
    }


def _commits(bench: Bench, seconds: float) -> list[float]:
    """Return how long after its stamp a small commit is answered, seconds each."""
    delays, ends = [], time.monotonic() + seconds
    connection = psycopg2.connect(bench.dsn)
    with connection.cursor() as cursor:
        # Not a temporary one: whose commits are not flushed.
        cursor.execute("DROP TABLE IF EXISTS probe; CREATE TABLE probe (number integer)")
        connection.commit()
        while (left := ends - time.monotonic()) > 0:
            time.sleep(min(_PROBE_EVERY_S, left))
            cursor.execute("INSERT INTO probe VALUES (1) RETURNING xmin::text")
            (number,) = _row(cursor)
            connection.commit()
            answered = time.time()
            cursor.execute(
                "SELECT extract(epoch FROM pg_xact_commit_timestamp(%s::xid))", (number,)
            )
            (stamped,) = _row(cursor)
            connection.commit()
            delays.append(answered - float(stamped))
    connection.close()
    return delays


def _wait_for(bench: Bench, made: float) -> None:
    """Wait until the table has records of every partition that were made after the moment."""
    ends = time.monotonic() + _PATIENCE_S
    while _one(bench, _BEHIND, ())[0] < made * 1000:
        if time.monotonic() > ends:
            raise RuntimeError(f"the table is more than {_PATIENCE_S:.0f} s behind")
        time.sleep(1)


# Records go to the partitions in turns, and are numbered.
_BEHIND = (
    f"SELECT coalesce(min(newest), 0) * (count(*) = {PARTITIONS})::integer FROM ("  # noqa: S608 (constants)
    f"SELECT max(gpsutctime) AS newest FROM {TABLE} "
    f"GROUP BY mod(right(data_id, 2)::integer, {PARTITIONS})) AS partitions"
)


def _latencies(bench: Bench, since: float, until: float) -> dict[str, Any]:
    found = _one(bench, _LATE, (since * 1000, until * 1000))
    names = ("p50_s", "p95_s", "p99_s", "mean_s", "max_s")
    seconds = {name: round(value, 3) for name, value in zip(names, found[:-1], strict=True)}
    return {**seconds, "rows": found[-1]}


_LATE = (
    "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY late), "  # noqa: S608 (a constant)
    "percentile_cont(0.95) WITHIN GROUP (ORDER BY late), "
    "percentile_cont(0.99) WITHIN GROUP (ORDER BY late), avg(late), max(late), count(*) FROM ("
    "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin))::double precision "
    f"- gpsutctime / 1000 AS late FROM {TABLE} "
    "WHERE gpsutctime >= %s AND gpsutctime < %s) AS measured"
)


def _ranges(bench: Bench, since: float, until: float) -> list[Range]:
    """Return the transactions of the table's sink that began within the time."""
    connection = psycopg2.connect(bench.dsn)
    with connection, connection.cursor() as cursor:
        # What `committed_at` says by default is the transaction's begin.
        cursor.execute(
            "SELECT extract(epoch FROM committed_at)::double precision, "
            "extract(epoch FROM pg_xact_commit_timestamp(xmin))::double precision, read "
            "FROM yeoul.books WHERE topic = %s AND committed_at BETWEEN to_timestamp(%s) "
            "AND to_timestamp(%s)",
            (bench.topic, since, until),
        )
        found = [Range(*row) for row in cursor.fetchall()]
    connection.close()
    return found


def _mean(bench: Bench, since: float, until: float) -> float:
    """Return the mean latency of the rows of these very transactions, in seconds."""
    return float(_one(bench, _MEAN, (bench.topic, since, until))[0] or 0)


# Rows and book of a transaction have one time, also where rows were written under a savepoint.
_MEAN = (
    "SELECT avg(extract(epoch FROM stamp)::double precision - gpsutctime / 1000) FROM ("  # noqa: S608 (constants)
    f"SELECT pg_xact_commit_timestamp(xmin) AS stamp, gpsutctime FROM {TABLE}) AS visible "
    "WHERE stamp IN (SELECT pg_xact_commit_timestamp(xmin) FROM yeoul.books WHERE topic = %s "
    "AND committed_at BETWEEN to_timestamp(%s) AND to_timestamp(%s))"
)


def _run_empty(bench: Bench, plan: Plan) -> None:
    """Run a query that reads the same topic and writes nothing: Spark's own part."""
    source, record = bench.pipeline.spec.source.kafka, bench.pipeline.spec.record
    admin = TopicAdmin(bench.spark, source, {})
    ends = admin.describe().end
    admin.close()
    starts = tuple(Start(partition, end) for partition, end in ends.items())
    query = (
        read_stream(bench.spark, source, {}, starts, record)
        .writeStream.format("noop")
        .queryName(_EMPTY)
        .option("checkpointLocation", local_checkpoint(bench.scratch, _EMPTY))
        .start()
    )
    # A quarter of the time is for it to get warm.
    query.awaitTermination(int(plan.floor * 1.25))
    query.stop()


def batches_of(triggers: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> Iterator[Batch]:
    """Yield the triggers that had records, of the queries in `names`, under the names there."""
    for trigger in triggers:
        if trigger["name"] in names and trigger["numInputRows"]:
            phases, whole = split(trigger["durationMs"])
            began = datetime.fromisoformat(trigger["timestamp"]).timestamp()
            yield Batch(names[trigger["name"]], began, whole, phases)


def medians(batches: Sequence[Batch]) -> dict[str, float]:
    """Return how many there were, and the median of the whole and of each phase, in seconds."""
    return {
        "count": len(batches),
        "whole_s": _median(batch.whole for batch in batches),
        **{
            f"{phase}_s": _median(batch.phases[phase] for batch in batches)
            for phase in dict.fromkeys(name for batch in batches for name in batch.phases)
        },
    }


def goes_to(mean: float, ranges: Sequence[Range], batches: Sequence[Batch]) -> dict[str, float]:
    """Return the parts of the mean latency, in seconds.

    A record waits until its batch begins; the driver plans it, and tasks start, until its
    transaction begins; the transaction reads, decodes, writes and commits.
    """
    placed = [(one, batch) for one in ranges for batch in batches
              if batch.began <= one.began < batch.began + batch.whole]  # fmt: skip
    records = sum(one.records for one, _ in placed)
    driver = sum((one.began - batch.began) * one.records for one, batch in placed) / records
    transaction = sum((one.committed - one.began) * one.records for one, _ in placed) / records
    return {
        "waiting_for_its_batch_s": round(mean - driver - transaction, 3),
        "driver_and_start_of_tasks_s": round(driver, 3),
        "transaction_s": round(transaction, 3),
    }


def _median(values: Iterable[float]) -> float:
    known = list(values)
    return round(statistics.median(known), 3) if known else 0.0


def _one(bench: Bench, statement: str, values: tuple[object, ...]) -> tuple[Any, ...]:
    connection = psycopg2.connect(bench.dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = _row(cursor)
    connection.close()
    return found


def _row(cursor: Any) -> tuple[Any, ...]:
    found: tuple[Any, ...] | None = cursor.fetchone()
    assert found is not None
    return found
