"""The PostgreSQL side: ledger, books, dead letters and rows in one snapshot."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import numpy as np
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from yeoul_stream.identity import SinkIdentity
from yeoul_stream.records.digest import Hashes
from yeoul_stream.secrets import PostgresSecret
from yeoul_stream.sinks.postgres import ledger
from yeoul_stream.sinks.postgres.connection import connect
from yeoul_stream.sinks.postgres.names import TableName
from yeoul_stream.sinks.postgres.target import OutputColumn
from yeoul_stream.verify import buckets
from yeoul_stream.verify.buckets import Suspects
from yeoul_stream.verify.facts import Account, Amount, Key, total
from yeoul_stream.verify.keeping import on_disk
from yeoul_stream.verify.stage import Integers
from yeoul_stream.verify.table_rows import (
    AMOUNT_DDL,
    ROW_DDL,
    AmountStage,
    KeyStage,
    RowStage,
    keyed_ddl,
)
from yeoul_stream.verify.table_scan import Chunk, Scan

_CHUNK_BLOCKS = 2048  # 16 MiB of heap with the usual 8 KiB blocks
_TASKS_PER_CORE = 4
_MOST_BLOCKS = 1 << 20  # of tables whose hashes are kept on the local disk: 8 GiB of heap
_WHO = "installation = %s AND pipeline = %s AND sink = %s"

BookKey = tuple[str, int, int, int]  # topic id, partition, start, end


@dataclass(frozen=True)
class Letters:
    """Dead letters of one reason within one book: how many, and the sum of their offsets."""

    count: int = 0
    offsets: int = 0


@dataclass(frozen=True)
class Heap:
    """A source of rows for a FROM clause; `blocks` is None where it has no addressable blocks."""

    source: str
    blocks: int | None

    def chunks(self) -> list[Chunk]:
        """Return the pieces to read."""
        if self.blocks is None:
            return [Chunk(self.source, None, None)]
        firsts = range(0, max(self.blocks, 1), _CHUNK_BLOCKS)
        return [Chunk(self.source, first, first + _CHUNK_BLOCKS) for first in firsts]


@dataclass(frozen=True)
class Snapshot:
    """A REPEATABLE READ transaction; workers join it by `name` while it is open."""

    connection: Connection
    name: str
    who: SinkIdentity

    def account(self) -> Account:
        """Return ledger and books; empty where the bookkeeping tables do not exist."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('yeoul.dead_letters')")
            if cursor.fetchone() == (None,):
                return Account({}, ())
            cursor.execute(_POSITIONS, self.who.key)
            positions = {(topic_id, part): offset for topic_id, part, offset in cursor.fetchall()}
            books = ledger.read_books(cursor, self.who)
            return Account(positions, books, self._horizon(cursor))

    def _horizon(self, cursor: Cursor) -> datetime | None:
        # By way of JSON: the column may not be there yet.
        cursor.execute(_HORIZON, self.who.key)
        row = cursor.fetchone()
        return datetime.fromisoformat(row[0]) if row and row[0] else None

    def letters(self) -> dict[BookKey, dict[str, Letters]]:
        """Return the dead letters of each book by reason."""
        with self.connection.cursor() as cursor:
            cursor.execute(_LETTERS_OF_BOOKS, self.who.key)
            result: dict[BookKey, dict[str, Letters]] = {}
            for topic_id, partition, start, end, reason, count, offsets in cursor.fetchall():
                book = result.setdefault((topic_id, partition, start, end), {})
                book[reason] = Letters(int(count), int(offsets))
            return result

    def count_letters(self) -> int:
        """Return the number of all dead letters of the sink."""
        with self.connection.cursor() as cursor:
            cursor.execute(_COUNT_LETTERS, self.who.key)
            row = cursor.fetchone()
            return int(row[0]) if row else 0

    def stray_letters(self, limit: int) -> list[tuple[str, int, int]]:
        """Return (topic id, partition, offset) of dead letters that lie in no book."""
        with self.connection.cursor() as cursor:
            cursor.execute(_STRAY_LETTERS, (*self.who.key, limit))
            return [(str(topic_id), int(p), int(o)) for topic_id, p, o in cursor.fetchall()]

    def letters_within(self, key: Key, start: int, end: int) -> dict[int, str]:
        """Return offset -> reason of the dead letters in [start, end) of a partition."""
        with self.connection.cursor() as cursor:
            cursor.execute(_LETTERS_WITHIN, (*self.who.key, *key, start, end))
            return {int(offset): str(reason) for offset, reason in cursor.fetchall()}

    def refused(self, topic_id: str) -> dict[int, Integers]:
        """Return partition -> offsets, ascending, of the records that the database refused."""
        with self.connection.cursor() as cursor:
            cursor.execute(_REFUSED, (*self.who.key, topic_id))
            return {int(p): np.array(offsets, np.int64) for p, offsets in cursor.fetchall()}

    def heaps(self, table: TableName) -> list[Heap]:
        """Return the heaps of the table and of all that inherit from it; none without a table.

        The table is locked against being dropped or rewritten until the snapshot ends.
        """
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s)", (_quoted(self.connection, table),))
            if cursor.fetchone() == (None,):
                return []
            name = _quoted(self.connection, table)
            cursor.execute(f"LOCK TABLE {name} IN ACCESS SHARE MODE")
            cursor.execute(_HEAPS, (name,))
            return [Heap(str(source), blocks) for source, blocks in cursor.fetchall()]

    def columns(self, table: TableName) -> set[str]:
        """Return the names of the table's columns."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) "
                "AND attnum > 0 AND NOT attisdropped",
                (_quoted(self.connection, table),),
            )
            return {str(row[0]) for row in cursor.fetchall()}


@contextmanager
def open_snapshot(secret: PostgresSecret, who: SinkIdentity) -> Iterator[Snapshot]:
    """Open a snapshot of the sink's database and keep it until the end.

    Raises:
        psycopg2.OperationalError: the server cannot be reached or refuses the role.
    """
    with connect(secret, f"yeoul verify {who.query}") as connection:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with connection.cursor() as cursor:
            # The snapshot idles while Spark reads; a server's impatience must not end it.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot()")
            row = cursor.fetchone()
        yield Snapshot(connection, str(row[0]) if row else "", who)


@dataclass(frozen=True)
class TableSeen:
    """What was seen of the table: number and digest of its rows, and their sums by bucket.

    Rows that cannot be ours count only. `kept` holds the hashes (AMOUNT_DDL), where they were kept.
    """

    amount: Amount
    sums: Hashes
    kept: DataFrame | None


@dataclass(frozen=True)
class TableReader:
    """Reads the table's rows in the snapshot, in parallel by ranges of blocks."""

    spark: SparkSession
    secret_ref: str
    snapshot: str
    columns: Sequence[OutputColumn]
    heaps: Sequence[Heap]
    lineage: tuple[int, int] | None

    @contextmanager
    def seen(self, keep: bool = False) -> Iterator[TableSeen]:
        """Read all rows; with `keep`, their hashes are there within the block, if not too many."""
        keep = keep and all(heap.blocks is not None for heap in self.heaps)
        keep = keep and sum(heap.blocks or 0 for heap in self.heaps) <= _MOST_BLOCKS
        with on_disk(self._run(AmountStage(self.scan(), keep), AMOUNT_DDL), keep) as frame:
            rows = frame.drop("hashes").collect()
            amount = total(Amount(int(row["rows"]), int(row["digest"])) for row in rows)
            sums = buckets.total(row["buckets"] for row in rows)
            yield TableSeen(amount, sums, frame if keep else None)

    def hashes(
        self, only: Suspects | None = None, chunks: Collection[int] | None = None
    ) -> DataFrame:
        """Return (hash, place, partition, offset) of every row, or of suspects in some chunks.

        A row that cannot be ours has no hash; partition and offset are null without lineage.
        """
        return self._run(RowStage(self.scan(), self.lineage, only), ROW_DDL, chunks)

    def keyed(self, key: Sequence[str], by: str | None) -> DataFrame:
        """Return (key, by, partition, offset, hash, place) of every row; the key as its hash."""
        names = [column.name for column in self.columns]
        assert self.lineage is not None  # noqa: S101 (an upsert has it)
        at = tuple(names.index(name) for name in key)
        index = None if by is None else names.index(by)
        type_ = None if index is None else self.columns[index].type
        stage = KeyStage(self.scan(), self.lineage, at, index)
        return self._run(stage, keyed_ddl(type_, ", place string"))

    def scan(self) -> Scan:
        """Return what is read, and where from."""
        columns = tuple((column.name, column.type) for column in self.columns)
        chunks = tuple(chunk for heap in self.heaps for chunk in heap.chunks())
        return Scan(self.secret_ref, self.snapshot, columns, chunks)

    def _run(
        self,
        stage: AmountStage | RowStage | KeyStage,
        ddl: str,
        chunks: Collection[int] | None = None,
    ) -> DataFrame:
        """Run the stage over the numbers of the chunks, by default of all."""
        count = len(stage.scan.chunks)
        slices = min(count, _TASKS_PER_CORE * self.spark.sparkContext.defaultParallelism)
        numbers = self.spark.range(0, count, 1, slices)
        if chunks is not None:
            numbers = numbers.where(F.col("id").isin(sorted(chunks)))
        return numbers.mapInArrow(cast("Any", stage), ddl)


