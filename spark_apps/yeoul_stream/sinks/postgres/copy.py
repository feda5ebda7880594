"""One topic partition's range into PostgreSQL, in one transaction. Runs in Python workers.

Lock the position, drop what is committed already, write the rows, write dead letters and the book,
advance the ledger, commit. Whatever happens before the commit leaves nothing; whatever is repeated
after it adds nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from yeoul_stream.errors import PositionError
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.judge import Judge, Judged
from yeoul_stream.secrets import read_postgres_secret, secrets_directory
from yeoul_stream.sinks.postgres import ledger
from yeoul_stream.sinks.postgres.connection import connect
from yeoul_stream.sinks.postgres.names import TableName
from yeoul_stream.sinks.postgres.partitions import Placed, Plan, amounts, ensure, place
from yeoul_stream.sinks.postgres.rows import Origin, as_wire, copy_in_halves, write_dead_letters
from yeoul_stream.sinks.postgres.target import LOCK_TIMEOUT
from yeoul_stream.sinks.postgres.upsert import Incoming, Merged, Order
from yeoul_stream.start import BatchExtent
from yeoul_stream.tally import Tally, from_position

RESULT_SCHEMA = "partition int, rows bigint"


@dataclass(frozen=True)
class CopyPlan:
    """Everything a task needs to commit its range. `order` is there where rows are upserted."""

    who: SinkIdentity
    epoch: int
    secret_ref: str
    table: TableName
    wire: pa.Schema
    judge: Judge
    extent: BatchExtent
    order: Order | None = None
    partitions: Plan | None = None


Commit = Callable[[Connection, CopyPlan, int, Iterator[pa.RecordBatch]], int]
"""Commits the batches of a partition's range; returns the number of records read."""


class CommitRange:
    """A mapInArrow stage: commits the records of one topic partition, yields (partition, rows).

    The yielded row only says that the task had records; counts come from the books.
    """

    def __init__(self, plan: CopyPlan, commit: Commit | None = None, word: str = "") -> None:
        """`commit`: by default `commit_range`. `word`: goes before the connection's name."""
        self._plan, self._word = plan, f"{word} ".lstrip()
        self._commit = commit or commit_range

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches. An empty range has none and is committed by the driver."""
        plan = self._plan
        first = next((batch for batch in batches if batch.num_rows), None)
        if first is None:
            return
        partition = plan.judge.partition(first)
        secret = read_postgres_secret(plan.secret_ref, secrets_directory())
        with connect(secret, f"yeoul {self._word}{plan.who.query}") as connection:
            rows = self._commit(connection, plan, partition, chain(first, batches))
        yield pa.RecordBatch.from_pydict(
            {"partition": pa.array([partition], pa.int32()), "rows": pa.array([rows], pa.int64())}
        )


def chain(first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the first batch and the others that are not empty."""
    yield first
    yield from (batch for batch in rest if batch.num_rows)


def commit_range(
    connection: Connection, plan: CopyPlan, partition: int, batches: Iterator[pa.RecordBatch]
) -> int:
    """Commit the partition's range of `plan.extent` and return the number of records read.

    Raises:
        FencedError: the plan's epoch is no longer the one that may write.
        PositionError: the range begins after the committed position.
    """
    extent = plan.extent.partitions[partition]
    topic = plan.extent.topic
    with connection, connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        horizon = ledger.hold_epoch(cursor, plan.who, plan.epoch)
        position = ledger.lock_position(
            cursor, plan.who, plan.epoch, topic, partition, extent.start
        )
        if position >= extent.end:
            return 0
        if position < extent.start:
            raise PositionError(
                f"partition {partition}: the batch begins at {extent.start}, "
                f"the sink stands at {position}"
            )
        fresh = (from_position(batch, plan.judge, position) for batch in batches)
        tally = write_records(cursor, plan, partition, fresh, horizon)
        book = tally.book(topic, partition, extent.continued(position))
        ledger.advance(cursor, plan.who, replace(book, epoch=plan.epoch))
    return tally.read


def write_records(
    cursor: Cursor,
    plan: CopyPlan,
    partition: int,
    batches: Iterator[pa.RecordBatch],
    horizon: datetime | None = None,
) -> Tally:
    """Write rows and dead letters of the records, in the caller's transaction.

    Rows before `horizon` are counted, and not stored.
    """
    writer = _writer(plan, partition, horizon)
    for batch in batches:
        if batch.num_rows:
            writer.write(cursor, plan.judge(batch))
    return writer.finish(cursor)


