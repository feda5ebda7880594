"""Rows and dead letters into PostgreSQL by binary COPY, and finding those that it refuses."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import pgpq
import psycopg2
import pyarrow as pa
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from yeoul_stream.identity import SinkIdentity
from yeoul_stream.judge import DEAD_SCHEMA
from yeoul_stream.start import TopicState

_CHUNK_BYTES = 1 << 20
# SQLSTATE classes by which the database refuses a row, not the statement: data exception,
# integrity constraint violation, and an exception raised by a trigger or a function.
_ROW_REFUSED = ("22", "23", "P0")


def attempt(cursor: Cursor, work: Callable[[], None]) -> str | None:
    """Do the work under a savepoint; return why the database refused a row, or None.

    Raises:
        psycopg2.Error: it failed for another reason than its rows.
    """
    cursor.execute("SAVEPOINT rows")
    try:
        work()
    except psycopg2.Error as error:
        if (error.pgcode or "")[:2] not in _ROW_REFUSED:
            raise
        cursor.execute("ROLLBACK TO SAVEPOINT rows")
        return f"{error.diag.message_primary} (SQLSTATE {error.pgcode})"
    cursor.execute("RELEASE SAVEPOINT rows")
    return None


def copy_in_halves(
    cursor: Cursor, table: sql.Composable, rows: pa.RecordBatch
) -> list[tuple[int, str]]:
    """COPY the rows; return (index, reason) of those that the database refuses.

    The whole batch is tried first. When it is refused, halves are, down to single rows: a bad row
    among n costs about 2n rows of COPY and log2(n) round trips.
    """
    refused: list[tuple[int, str]] = []
    pending = [(0, rows.num_rows)] if rows.num_rows else []
    while pending:
        first, stop = pending.pop()
        reason = try_copy(cursor, table, rows.slice(first, stop - first))
        if reason is None:
            continue
        if stop - first == 1:
            refused.append((first, reason))
        else:
            middle = (first + stop) // 2
            pending += [(middle, stop), (first, middle)]
    return sorted(refused)


def try_copy(cursor: Cursor, table: sql.Composable, rows: pa.RecordBatch) -> str | None:
    """COPY the rows under a savepoint; return why the database refused, or None."""
    return attempt(cursor, lambda: copy(cursor, table, rows))


def copy(cursor: Cursor, table: sql.Composable, rows: pa.RecordBatch) -> None:
    """COPY the rows into the columns that they name."""
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in rows.schema.names)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(table, columns)
    cursor.copy_expert(statement, io.BytesIO(encode(rows)), _CHUNK_BYTES)


def encode(rows: pa.RecordBatch) -> bytes:
    """Return the rows in PostgreSQL's binary COPY format."""
    encoder = pgpq.ArrowToPostgresBinaryEncoder(rows.schema)
    return b"".join((encoder.write_header(), encoder.write_batch(rows), encoder.finish()))


def as_wire(rows: pa.RecordBatch, wire: pa.Schema) -> pa.RecordBatch:
    """Return the rows in the types that COPY has to get."""
    return pa.RecordBatch.from_arrays(
        [column.cast(field.type) for column, field in zip(rows.columns, wire, strict=True)],
        schema=wire,
    )


@dataclass(frozen=True)
class Origin:
    """Where the records of a task come from, and who writes them."""

    who: SinkIdentity
    topic: TopicState
    partition: int
    epoch: int


_DEAD_COLUMNS = (
    "installation", "pipeline", "sink", "topic_id", "topic", "partition", "epoch",
    "offset", "key", "payload", "kafka_time", "reason", "detail",
)  # fmt: skip


def write_dead_letters(cursor: Cursor, origin: Origin, dead: pa.RecordBatch) -> None:
    """Store dead letters (DEAD_SCHEMA)."""
    if not dead.num_rows:
        return
    constants: list[tuple[object, pa.DataType]] = [
        *((part, pa.string()) for part in origin.who.key),
        (origin.topic.topic_id, pa.string()),
        (origin.topic.name, pa.string()),
        (origin.partition, pa.int32()),
        (origin.epoch, pa.int64()),
    ]
    columns = [pa.array([value] * dead.num_rows, type_) for value, type_ in constants]
    letters = pa.RecordBatch.from_arrays(
        [*columns, *dead.select(DEAD_SCHEMA.names).columns], names=list(_DEAD_COLUMNS)
    )
    copy(cursor, sql.Identifier("yeoul", "dead_letters"), letters)
