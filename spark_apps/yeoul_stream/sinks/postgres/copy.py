"""One topic partition's range into PostgreSQL, in one transaction. Runs in Python workers.

Lock the position, drop what is committed already, COPY the rows, write dead letters and the book,
advance the ledger, commit. Whatever happens before the commit leaves nothing; whatever is repeated
after it adds nothing.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pgpq
import psycopg2
import pyarrow as pa
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from yeoul_stream.errors import PositionError
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.judge import DEAD_SCHEMA, Judge
from yeoul_stream.secrets import read_postgres_secret, secrets_directory
from yeoul_stream.sinks.postgres import ledger
from yeoul_stream.sinks.postgres.connection import connect
from yeoul_stream.sinks.postgres.target import TableName
from yeoul_stream.start import BatchExtent
from yeoul_stream.tally import Tally, from_position

_CHUNK_BYTES = 1 << 20
# SQLSTATE classes by which the database refuses a row, not the statement: data exception,
# integrity constraint violation, and an exception raised by a trigger or a function.
_ROW_REFUSED = ("22", "23", "P0")
RESULT_SCHEMA = "partition int, rows bigint"


@dataclass(frozen=True)
class CopyPlan:
    """Everything a task needs to commit its range."""

    who: SinkIdentity
    epoch: int
    secret_ref: str
    table: TableName
    wire: pa.Schema
    judge: Judge
    extent: BatchExtent


class CommitRange:
    """A mapInArrow stage: commits the records of one topic partition, yields (partition, rows).

    The yielded row only says that the task had records; counts come from the books.
    """

    def __init__(self, plan: CopyPlan) -> None:
        self._plan = plan

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches. An empty range has none and is committed by the driver."""
        plan = self._plan
        first = next((batch for batch in batches if batch.num_rows), None)
        if first is None:
            return
        partition = plan.judge.partition(first)
        secret = read_postgres_secret(plan.secret_ref, secrets_directory())
        with connect(secret, f"yeoul {plan.who.query}") as connection:
            rows = commit_range(connection, plan, partition, _chain(first, batches))
        yield pa.RecordBatch.from_pydict(
            {"partition": pa.array([partition], pa.int32()), "rows": pa.array([rows], pa.int64())}
        )


def _chain(first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
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
        ledger.hold_epoch(cursor, plan.who, plan.epoch)
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
        tally = Tally()
        for batch in batches:
            fresh = from_position(batch, plan.judge, position)
            if fresh.num_rows:
                tally = _copy_batch(cursor, plan, partition, fresh, tally)
        book = tally.book(topic, partition, extent.continued(position))
        ledger.advance(cursor, plan.who, replace(book, epoch=plan.epoch))
    return tally.read


def _copy_batch(
    cursor: Cursor, plan: CopyPlan, partition: int, batch: pa.RecordBatch, tally: Tally
) -> Tally:
    judged = plan.judge(batch)
    refused = _copy_rows(cursor, plan, judged.rows)
    rows, dead = judged.rows, judged.dead
    if refused:
        at = np.array([index for index, _ in refused], dtype=np.int64)
        details = pa.array([detail for _, detail in refused], pa.string())
        letters = judged.raw.dead(judged.kept[at], "target", details)
        dead = pa.concat_batches([dead, letters])
        rows = rows.take(pa.array(np.setdiff1d(np.arange(rows.num_rows), at)))
    _write_dead_letters(cursor, plan, partition, dead)
    return tally.plus(judged, rows, dead)


def _copy_rows(cursor: Cursor, plan: CopyPlan, rows: pa.RecordBatch) -> list[tuple[int, str]]:
    """COPY the rows; return (index, reason) of those that the database refuses.

    The whole batch is tried first. When it is refused, halves are, down to single rows: a bad row
    among n costs about 2n rows of COPY and log2(n) round trips.
    """
    refused: list[tuple[int, str]] = []
    wire = pa.RecordBatch.from_arrays(
        [column.cast(field.type) for column, field in zip(rows.columns, plan.wire, strict=True)],
        schema=plan.wire,
    )
    pending = [(0, rows.num_rows)] if rows.num_rows else []
    while pending:
        first, stop = pending.pop()
        reason = _try_copy(cursor, plan.table, wire.slice(first, stop - first))
        if reason is None:
            continue
        if stop - first == 1:
            refused.append((first, reason))
        else:
            middle = (first + stop) // 2
            pending += [(middle, stop), (first, middle)]
    return sorted(refused)


def _try_copy(cursor: Cursor, table: TableName, rows: pa.RecordBatch) -> str | None:
    """COPY the rows under a savepoint; return why the database refused, or None."""
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in rows.schema.names)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(table.identifier, columns)
    cursor.execute("SAVEPOINT rows")
    try:
        cursor.copy_expert(statement, io.BytesIO(encode(rows)), _CHUNK_BYTES)
    except psycopg2.Error as error:
        if (error.pgcode or "")[:2] not in _ROW_REFUSED:
            raise
        cursor.execute("ROLLBACK TO SAVEPOINT rows")
        return f"{error.diag.message_primary} (SQLSTATE {error.pgcode})"
    cursor.execute("RELEASE SAVEPOINT rows")
    return None


def encode(rows: pa.RecordBatch) -> bytes:
    """Return the rows in PostgreSQL's binary COPY format."""
    encoder = pgpq.ArrowToPostgresBinaryEncoder(rows.schema)
    return b"".join((encoder.write_header(), encoder.write_batch(rows), encoder.finish()))


_DEAD_COLUMNS = (
    'installation, pipeline, sink, topic_id, topic, "partition", epoch, '
    '"offset", key, payload, kafka_time, reason, detail'
)


def _write_dead_letters(
    cursor: Cursor, plan: CopyPlan, partition: int, dead: pa.RecordBatch
) -> None:
    if not dead.num_rows:
        return
    topic = plan.extent.topic
    constants: list[tuple[object, pa.DataType]] = [
        *((part, pa.string()) for part in plan.who.key),
        (topic.topic_id, pa.string()),
        (topic.name, pa.string()),
        (partition, pa.int32()),
        (plan.epoch, pa.int64()),
    ]
    columns = [pa.array([value] * dead.num_rows, type_) for value, type_ in constants]
    rows = pa.RecordBatch.from_arrays(
        [*columns, *dead.columns],
        names=[*(f"c{i}" for i in range(len(columns))), *DEAD_SCHEMA.names],
    )
    cursor.copy_expert(
        f"COPY yeoul.dead_letters ({_DEAD_COLUMNS}) FROM STDIN (FORMAT binary)",
        io.BytesIO(encode(rows)),
        _CHUNK_BYTES,
    )
