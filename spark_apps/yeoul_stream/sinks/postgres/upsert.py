"""The newest row of each key into a table. Runs in Python workers, inside the range's transaction.

A range's rows are gathered in a temporary table, the older ones of a key left out where that is
cheap, and merged into the target by one INSERT ... ON CONFLICT. Keys are merged in their order, so
tasks that meet in a key wait for each other in one direction only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from yeoul_stream.judge import DEAD_SCHEMA, NO_DEAD, Judged
from yeoul_stream.records.digest import row_hashes
from yeoul_stream.sinks.postgres.names import TableName
from yeoul_stream.sinks.postgres.rows import as_wire, attempt, copy_in_halves, try_copy

Indices = npt.NDArray[np.int64]

PARTITION, OFFSET = "_topic_partition", "_offset"
# What a refused row's dead letter needs, beside the row.
_RECORD = ("_yeoul_hash", "_yeoul_key", "_yeoul_payload", "_yeoul_time")
_INCOMING = sql.Identifier("pg_temp", "yeoul_incoming")
_ALL = sql.SQL("")
_RANKED = sql.Identifier("pg_temp", "yeoul_ranked")


@dataclass(frozen=True)
class Order:
    """What tells rows apart, and which of two is the newer one: `by`, then partition and offset.

    `picky`: the table may refuse a row, and then an older one of its key has to be at hand.
    """

    key: tuple[str, ...]
    by: str | None = None
    picky: bool = False


@dataclass(frozen=True)
class Merged:
    """How many rows of the target were set; the records that it refused, and their rows' hashes."""

    rows: int = 0
    letters: pa.RecordBatch = field(default_factory=lambda: NO_DEAD)
    hashes: tuple[int, ...] = ()


def newest(rows: pa.RecordBatch, order: Order) -> Indices:
    """Return the index of each key's newest row, ascending; rows come in the order of offsets."""
    columns = {f"k{i}": rows.column(name) for i, name in enumerate(order.key)}
    if order.by is not None:
        columns["by"] = rows.column(order.by)
    frame = pl.DataFrame({name: pl.from_arrow(column) for name, column in columns.items()})
    frame = frame.with_row_index("at")
    if order.by is not None:
        frame = frame.sort("by", nulls_last=False, maintain_order=True)
    last = frame.unique([f"k{i}" for i in range(len(order.key))], keep="last", maintain_order=False)
    found: Indices = np.sort(last["at"].to_numpy().astype(np.int64))
    return found


class Incoming:
    """A range's rows on their way into the target."""

    def __init__(self, table: TableName, wire: pa.Schema, order: Order) -> None:
        self._table, self._wire, self._order = table, wire, order
        self._made = False

    def add(self, cursor: Cursor, judged: Judged) -> list[tuple[int, str]]:
        """Take a batch's rows; return (index, reason) of those that no key or column can take."""
        if not self._made:
            cursor.execute(self._create())
            self._made = True
        keyless = self._keyless(judged.rows)
        good = np.setdiff1d(np.arange(judged.rows.num_rows), keyless)
        refused = [(int(index), self._no_key(judged.rows, int(index))) for index in keyless]
        rows = self._wide(judged)
        if not self._order.picky:
            best = good[newest(judged.rows.take(pa.array(good)), self._order)]
            if try_copy(cursor, _INCOMING, rows.take(pa.array(best))) is None:
                return refused
        # Which older row stands in for a refused one is not known before all of them were tried.
        found = copy_in_halves(cursor, _INCOMING, rows.take(pa.array(good)))
        return sorted([*refused, *((int(good[index]), reason) for index, reason in found)])

    def _keyless(self, rows: pa.RecordBatch) -> Indices:
        masks = [pc.is_null(rows.column(name)) for name in self._order.key]
        found = np.zeros(rows.num_rows, bool)
        for mask in masks:
            found |= mask.to_numpy(zero_copy_only=False)
        return np.flatnonzero(found)

    def _no_key(self, rows: pa.RecordBatch, index: int) -> str:
        names = [n for n in self._order.key if not rows.column(n)[index].is_valid]
        return f"{', '.join(names)} is null, and is part of the key"

    def _wide(self, judged: Judged) -> pa.RecordBatch:
        """Return the rows with their hashes and records."""
        at = pa.array(judged.kept)
        hashes = pa.array(row_hashes(judged.rows).view(np.int64))
        record = [
            hashes,
            judged.raw.keys.take(at).cast(pa.binary()),
            judged.raw.values.take(at).cast(pa.binary()),
            judged.raw.times.take(at).cast(pa.timestamp("us", "UTC")),
        ]
        rows = as_wire(judged.rows, self._wire)
        return pa.RecordBatch.from_arrays(
            [*rows.columns, *record], names=[*self._wire.names, *_RECORD]
        )

    def _create(self) -> sql.Composable:
        # The target's types without its constraints, which the merge itself meets.
        return sql.SQL(
            "CREATE TEMPORARY TABLE yeoul_incoming ON COMMIT DROP AS SELECT {}, "
            "NULL::bigint AS _yeoul_hash, NULL::bytea AS _yeoul_key, "
            "NULL::bytea AS _yeoul_payload, NULL::timestamptz AS _yeoul_time "
            "FROM {} WITH NO DATA"
        ).format(_names(self._wire.names), self._table.identifier)

    def merge(self, cursor: Cursor) -> Merged:
        """Set the target's rows where the range has newer ones."""
        if not self._made:
            return Merged()
        statement = upsert_statement(self._table, self._wire.names, self._order, _INCOMING)
        rows, reason = _counted(cursor, statement)
        return Merged(rows) if reason is None else self._merge_in_halves(cursor)

    def _merge_in_halves(self, cursor: Cursor) -> Merged:
        """Merge by halves of the keys, down to single ones, as `copy_in_halves` does with rows.

        Of a key whose newest row is refused the next one is tried.
        """
        keys = _names(self._order.key)
        cursor.execute(
            sql.SQL(
                "CREATE TEMPORARY TABLE yeoul_ranked ON COMMIT DROP AS "
                "SELECT *, dense_rank() OVER (ORDER BY {}) AS _yeoul_rank FROM {}"
            ).format(keys, _INCOMING)
        )
        cursor.execute("CREATE INDEX ON pg_temp.yeoul_ranked (_yeoul_rank)")
        cursor.execute("SELECT coalesce(max(_yeoul_rank), 0) + 1 FROM pg_temp.yeoul_ranked")
        statement = upsert_statement(
            self._table, self._wire.names, self._order, _RANKED,
            sql.SQL(" WHERE _yeoul_rank >= %s AND _yeoul_rank < %s"),
        )  # fmt: skip
        pending, rows, refused = [(1, int((cursor.fetchone() or (1,))[0]))], 0, []
        while pending:
            first, stop = pending.pop()
            if first == stop:
                continue
            done, reason = _counted(cursor, statement, first, stop)
            rows += done
            if reason is None:
                continue
            if stop - first > 1:
                middle = (first + stop) // 2
                pending += [(middle, stop), (first, middle)]
            else:
                refused.append((*self._take_newest(cursor, first), reason))
                pending.append((first, stop))
        return _merged(rows, refused)

    def _take_newest(self, cursor: Cursor, rank: int) -> tuple[object, ...]:
        cursor.execute(
            sql.SQL(
                "DELETE FROM {0} WHERE ctid = (SELECT ctid FROM {0} WHERE _yeoul_rank = %s "
                "ORDER BY {1} LIMIT 1) RETURNING {2}, _yeoul_key, _yeoul_payload, _yeoul_time, "
                "_yeoul_hash"
            ).format(_RANKED, _newest_first(self._order), sql.Identifier(OFFSET)),
            (rank,),
        )
        row = cursor.fetchone()
        assert row is not None  # noqa: S101 (a rank without rows is never refused)
        return tuple(row)