def store_rows(
    cursor: Cursor, plan: CopyPlan, partition: int, judged: Judged, horizon: datetime | None
) -> list[tuple[int, str]]:
    """Write a batch's rows and no dead letters; return (index, reason) of what was refused."""
    writer = _writer(plan, partition, horizon)
    refused = writer.store(cursor, judged)
    letters = writer.settle(cursor).letters
    kept = judged.raw.offsets.take(pa.array(judged.kept)).to_pylist()
    reasons = zip(letters.column("offset").to_pylist(), letters.column("detail").to_pylist(),
                  strict=True)  # fmt: skip
    return sorted([*refused, *((kept.index(offset), reason) for offset, reason in reasons)])


def _writer(plan: CopyPlan, partition: int, horizon: datetime | None) -> "_Appending":
    origin = Origin(plan.who, plan.extent.topic, partition, plan.epoch)
    placing = _Placing(plan, horizon) if plan.partitions else None
    kind = _Upserting if plan.order else _Appending
    return kind(plan, origin, placing)


class _Placing:
    """Finds the partition by time of each row, and makes those that are missing."""

    def __init__(self, plan: CopyPlan, horizon: datetime | None) -> None:
        assert plan.partitions is not None  # noqa: S101 (callers choose by it)
        self.plan = plan.partitions
        self._table, self._secret_ref, self._query = plan.table, plan.secret_ref, plan.who.query
        self._horizon, self._there = horizon, set[datetime]()

    def place(self, rows: pa.RecordBatch) -> Placed:
        """Return which rows are to be stored; when it returns, their partitions are there."""
        placed = place(rows, self.plan, datetime.now(UTC), self._horizon)
        if missing := set(placed.starts) - self._there:
            secret = read_postgres_secret(self._secret_ref, secrets_directory())
            with connect(secret, f"yeoul {self._query}") as connection:
                ensure(connection, self._table, self.plan, missing)
            self._there |= missing
        return placed


class _Appending:
    """Each kept record adds one row."""

    def __init__(self, plan: CopyPlan, origin: Origin, placing: _Placing | None) -> None:
        self._plan, self._origin, self._placing = plan, origin, placing
        self._tally = Tally()

    def write(self, cursor: Cursor, judged: Judged) -> None:
        """Write what a batch gives."""
        refused = self.store(cursor, judged)
        rows, dead = judged.rows, judged.dead
        if refused:
            at = np.array([index for index, _ in refused], dtype=np.int64)
            details = pa.array([detail for _, detail in refused], pa.string())
            letters = judged.raw.dead(judged.kept[at], "target", details)
            dead = pa.concat_batches([dead, letters])
            rows = rows.take(pa.array(np.setdiff1d(np.arange(rows.num_rows), at)))
        write_dead_letters(cursor, self._origin, dead)
        self._tally = self._tally.plus(judged, rows, dead)
        if self._placing:
            self._tally = self._tally.with_buckets(amounts(rows, self._placing.plan))

    def store(self, cursor: Cursor, judged: Judged) -> list[tuple[int, str]]:
        """Write the rows that are not too old; return (index, reason) of those that cannot be."""
        if self._placing is None:
            return self._rows(cursor, judged)
        placed = self._placing.place(judged.rows)
        rows = judged.rows.take(pa.array(placed.fit))
        found = self._rows(cursor, replace(judged, rows=rows, kept=judged.kept[placed.fit]))
        return sorted([*placed.refused, *((int(placed.fit[at]), why) for at, why in found)])

    def _rows(self, cursor: Cursor, judged: Judged) -> list[tuple[int, str]]:
        """Write the rows; return (index, reason) of those that the database refuses."""
        wire = as_wire(judged.rows, self._plan.wire)
        return copy_in_halves(cursor, self._plan.table.identifier, wire)

    def settle(self, cursor: Cursor) -> Merged:  # noqa: ARG002
        """Write what was gathered."""
        return Merged()

    def finish(self, cursor: Cursor) -> Tally:
        """Return what was written."""
        self.settle(cursor)
        return self._tally


class _Upserting(_Appending):
    """The newest record of each key becomes its row, all at once at the end."""

    def __init__(self, plan: CopyPlan, origin: Origin, placing: _Placing | None) -> None:
        super().__init__(plan, origin, placing)
        assert plan.order is not None  # noqa: S101 (callers choose by it)
        self._incoming = Incoming(plan.table, plan.wire, plan.order)

    def _rows(self, cursor: Cursor, judged: Judged) -> list[tuple[int, str]]:
        return self._incoming.add(cursor, judged)

    def settle(self, cursor: Cursor) -> Merged:
        """Merge into the table."""
        return self._incoming.merge(cursor)

    def finish(self, cursor: Cursor) -> Tally:
        """Merge into the table; return what was written."""
        merged = self.settle(cursor)
        write_dead_letters(cursor, self._origin, merged.letters)
        tally = self._tally.without(merged.hashes, "target")
        return replace(tally, superseded=tally.written - merged.rows)
