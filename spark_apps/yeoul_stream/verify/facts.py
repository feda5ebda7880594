"""What `verify` gathers before it compares: a sink's own account, and what Kafka gives. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from yeoul_stream.books import RangeBook, merge_counts
from yeoul_stream.records.digest import add
from yeoul_stream.rules import SKIPPED

Key = tuple[str, int]  # topic id, partition


@dataclass(frozen=True)
class Measure:
    """Counts and digest of a range of records as the judge gives them from Kafka.

    `expired_rows` of the written rows are older than what the sink's retention keeps.

    `dead_offsets` is the sum of the offsets of dead records. `target_rows` of the written rows
    were refused by the database: they are in `target_digest` and not in `written` and `digest`.
    """

    read: int = 0
    written: int = 0
    filtered: int = 0
    dead: Mapping[str, int] = field(default_factory=dict)
    dead_offsets: int = 0
    digest: int = 0
    target_rows: int = 0
    target_digest: int = 0
    expired_rows: int = 0
    expired_digest: int = 0

    def plus(self, other: Measure) -> Measure:
        """Return the measure of both ranges together."""
        return Measure(
            read=self.read + other.read,
            written=self.written + other.written,
            filtered=self.filtered + other.filtered,
            dead=merge_counts(self.dead, other.dead),
            dead_offsets=self.dead_offsets + other.dead_offsets,
            digest=add(self.digest, other.digest),
            target_rows=self.target_rows + other.target_rows,
            target_digest=add(self.target_digest, other.target_digest),
            expired_rows=self.expired_rows + other.expired_rows,
            expired_digest=add(self.expired_digest, other.expired_digest),
        )


@dataclass(frozen=True)
class Amount:
    """A number of rows and their digest."""

    rows: int = 0
    digest: int = 0

    def plus(self, other: Amount) -> Amount:
        """Return the amount of both together."""
        return Amount(self.rows + other.rows, add(self.digest, other.digest))

    def minus(self, other: Amount) -> Amount:
        """Return what is left without `other`."""
        return Amount(self.rows - other.rows, add(self.digest, -other.digest))


def total(amounts: Iterable[Amount]) -> Amount:
    """Return the sum of amounts."""
    result = Amount()
    for amount in amounts:
        result = result.plus(amount)
    return result


@dataclass(frozen=True)
class Account:
    """What a sink says of itself: where it stands, and the books of what it committed.

    Rows before `horizon` were dropped by its retention.
    """

    positions: Mapping[Key, int]
    books: tuple[RangeBook, ...]
    horizon: datetime | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was committed yet."""
        return not self.books

    def under(self, rules: str) -> Account:
        """Return the account of what was committed under `rules`; no records are under any.

        What was passed over was committed under none.
        """
        mine = (
            book
            for book in self.books
            if book.rules == rules or not (book.read or book.rules == SKIPPED)
        )
        return Account(self.positions, tuple(mine), self.horizon)

    def ranges(self) -> dict[Key, tuple[int, int]]:
        """Return the committed offsets [start, end) of every partition that has books."""
        result: dict[Key, tuple[int, int]] = {}
        for book in self.books:
            key = (book.topic_id, book.partition)
            start, end = result.get(key, (book.start, self.positions.get(key, book.end)))
            result[key] = (min(start, book.start), max(end, book.end))
        return result


@dataclass(frozen=True)
class Cell:
    """Offsets [start, end) of a partition that no book divides."""

    number: int
    topic_id: str
    partition: int
    start: int
    end: int

    @property
    def key(self) -> Key:
        """The partition."""
        return (self.topic_id, self.partition)


def cut(bounds: Mapping[Key, Iterable[int]]) -> tuple[Cell, ...]:
    """Return the cells between neighbouring bounds of each partition, numbered from 0."""
    spans = [
        (key, start, end)
        for key, offsets in sorted(bounds.items())
        for start, end in pairwise(sorted(set(offsets)))
    ]
    return tuple(Cell(n, *key, start, end) for n, (key, start, end) in enumerate(spans))


def bounds_of(account: Account) -> dict[Key, set[int]]:
    """Return the offsets at which a sink's books begin and end, and where it stands."""
    result: dict[Key, set[int]] = {}
    for book in account.books:
        result.setdefault((book.topic_id, book.partition), set()).update((book.start, book.end))
    for key, position in account.positions.items():
        if key in result:
            result[key].add(position)
    return result


class CellMap:
    """Finds the cells within a range of offsets."""

    def __init__(self, cells: Iterable[Cell]) -> None:
        self._cells: dict[Key, list[Cell]] = {}
        for cell in cells:
            self._cells.setdefault(cell.key, []).append(cell)

    def within(self, key: Key, start: int, end: int) -> Iterator[Cell]:
        """Yield the cells of [start, end), which begins and ends where cells do."""
        for cell in self._cells.get(key, ()):
            if start <= cell.start and cell.end <= end:
                yield cell
