"""A lake whose past is to be changed: its log as it is now, files aside, and one entry more.

A change is one entry, which can follow only the one that it was worked out from. Whoever is faster,
be it the stream, a compaction or another change, makes it be worked out anew. So a change is there
as a whole or not at all, and no lock is needed against a stream that goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from posixpath import dirname
from typing import Protocol

from yeoul_stream.books import RangeBook
from yeoul_stream.errors import FencedError, PermanentError
from yeoul_stream.past.holes import Move as Step
from yeoul_stream.past.restating import coarser, whole
from yeoul_stream.past.sinks import PastError
from yeoul_stream.sinks.hdfs import log
from yeoul_stream.sinks.hdfs.aside import MERGING, Aside, AsideWriter
from yeoul_stream.sinks.hdfs.log import Entry, Move
from yeoul_stream.sinks.hdfs.parquet import Layout
from yeoul_stream.start import TopicState
from yeoul_stream.verify.check_lake import sort_files
from yeoul_stream.verify.facts import Key
from yeoul_stream.verify.lake import Lake
from yeoul_stream.verify.lake_log import History, span_of

TRIES = 50
"""How often a change is worked out anew because somebody else has committed."""


@dataclass(frozen=True)
class Seen:
    """A lake's log at one moment; `head` is the snapshot of an Iceberg table."""

    last: Entry
    told: History
    head: int | None = None

    def books(self, key: Key) -> list[RangeBook]:
        """Return the books of a partition, ascending."""
        return [b for b in self.told.account.books if (b.topic_id, b.partition) == key]

    def positions(self, topic: TopicState) -> dict[int, int]:
        """Return partition -> next offset under the topic's present id."""
        return dict(log.positions(self.last, topic).next_offsets)


@dataclass(frozen=True)
class Taken:
    """What goes with offsets that are taken back.

    `dropped` are visible names in the folder. `removed` and `rewritten` are of an Iceberg table:
    data files, as its own objects, and paths of files with those of their rows that stay.
    """

    dropped: tuple[str, ...] = ()
    removed: tuple[object, ...] = ()
    rewritten: tuple[str, ...] = ()


@dataclass(frozen=True)
class Changed:
    """What an entry is to say: all books of some partitions, and what becomes of files.

    `rows` and `letters` are files aside. `back`: offsets that were committed are given up.
    """

    books: tuple[RangeBook, ...]
    rows: tuple[Move, ...] = ()
    letters: tuple[Move, ...] = ()
    taken: Taken = Taken()
    back: bool = False


class PastLake(Protocol):
    """A plain folder or an Iceberg table."""

    @property
    def kept(self) -> int:
        """How many books of a partition are said again one by one; older ones are merged."""
        ...

    @property
    def sink(self) -> str:
        """The sink's name."""
        ...

    @property
    def rules(self) -> str:
        """The fingerprint of what decides about its rows now."""
        ...

    @property
    def lake(self) -> Lake:
        """Its folder."""
        ...

    @property
    def layout(self) -> Layout:
        """How its rows become files."""
        ...

    @property
    def writer(self) -> AsideWriter:
        """What writes them."""
        ...

    def look(self) -> Seen:
        """Return the log as it is now; what its newest entry has committed is in its place then.

        Raises:
            PermanentError: the sink has never run, or was erased.
        """
        ...

    def claim(self, seen: Seen, token: str, now: datetime) -> bool:
        """Take the sink over, if its log is still as it was seen."""
        ...

    def put(self, seen: Seen, changed: Changed, token: str, now: datetime) -> bool:
        """Commit a change, if the log is still as it was seen, and put its files in place."""
        ...

    def taken(
        self, seen: Seen, topic: TopicState, steps: Sequence[Step], token: str | None
    ) -> Taken:
        """Return the data files that go with the offsets that are taken back.

        Without a token it is only made sure that they can be told.

        Raises:
            PastError: they cannot.
        """
        ...


def never_ran(sink: str, path: str) -> PermanentError:
    """Return the error for a lake without a log."""
    return PermanentError(f"{sink} has never run in {path}, so it has no past to change")


def too_fast(sink: str) -> PastError:
    """Return the error for a log of which no state lasts long enough to go on from it."""
    return PastError(
        f"{sink}: its log goes on faster than a change can be worked out; what was done holds. "
        "Ask again"
    )


def partition_books(lake: PastLake, seen: Seen, key: Key, position: int) -> list[RangeBook]:
    """Return the books of a partition, of which each begins where the one before ends.

    Raises:
        PastError: they do not.
    """
    books = seen.books(key)
    if not whole(books, position):
        raise PastError(
            f"{lake.sink}: the books of partition {key[1]} have gaps or overlaps: run "
            "`yeoul verify` first. Nothing was changed"
        )
    return books


def said_again(lake: PastLake, parts: Iterable[list[RangeBook]]) -> tuple[RangeBook, ...]:
    """Return the books that an entry says, of each partition that is concerned."""
    return tuple(book for books in parts for book in coarser(books, lake.kept))


def aside_of(lake: Lake, token: str, first: int) -> Aside:
    """Return where a change writes; `first` is the number of its files."""
    return Aside(lake.folder, f"{lake.home}/{MERGING}/{token}", f"{lake.home}/dead", first)


def split(lake: PastLake, moves: Iterable[Move]) -> tuple[tuple[Move, ...], tuple[Move, ...]]:
    """Return the files of rows, and those of dead letters."""
    found, dead = tuple(moves), f"{lake.lake.home}/dead"
    rows = tuple(move for move in found if dirname(move.visible) != dead)
    return rows, tuple(move for move in found if dirname(move.visible) == dead)


def dead_files(lake: PastLake, seen: Seen) -> Mapping[str, str]:
    """Return the files of dead letters: visible name -> where it lies.

    Raises:
        PastError: one is committed and gone.
    """
    told, home = seen.told, lake.lake.home
    names = {f"{home}/dead/{name}" for name in lake.lake.folder.names(f"{home}/dead")}
    there = names - told.replaced
    files = sort_files(told.dead_files, told.merged, topic_ids(seen), there, ())
    refuse_missing(lake.sink, files.missing)
    return files.ours


def refuse_missing(sink: str, missing: tuple[str, ...]) -> None:
    """Refuse to work on a lake that lacks a file.

    Raises:
        PastError: there is one.
    """
    if missing:
        raise PastError(
            f"{sink}: {missing[0]} is committed and not there: run `yeoul verify` first. "
            "Nothing was changed"
        )


def topic_ids(seen: Seen) -> tuple[str, ...]:
    """Return the ids of the topics that the books are of."""
    return tuple({book.topic_id for book in seen.told.account.books})


def within(names: Iterable[str], topic: TopicState, steps: Iterable[Step]) -> tuple[str, ...]:
    """Return the files whose names say offsets that are taken back."""
    targets = {step.partition: step.target for step in steps if step.back}
    found = []
    for name in names:
        claim = span_of(name, [topic.topic_id])
        if claim is not None and claim.start >= targets.get(claim.partition, claim.end):
            found.append(name)
    return tuple(sorted(found))


def refuse_other_epoch(sink: str, seen: Seen, epoch: int) -> None:
    """Make sure that nobody has taken over since `epoch` was claimed.

    Raises:
        FencedError: somebody has.
    """
    if seen.last.epoch != epoch:
        raise FencedError(
            f"sink {sink!r}: a driver has taken over, at epoch {seen.last.epoch}, before it was "
            "done. Nothing was changed: ask again"
        )
