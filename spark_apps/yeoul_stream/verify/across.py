"""A table and a lake against each other, over the offsets that both hold. Pure.

The two commit at different moments, so their books seldom end at the same offsets. The table's
books that lie within the lake's range are compared with the lake's books around them; what these
have beyond the table's (the edges, less than one book at either end) is taken from Kafka.

An Iceberg table's rows do not tell which book they are of: it is compared as a whole, with what the
table's books and Kafka give for its whole range.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from yeoul_stream.books import RangeBook
from yeoul_stream.pipeline import Record, Sink
from yeoul_stream.verify.check_books import span
from yeoul_stream.verify.facts import Account, Amount, Cell, CellMap, Key, Measure, total
from yeoul_stream.verify.finding import Finding, Place

_WHO_LEFT: Final = "The findings of the two sinks say which of them left Kafka's records"


@dataclass(frozen=True)
class Overlap:
    """Offsets of one partition: the table's books fill [start, end), the lake's [low, high)."""

    key: Key
    start: int
    end: int
    low: int
    high: int


def projection(record: Record, table: Sink, lake: Sink) -> tuple[int, ...] | str:
    """Return which of the lake's columns, in order, the table's are; or why there are none."""
    if table.postgres is not None and table.postgres.write == "upsert":
        return f"{table.name} keeps the newest row of each key only"
    wanted, there = table.plain_select(record), lake.plain_select(record)
    for sink, plain in ((table, wanted), (lake, there)):
        if plain is None:
            return f"{sink.name} filters or computes, so the two do not hold the same rows"
    sources = list((there or {}).values())
    absent = [name for name in (wanted or {}).values() if name not in sources]
    if absent:
        return f"{lake.name} does not keep {', '.join(absent)}, which {table.name} has"
    return tuple(sources.index(name) for name in (wanted or {}).values())


def overlaps(table: Account, lake: Account) -> dict[Key, Overlap]:
    """Return what both hold, per partition; partitions whose books have gaps are left out."""
    result = {}
    ours, theirs = _edges(table), _edges(lake)
    for key in ours.keys() & theirs.keys():
        first, last = theirs[key][0], theirs[key][-1]
        inside = [offset for offset in ours[key] if first <= offset <= last]
        if len(inside) > 1:
            start, end = inside[0], inside[-1]
            low = max(offset for offset in theirs[key] if offset <= start)
            high = min(offset for offset in theirs[key] if offset >= end)
            result[key] = Overlap(key, start, end, low, high)
    return result


def spanning(
    shared: Mapping[Key, Overlap], table: str, lake: str, held: Account, rules: str
) -> dict[Key, Overlap] | str:
    """Return the overlaps, widened to all that the lake holds; or why there are none.

    `held` is the account of `lake`, `rules` are the present ones.
    """
    if len(held.under(rules).books) < len(held.books):
        return f"{lake} was written under other rules in part, and its rows do not tell in which"
    ends = _edges(held)
    if any(
        (book.topic_id, book.partition) not in ends.keys() & shared.keys() for book in held.books
    ):
        return (
            f"{table} does not reach into all of {lake}'s partitions, or one of the two has gaps, "
            f"and {lake}'s rows do not tell their offsets"
        )
    return {
        key: replace(both, low=ends[key][0], high=ends[key][-1]) for key, both in shared.items()
    }


def _edges(account: Account) -> dict[Key, list[int]]:
    """Return the offsets at which books of a partition meet, where they follow each other."""
    groups: dict[Key, list[RangeBook]] = {}
    for book in sorted(account.books, key=lambda b: (b.start, b.end)):
        groups.setdefault((book.topic_id, book.partition), []).append(book)
    return {
        key: [books[0].start, *(book.end for book in books)]
        for key, books in groups.items()
        if all(left.end == right.start for left, right in pairwise(books))
    }


@dataclass(frozen=True)
class Side:
    """What one sink's check learned. `amounts` has index of book -> rows and their digest."""

    sink: str
    account: Account
    amounts: Mapping[int, Amount]


@dataclass(frozen=True)
class Compared:
    """The rows that were compared, the partitions that could not be, and what differs."""

    rows: int
    partitions: int
    skipped: tuple[Key, ...]
    findings: tuple[Finding, ...]


def table_amounts(account: Account, measures: tuple[Measure | None, ...]) -> dict[int, Amount]:
    """Return index of book -> its rows and those that the database refused.

    A file takes rows that the database refuses. Books with such rows that Kafka no longer holds
    are left out.
    """
    result = {}
    for index, (book, measure) in enumerate(zip(account.books, measures, strict=True)):
        refused = Amount()
        if book.dead.get("target", 0):
            if measure is None:
                continue
            refused = Amount(measure.target_rows, measure.target_digest)
        result[index] = Amount(book.written, book.digest).plus(refused)
    return result


