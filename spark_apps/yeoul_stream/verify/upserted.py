"""An upserted table against Kafka: of each key, the row of its newest record and no other.

Kafka answers for the newest record among those that it holds. A row of the table that names a
record which Kafka no longer holds is believed, unless Kafka holds a newer one of its key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from yeoul_stream.records.digest import add
from yeoul_stream.sinks.postgres.upsert import Order
from yeoul_stream.verify.check_kafka import Expected
from yeoul_stream.verify.facts import Amount, Cell
from yeoul_stream.verify.finding import LISTED, Finding, Place
from yeoul_stream.verify.reread import Reread
from yeoul_stream.verify.table import TableReader
from yeoul_stream.verify.target import Examined

_FAILURES: Final = ("row-missing", "row-altered", "row-stale", "row-unknown", "row-uncommitted")
_HELD, _FOREIGN, _ATTESTED = "held", "foreign", "attested"


@dataclass(frozen=True)
class Odd:
    """A row that is not what it should be: the record that it names, and its key's newest one."""

    place: str | None
    named: tuple[int, int] | None
    newest: tuple[int, int] | None


@dataclass(frozen=True)
class Upserted:
    """What an upserted table holds. `odd` has kind of finding -> how many, and the first few."""

    found: Amount
    holds: bool
    attested: int = 0
    foreign: int = 0
    odd: dict[str, tuple[int, tuple[Odd, ...]]] = field(default_factory=dict)

    def examined(self, sink: str, table: str, letters: tuple[Finding, ...]) -> Examined:
        """Return it with a sentence for each row that is listed."""
        findings = tuple(_findings(sink, f"{sink}: table {table}", self))
        more = tuple((sink, kind, count - len(shown)) for kind, (count, shown) in self.odd.items())
        return Examined(
            (*letters, *findings),
            more,
            rows=self.found.rows - self.foreign,
            foreign=self.foreign,
            digest=self.found.digest,
            digest_ok=self.holds,
        )


def upserted(reader: TableReader, reread: Reread, expected: Expected, order: Order) -> Upserted:
    """Compare. Single rows are looked at only where Kafka knows not all, or sums differ."""
    types = {column.name: column.type for column in reader.columns}
    records = reread.newest(expected.cells, order, types.get(order.by or ""))
    last = records.groupBy("key").agg(
        F.max(F.struct("by", "partition", "offset", "hash")).alias("last")
    )
    attested = any(book.written for book in expected.attested)
    with reader.seen() as seen:
        found = seen.amount
    if not attested:
        sums = last.agg(
            F.count("*").alias("rows"),
            F.sum(F.col("last.hash").cast("decimal(20,0)")).alias("digest"),
        ).collect()[0]
        if found == Amount(int(sums["rows"]), add(int(sums["digest"] or 0), 0)):
            return Upserted(found, holds=True)
    joined = reader.keyed(order.key, order.by).join(last, "key", "full_outer")
    return _look(joined.withColumn("kind", _kind(expected)), found)


def _kind(expected: Expected) -> Column:
    """Return what a row is, by the record that it names and its key's newest one."""
    position, last = F.struct("by", "partition", "offset"), F.col("last")
    newest = F.struct("last.by", "last.partition", "last.offset")
    names_none = F.col("partition").isNull() | F.col("offset").isNull()
    derived = _inside(expected.cells)
    committed = _inside(
        tuple(
            Cell(0, book.topic_id, book.partition, book.start, book.end)
            for book in expected.books
        )
    )  # fmt: skip
    same = (F.col("partition") == F.col("last.partition")) & (
        F.col("offset") == F.col("last.offset")
    )
    return (
        F.when(F.col("place").isNull(), "row-missing")
        .when(names_none & last.isNull(), _FOREIGN)
        .when(names_none, "row-altered")
        .when(same & F.col("hash").eqNullSafe(F.col("last.hash")), _HELD)
        .when(same, "row-altered")
        .when(derived & last.isNull(), "row-unknown")
        .when(derived, F.when(position < newest, "row-stale").otherwise("row-altered"))
        # -1: of a topic of an earlier id, see PostgresSink.
        .when((F.col("offset") >= 0) & ~committed, "row-uncommitted")
        .when(last.isNotNull() & (position < newest), "row-stale")
        .otherwise(_ATTESTED)
    )


