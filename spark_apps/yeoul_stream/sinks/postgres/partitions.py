"""Partitions of a table by time: which there should be, how they are made, and how they go.

Rows carry their own time, so partitions are made ahead by the clock, and for older rows when they
come. They are made in a transaction of their own: one that stays empty harms nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from yeoul_stream.books import Buckets
from yeoul_stream.errors import TargetMismatchError
from yeoul_stream.records.digest import digest, row_hashes
from yeoul_stream.sinks.postgres.names import TableName

Every = Literal["hour", "day", "month"]

_NAME_BYTES = 63
_NAMES: Mapping[Every, str] = {"hour": "%Y%m%d%H", "day": "%Y%m%d", "month": "%Y%m"}
# Of several sessions that want the same partition one makes it.
_LOCK_SPACE = 0x796F


@dataclass(frozen=True)
class Plan:
    """Partitions by the output column `by`, each of `every`, made `ahead` of the clock.

    `keep` is how long rows stay, in seconds; None for ever.
    """

    by: str
    every: Every
    ahead: int
    keep: float | None = None

    def floor(self, moment: datetime) -> datetime:
        """Return the start of the partition that holds `moment`."""
        start = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if self.every == "hour":
            return start
        return start.replace(hour=0, day=1 if self.every == "month" else start.day)

    def after(self, start: datetime, steps: int = 1) -> datetime:
        """Return the start of the partition that many steps later."""
        if self.every != "month":
            return start + steps * timedelta(**{f"{self.every}s": 1})
        months = start.year * 12 + start.month - 1 + steps
        return start.replace(year=months // 12, month=months % 12 + 1)

    def upcoming(self, now: datetime) -> list[datetime]:
        """Return the starts of the partition of now and of those made ahead."""
        return [self.after(self.floor(now), step) for step in range(self.ahead + 1)]

    def horizon(self, now: datetime) -> datetime | None:
        """Return the start of the oldest partition that is kept."""
        return None if self.keep is None else self.floor(now - timedelta(seconds=self.keep))

    def name(self, table: TableName, start: datetime) -> TableName:
        """Return the name of the partition that begins at `start`."""
        suffix = f"_p{start.strftime(_NAMES[self.every])}"
        stem = table.name.encode()[: _NAME_BYTES - len(suffix)].decode(errors="ignore")
        return TableName(table.schema, stem + suffix)


def starts_of(column: pa.Array, every: Every) -> pa.Array:
    """Return the start of each value's partition as microseconds of UTC, null where it is null."""
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("us"))
    return pc.floor_temporal(column.cast(pa.timestamp("us", column.type.tz)), unit=every).cast(
        pa.int64()
    )


def moment(microseconds: int) -> datetime:
    """Return a moment of UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


@dataclass(frozen=True)
class Placed:
    """Which rows of a batch are to be stored, and why others cannot be; the rest has expired."""

    fit: npt.NDArray[np.int64]
    refused: list[tuple[int, str]]
    starts: tuple[datetime, ...]


def place(rows: pa.RecordBatch, plan: Plan, now: datetime, horizon: datetime | None) -> Placed:
    """Return what becomes of a batch's rows; `starts` are the partitions that they need."""
    starts = starts_of(rows.column(plan.by), plan.every)
    known = pc.is_valid(starts).to_numpy(zero_copy_only=False)
    numbers = pc.fill_null(starts, 0).to_numpy()
    last = plan.upcoming(now)[-1]
    ahead = known & (numbers > _microseconds(last))
    expired = known & (numbers < _microseconds(horizon)) if horizon else np.zeros(len(known), bool)
    refused = [
        (int(i), f"{plan.by} is null, and tells the partition") for i in (~known).nonzero()[0]
    ]
    refused += [
        (
            int(i),
            f"{plan.by} lies in the future: partitions reach to {plan.after(last).isoformat()}",
        )
        for i in ahead.nonzero()[0]
    ]
    fit = np.flatnonzero(known & ~ahead & ~expired)
    needed = tuple(moment(int(number)) for number in np.unique(numbers[fit]))
    return Placed(fit, sorted(refused), needed)


def _microseconds(when: datetime) -> int:
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def amounts(rows: pa.RecordBatch, plan: Plan) -> Buckets:
    """Return how many rows there are for each partition, and their digest."""
    if not rows.num_rows:
        return {}
    starts = starts_of(rows.column(plan.by), plan.every).to_numpy()
    hashes = row_hashes(rows)
    return {
        moment(int(start)).isoformat(): (
            int((starts == start).sum()),
            digest(hashes[starts == start]),
        )
        for start in np.unique(starts)
    }


@dataclass(frozen=True)
class Bound:
    """A partition of a table, [start, end)."""

    name: TableName
    start: datetime
    end: datetime


def read_bounds(cursor: Cursor, table: TableName) -> list[Bound]:
    """Return the partitions of the table.

    Raises:
        TargetMismatchError: one has no bounds of its own.
    """
    cursor.execute(_BOUNDS, (table.schema, table.name))
    return [_bound(TableName(schema, name), text) for schema, name, text in cursor.fetchall()]


def _bound(name: TableName, text: str) -> Bound:
    match = re.fullmatch(r"FOR VALUES FROM \('(.+)'\) TO \('(.+)'\)", text)
    if match is None:
        raise TargetMismatchError(
            f"partition {name} is {text}: give it two moments as bounds, or detach it"
        )
    start, end = (_parsed(part) for part in match.groups())
    return Bound(name, start, end)


def _parsed(text: str) -> datetime:
    if len(text) == len("2026-11-23"):
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    return datetime.fromisoformat(text).astimezone(UTC)


def ensure(
    connection: Connection, table: TableName, plan: Plan, starts: Iterable[datetime]
) -> None:
    """Make the partitions that begin at `starts` where none holds them, and commit."""
    wanted = sorted(set(starts))
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (_LOCK_SPACE, str(table)))
        there = read_bounds(cursor, table)
        for start in wanted:
            if not any(bound.start <= start < bound.end for bound in there):
                _make(cursor, table, plan, start)


def _make(cursor: Cursor, table: TableName, plan: Plan, start: datetime) -> None:
    name = plan.name(table, start)
    # Not CREATE TABLE ... PARTITION OF, which would wait for all who read or write the table.
    cursor.execute(
        sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(name.identifier, table.identifier)
    )
    cursor.execute(
        sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM (%s) TO (%s)").format(
            table.identifier, name.identifier
        ),
        (start, plan.after(start)),
    )


def expired(bounds: Iterable[Bound], horizon: datetime) -> tuple[datetime, list[Bound]]:
    """Return the horizon that no partition lies across, and the partitions before it."""
    known = sorted(bounds, key=lambda bound: bound.start)
    across = [bound.start for bound in known if bound.start < horizon < bound.end]
    horizon = min([horizon, *across])
    return horizon, [bound for bound in known if bound.end <= horizon]


def drop(cursor: Cursor, bounds: Iterable[Bound]) -> Iterator[str]:
    """Drop partitions, and yield their names."""
    for bound in bounds:
        cursor.execute(sql.SQL("DROP TABLE {}").format(bound.name.identifier))
        yield str(bound.name)


_BOUNDS = """
SELECT n.nspname, c.relname, pg_get_expr(c.relpartbound, c.oid)
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace m ON m.oid = p.relnamespace
WHERE m.nspname = %s AND p.relname = %s
"""
