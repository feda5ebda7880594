"""What came of a change of the past, a line a sink. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from yeoul_stream.books import RangeBook
from yeoul_stream.past.holes import Move


@dataclass(frozen=True)
class Filled:
    """What was filled of one sink: offsets, records and rows."""

    sink: str
    offsets: int = 0
    read: int = 0
    written: int = 0

    def plus(self, books: Iterable[RangeBook]) -> Filled:
        """Return this with the books of some more ranges."""
        found = tuple(books)
        return replace(
            self,
            offsets=self.offsets + sum(book.end - book.start for book in found),
            read=self.read + sum(book.read for book in found),
            written=self.written + sum(book.written for book in found),
        )

    def __str__(self) -> str:
        if not self.offsets:
            return f"{self.sink}: nothing to fill: it holds all that Kafka has of that time"
        return (
            f"{self.sink}: filled {self.offsets:,} offsets: {self.read:,} records, "
            f"{self.written:,} rows"
        )


@dataclass(frozen=True)
class Replayed:
    """What became of a sink's dead letters."""

    sink: str
    rows: int = 0
    filtered: int = 0
    left: int = 0

    def plus(self, other: Replayed) -> Replayed:
        """Return both together."""
        return replace(
            self,
            rows=self.rows + other.rows,
            filtered=self.filtered + other.filtered,
            left=self.left + other.left,
        )

    def __str__(self) -> str:
        filtered = f", {self.filtered:,} are filtered now" if self.filtered else ""
        became = f"{self.rows:,} dead letters became rows"
        return f"{self.sink}: {became}{filtered}, {self.left:,} stay dead"


@dataclass(frozen=True)
class Reset:
    """What was, or would be, moved in one sink."""

    sink: str
    moves: tuple[Move, ...]

    @property
    def rows(self) -> int:
        """Rows that are taken away."""
        return sum(step.rows for step in self.moves)

    def __str__(self) -> str:
        if not self.moves:
            return f"{self.sink}: it stands there already"
        return "\n".join(f"{self.sink}: {step}" for step in self.moves)