def _counted(cursor: Cursor, statement: sql.Composable, *values: object) -> tuple[int, str | None]:
    """Return the number of rows that were set, and why the database refused one."""
    counts: list[int] = []

    def work() -> None:
        cursor.execute(statement, values)
        counts.append(cursor.rowcount)

    reason = attempt(cursor, work)
    return (counts[0] if reason is None else 0), reason


def _merged(rows: int, refused: Sequence[tuple[object, ...]]) -> Merged:
    """Return what was merged; `refused` has offset, key, payload, time, hash and reason."""
    columns = list(zip(*refused, strict=True)) or [()] * 6
    offsets, keys, payloads, times, hashes, details = columns
    letters = pa.RecordBatch.from_arrays(
        [
            pa.array(offsets, pa.int64()),
            pa.array([_bytes(key) for key in keys], pa.binary()),
            pa.array([_bytes(payload) for payload in payloads], pa.binary()),
            pa.array(times, pa.timestamp("us", "UTC")),
            pa.array(["target"] * len(offsets), pa.string()),
            pa.array(details, pa.string()),
        ],
        schema=DEAD_SCHEMA,
    )
    return Merged(rows, letters, tuple(int(str(number)) for number in hashes))


def _bytes(value: object) -> bytes | None:
    return bytes(value) if isinstance(value, (memoryview, bytes)) else None


def upsert_statement(
    table: TableName,
    columns: Sequence[str],
    order: Order,
    source: sql.Composable,
    where: sql.Composable = _ALL,
) -> sql.Composable:
    """Return the INSERT of each key's newest row of `source`.

    A row of the target that names no record is somebody else's, and gives way.
    """
    rest = [name for name in columns if name not in order.key]
    sets = sql.SQL(", ").join(
        sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(name)) for name in rest
    )
    return sql.SQL(
        "INSERT INTO {table} AS held ({columns}) SELECT {columns} FROM (SELECT DISTINCT ON ({key}) "
        "{columns} FROM {source}{where} ORDER BY {key}, {newest_first}) AS newest "
        "ON CONFLICT ({key}) DO UPDATE SET {sets} WHERE {newer}"
    ).format(
        table=table.identifier, columns=_names(columns), key=_names(order.key), source=source,
        where=where, newest_first=_newest_first(order), sets=sets, newer=_newer(order),
    )  # fmt: skip


def _newest_first(order: Order) -> sql.Composable:
    last = sql.SQL("{} DESC, {} DESC").format(sql.Identifier(PARTITION), sql.Identifier(OFFSET))
    if order.by is None:
        return last
    return sql.SQL("{} DESC NULLS LAST, {}").format(sql.Identifier(order.by), last)


def _newer(order: Order) -> sql.Composable:
    """Return whether the incoming row is newer than the one that is held; null is oldest."""
    names = {"partition": sql.Identifier(PARTITION), "offset": sql.Identifier(OFFSET)}
    later = sql.SQL(
        "(EXCLUDED.{partition}, EXCLUDED.{offset}) > (held.{partition}, held.{offset})"
    ).format(**names)
    if order.by is not None:
        later = sql.SQL(
            "CASE WHEN EXCLUDED.{by} IS DISTINCT FROM held.{by} "
            "THEN held.{by} IS NULL OR EXCLUDED.{by} > held.{by} ELSE {later} END"
        ).format(by=sql.Identifier(order.by), later=later)
    return sql.SQL("held.{partition} IS NULL OR held.{offset} IS NULL OR {later}").format(
        **names, later=later
    )


def _names(names: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)
