"""Offsets that a sink has passed over, and how they are filled; where a reset goes to. Pure.

A hole is what lies before a partition's first book, and what a book of the rules `SKIPPED` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from yeoul_stream.books import RangeBook
from yeoul_stream.rules import SKIPPED
from yeoul_stream.start import TopicState


@dataclass(frozen=True)
class Hole:
    """Offsets [start, end) that no record was taken from; `book` is the one that says so."""

    start: int
    end: int
    book: RangeBook | None = None


def holes(books: Iterable[RangeBook], position: int) -> list[Hole]:
    """Return the holes of one partition, `books` being its own; `position` is its next offset."""
    known = sorted(books, key=lambda book: (book.start, book.end))
    first = known[0].start if known else position
    return [
        Hole(0, first),
        *(Hole(book.start, book.end, book) for book in known if book.rules == SKIPPED),
    ]


def hole_around(books: Iterable[RangeBook], position: int, start: int, end: int) -> Hole | None:
    """Return the hole of one partition that [start, end) lies in; for the rest see `holes`."""
    return next((h for h in holes(books, position) if h.start <= start and end <= h.end), None)


def fillable(found: Iterable[Hole], start: int, end: int) -> list[tuple[int, int]]:
    """Return the parts of [start, end) that lie in holes, ascending."""
    parts = ((max(hole.start, start), min(hole.end, end)) for hole in found)
    return sorted((low, high) for low, high in parts if low < high)


def chunks(start: int, end: int, longest: int) -> Iterator[tuple[int, int]]:
    """Yield [start, end) in pieces of at most `longest`."""
    for low in range(start, end, longest):
        yield low, min(low + longest, end)


def around(hole: Hole, start: int, end: int, like: RangeBook) -> list[RangeBook]:
    """Return the books that say what stays passed over once [start, end) of the hole is filled.

    Below the first book nothing has to be said.
    """
    rest = [(hole.start, start)] if hole.book is not None else []
    rest.append((end, hole.end))
    return [skipped(like, low, high) for low, high in rest if low < high]


def skipped(like: RangeBook, start: int, end: int) -> RangeBook:
    """Return the book of offsets that were passed over, of the partition that `like` is of."""
    bare = RangeBook(like.topic_id, like.topic, like.partition, start, end)
    return replace(bare, epoch=like.epoch, rules=SKIPPED)


@dataclass(frozen=True)
class Move:
    """Where a partition's position goes. `undone` are the books whose rows are taken back."""

    partition: int
    position: int
    target: int
    undone: tuple[RangeBook, ...] = ()

    @property
    def back(self) -> bool:
        """Whether records are read again, and not passed over."""
        return self.target < self.position

    @property
    def rows(self) -> int:
        """How many rows the undone books have written."""
        return sum(book.written for book in self.undone)

    def __str__(self) -> str:
        step = f"partition {self.partition}: from offset {self.position:,} to {self.target:,}"
        if self.back:
            dead = sum(book.dead_total for book in self.undone)
            letters = f" and {dead:,} dead letters" if dead else ""
            return (
                f"{step}: {self.position - self.target:,} offsets are read again, {self.rows:,} "
                f"rows{letters} are removed first"
            )
        return f"{step}: {self.target - self.position:,} offsets are passed over"


def move(
    partition: int, position: int, books: Sequence[RangeBook], wanted: int, earliest: int
) -> Move | None:
    """Return where the position goes for `wanted`; None where it stays.

    A book cannot be cut, so the way back ends where the one that holds `wanted` begins. What Kafka
    has dropped meanwhile stays as it is: nothing before `earliest` could be read again.
    """
    if wanted >= position:
        return Move(partition, position, wanted) if wanted > position else None
    known = sorted(books, key=lambda book: (book.start, book.end))
    inside = [book.start for book in known if book.start <= wanted < book.end]
    target = min(inside, default=wanted)
    if target < earliest:
        # The book can be read again in part only: it stays whole.
        target = min((book.start for book in known if book.start >= earliest), default=position)
    undone = tuple(book for book in known if book.start >= target)
    return Move(partition, position, target, undone) if target < position else None


def moves(
    topic: TopicState,
    positions: Mapping[int, int],
    books: Sequence[RangeBook],
    wanted: Mapping[int, int],
) -> tuple[Move, ...]:
    """Return the moves of a sink's positions to `wanted`; `books` are those of the topic's id."""
    steps = (
        move(
            partition,
            position,
            [book for book in books if book.partition == partition],
            max(wanted[partition], topic.earliest[partition]),
            topic.earliest[partition],
        )
        for partition, position in sorted(positions.items())
        if partition in wanted
    )
    return tuple(step for step in steps if step is not None)