def compare(
    table: Side,
    lake: Side,
    shared: Mapping[Key, Overlap],
    cells: tuple[Cell, ...],
    measures: Mapping[int, Measure],
) -> Compared:
    """Compare partition by partition; `cells` and `measures` are the table's, from Kafka."""
    lookup = CellMap(cells)
    rows, done, skipped, findings = 0, 0, [], []
    for key, both in sorted(shared.items()):
        given = _given(table, lookup, measures, both)
        theirs = _within(lake, key, both.low, both.high)
        if given is None or theirs is None:
            skipped.append(key)
            continue
        ours, edges = given
        done += 1
        rows += _written(table, both)
        if ours.plus(edges) != theirs:
            findings.append(_differ(table.sink, lake.sink, both, ours, theirs.minus(edges)))
    return Compared(rows, done, tuple(skipped), tuple(findings))


def compare_whole(
    table: Side,
    lake: str,
    held: Amount,
    shared: Mapping[Key, Overlap],
    cells: tuple[Cell, ...],
    measures: Mapping[int, Measure],
) -> Compared:
    """Compare with all that `lake` holds, over the overlaps that `spanning` gave."""
    lookup = CellMap(cells)
    parts = {key: _given(table, lookup, measures, both) for key, both in sorted(shared.items())}
    skipped = tuple(key for key, part in parts.items() if part is None)
    if skipped:
        return Compared(0, 0, skipped, ())
    given = total(amount for part in parts.values() for amount in part or ())
    rows = sum(_written(table, both) for both in shared.values())
    if given == held:
        return Compared(rows, len(shared), (), ())
    text = f"{table.sink} and {lake} differ: {_detail(given, held)}. {_WHO_LEFT}"
    return Compared(rows, len(shared), (), (Finding(lake, "sinks-differ", text),))


def _given(
    table: Side, lookup: CellMap, measures: Mapping[int, Measure], both: Overlap
) -> tuple[Amount, Amount] | None:
    """Return what the table's books give, and Kafka for the edges; None where one is not known."""
    ours = _within(table, both.key, both.start, both.end)
    edges = _edge_amount(lookup, measures, both)
    return None if ours is None or edges is None else (ours, edges)


def _within(side: Side, key: Key, start: int, end: int) -> Amount | None:
    books = [
        index
        for index, book in enumerate(side.account.books)
        if (book.topic_id, book.partition) == key and start <= book.start and book.end <= end
    ]
    known = [side.amounts[index] for index in books if index in side.amounts]
    return total(known) if len(known) == len(books) else None


def _written(side: Side, both: Overlap) -> int:
    return sum(
        book.written
        for book in side.account.books
        if (book.topic_id, book.partition) == both.key
        and both.start <= book.start
        and book.end <= both.end
    )


def _edge_amount(lookup: CellMap, measures: Mapping[int, Measure], both: Overlap) -> Amount | None:
    """Return what the lake's books hold beyond the table's; None where Kafka has it no more."""
    cells = [
        *lookup.within(both.key, both.low, both.start),
        *lookup.within(both.key, both.end, both.high),
    ]
    if any(cell.number not in measures for cell in cells):
        return None
    return total(_rows(measures[cell.number]) for cell in cells)


def _rows(measure: Measure) -> Amount:
    written = Amount(measure.written, measure.digest)
    return written.plus(Amount(measure.target_rows, measure.target_digest))


def _differ(table: str, lake: str, both: Overlap, ours: Amount, theirs: Amount) -> Finding:
    topic_id, partition = both.key
    text = (
        f"{table} and {lake} differ in partition {partition}, {span(both.start, both.end)}: "
        f"{_detail(ours, theirs)}. {_WHO_LEFT}"
    )
    return Finding(lake, "sinks-differ", text, Place(topic_id, partition, both.start, both.end))


def _detail(ours: Amount, theirs: Amount) -> str:
    if ours.rows != theirs.rows:
        return f"{ours.rows} rows against {theirs.rows}"
    return f"{ours.rows} rows each, with different digests"


def extra_bounds(shared: Mapping[Key, Overlap]) -> Iterator[tuple[Key, set[int]]]:
    """Yield the offsets at which the table's range has to be cut for the edges."""
    for key, both in shared.items():
        yield key, {both.low, both.start, both.end, both.high}