def _quoted(connection: Connection, table: TableName) -> str:
    return table.identifier.as_string(connection)


_POSITIONS = f'SELECT topic_id, "partition", next_offset FROM yeoul.ledger WHERE {_WHO}'  # noqa: S608
_REFUSED = f"""
SELECT "partition", array_agg("offset" ORDER BY "offset") FROM yeoul.dead_letters
WHERE {_WHO} AND topic_id = %s AND reason = 'target' GROUP BY "partition"
"""  # noqa: S608
_LETTERS_WITHIN = f"""
SELECT "offset", reason FROM yeoul.dead_letters
WHERE {_WHO} AND topic_id = %s AND "partition" = %s AND "offset" >= %s AND "offset" < %s
"""  # noqa: S608
# LATERAL: one range of the primary key's index for each book, however many letters there are.
_LETTERS_OF_BOOKS = """
SELECT b.topic_id, b."partition", b.start_offset, b.end_offset, d.reason, d.letters, d.offsets
FROM yeoul.books b CROSS JOIN LATERAL (
    SELECT reason, count(*) AS letters, sum("offset") AS offsets FROM yeoul.dead_letters d
    WHERE (d.installation, d.pipeline, d.sink, d.topic_id, d."partition")
        = (b.installation, b.pipeline, b.sink, b.topic_id, b."partition")
        AND d."offset" >= b.start_offset AND d."offset" < b.end_offset
    GROUP BY reason) AS d
WHERE b.installation = %s AND b.pipeline = %s AND b.sink = %s
"""
_HORIZON = f"SELECT to_jsonb(sinks) ->> 'horizon' FROM yeoul.sinks WHERE {_WHO}"  # noqa: S608
_COUNT_LETTERS = f"SELECT count(*) FROM yeoul.dead_letters WHERE {_WHO}"  # noqa: S608
_STRAY_LETTERS = f"""
SELECT d.topic_id, d."partition", d."offset" FROM yeoul.dead_letters d
WHERE {_WHO} AND NOT EXISTS (
    SELECT FROM yeoul.books b
    WHERE (d.installation, d.pipeline, d.sink, d.topic_id, d."partition")
        = (b.installation, b.pipeline, b.sink, b.topic_id, b."partition")
        AND d."offset" >= b.start_offset AND d."offset" < b.end_offset)
ORDER BY 1, 2, 3 LIMIT %s
"""  # noqa: S608
_HEAPS = """
WITH RECURSIVE tree AS (
    SELECT %s::regclass::oid AS oid
    UNION SELECT inhrelid FROM pg_inherits JOIN tree ON inhparent = tree.oid
)
SELECT 'ONLY ' || c.oid::regclass,
    CASE WHEN c.relkind = 'r'
        THEN pg_relation_size(c.oid) / current_setting('block_size')::int + 1 END
FROM tree JOIN pg_class c USING (oid) WHERE c.relkind <> 'p'
"""