def _inside(cells: Sequence[Cell]) -> Column:
    """Return whether a row names a record of the cells."""
    condition = F.lit(False)
    for partition, start, end in _merged(cells):
        condition |= (
            (F.col("partition") == partition)
            & (F.col("offset") >= start)
            & (F.col("offset") < end)
        )  # fmt: skip
    return condition


def _merged(cells: Sequence[Cell]) -> Iterator[tuple[int, int, int]]:
    """Yield (partition, start, end) with neighbours as one."""
    last: tuple[int, int, int] | None = None
    for partition, start, end in sorted({(c.partition, c.start, c.end) for c in cells}):
        if last is not None and last[0] == partition and start <= last[2]:
            last = (partition, last[1], max(last[2], end))
            continue
        if last is not None:
            yield last
        last = (partition, start, end)
    if last is not None:
        yield last


def _look(rows: DataFrame, found: Amount) -> Upserted:
    rows = rows.persist()
    try:
        counts = {row["kind"]: int(row["count"]) for row in rows.groupBy("kind").count().collect()}
        odd = {kind: (counts[kind], _first(rows, kind)) for kind in _FAILURES if kind in counts}
    finally:
        rows.unpersist()
    return Upserted(
        found, not odd, counts.get(_ATTESTED, 0), counts.get(_FOREIGN, 0), odd
    )  # fmt: skip


def _first(rows: DataFrame, kind: str) -> tuple[Odd, ...]:
    chosen = rows.where(F.col("kind") == kind).orderBy("last.partition", "last.offset", "place")
    return tuple(
        Odd(
            row["place"],
            None if row["offset"] is None else (row["partition"], row["offset"]),
            None if row["last"] is None else (row["last"]["partition"], row["last"]["offset"]),
        )
        for row in chosen.limit(LISTED).collect()
    )


def _findings(sink: str, where: str, seen: Upserted) -> Iterator[Finding]:
    for kind, (_, shown) in seen.odd.items():
        for odd in shown:
            partition, offset = odd.newest or odd.named or (None, None)
            place = Place(partition=partition, offset=offset, row=odd.place)
            yield Finding(sink, kind, f"{where}: {_SENTENCES[kind](odd)}", place)
    if seen.foreign:
        text = f"{where} holds {seen.foreign} rows that name no record: they are not this sink's"
        yield Finding(sink, "foreign-rows", text, severity="notice")


def _record(record: tuple[int, int] | None) -> str:
    return f"partition {record[0]}, offset {record[1]}" if record else "no record"


_SENTENCES: Final = {
    "row-missing": lambda odd: (
        f"the row of {_record(odd.newest)}, the newest record of its key, is missing. The record "
        "is in Kafka: insert it from there"
    ),
    "row-altered": lambda odd: (
        f"the row at {odd.place} was altered: it is not what {_record(odd.newest)}, the newest "
        "record of its key, gives. Set it right"
    ),
    "row-stale": lambda odd: (
        f"the row at {odd.place} is of {_record(odd.named)}, and {_record(odd.newest)} is the "
        "newest record of its key. Set it right"
    ),
    "row-unknown": lambda odd: (
        f"the row at {odd.place} names {_record(odd.named)}, and no record gives its key: it was "
        "altered, or somebody has inserted it"
    ),
    "row-uncommitted": lambda odd: (
        f"the row at {odd.place} is of {_record(odd.named)}, which this sink has not committed and "
        "will write: delete it"
    ),
}
