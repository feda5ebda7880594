"""What a lake's commit log says: books, and which file holds which offsets. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from posixpath import dirname

from yeoul_stream.books import RangeBook
from yeoul_stream.errors import PositionError
from yeoul_stream.records.digest import add
from yeoul_stream.rules import SKIPPED
from yeoul_stream.sinks.hdfs import log
from yeoul_stream.verify.facts import Account, Key


@dataclass(frozen=True)
class Span:
    """Offsets [start, end) of a partition, as a file's name says."""

    topic_id: str
    partition: int
    start: int
    end: int

    @property
    def key(self) -> Key:
        """The partition."""
        return (self.topic_id, self.partition)


@dataclass(frozen=True)
class History:
    """The log as it was read: the account, and the files of the entries that are still there.

    `files` is visible name -> where the file was written aside. `merged` has, per partition, the
    offset up to which entries were removed from the log. `replaced` are files that were replaced
    or taken back.
    """

    account: Account
    files: dict[str, str]
    dead_files: dict[str, str]
    merged: dict[Key, int]
    replaced: frozenset[str] = frozenset()
    missing_entries: tuple[int, ...] = ()
    broken_entries: tuple[int, ...] = ()


def history(entries: Sequence[log.Entry]) -> History:
    """Return what the entries say, in any order; the newest of them is the sink's state."""
    ordered = sorted(entries, key=lambda entry: entry.sequence)
    if not ordered:
        return History(Account({}, ()), {}, {}, {})
    newest = ordered[-1]
    known = {entry.sequence for entry in ordered}
    missing = tuple(n for n in range(ordered[0].sequence, newest.sequence) if n not in known)
    books = list(standing_books(ordered))
    base = [merged_book(*piece) for state in newest.state for piece in _pieces(state, books)]
    files, gone = _files(ordered)
    rows = {visible: path for visible, path in files.items() if not visible.startswith("_yeoul/")}
    dead = {visible: path for visible, path in files.items() if dirname(visible).endswith("/dead")}
    positions = {(book.topic_id, book.partition): book.end for book in newest.state}
    merged = [book for book in base if book is not None]
    return History(
        account=Account(positions, tuple(sorted([*merged, *books], key=_order))),
        files=rows,
        dead_files=dead,
        merged=_removed(ordered),
        replaced=gone,
        missing_entries=missing,
        broken_entries=tuple(_broken(ordered)),
    )


def standing_books(ordered: Sequence[log.Entry]) -> Iterator[RangeBook]:
    """Yield the single books that count; some entries say those of their partitions again.

    A book without offsets stands for a partition of which nothing is left.
    """
    said_again: dict[Key, int] = {}
    for entry in ordered:
        if entry.kind in log.RESTATING:
            said_again |= {(b.topic_id, b.partition): entry.sequence for b in entry.books}
    for entry in ordered:
        for book in entry.books:
            counts = entry.sequence >= said_again.get((book.topic_id, book.partition), 0)
            if counts and book.start < book.end:
                yield book


def _files(ordered: Iterable[log.Entry]) -> tuple[dict[str, str], frozenset[str]]:
    """Return visible name -> where it was written aside, and the names of files that are gone."""
    files: dict[str, str] = {}
    gone: set[str] = set()
    for entry in ordered:
        gone |= set(log.taken(entry))
        for name in log.taken(entry):
            files.pop(name, None)
        files |= {move.visible: move.aside for move in entry.moves}
    return files, frozenset(gone - files.keys())


def _removed(ordered: Sequence[log.Entry]) -> dict[Key, int]:
    """Return per partition the offset up to which the commits' entries were removed.

    What a compaction or a change of the past says again does not tell which files there are.
    """
    if ordered[0].sequence == 1:
        return {}
    there: dict[Key, int] = {}
    for entry in ordered:
        for book in entry.books if entry.kind == "commit" else ():
            key = (book.topic_id, book.partition)
            there[key] = min(there.get(key, book.start), book.start)
    state = ordered[-1].state
    keys = {(book.topic_id, book.partition): book.end for book in state}
    return {key: there.get(key, end) for key, end in keys.items()}


def merged_book(state: RangeBook, books: Iterable[RangeBook]) -> RangeBook | None:
    """Return the part of a cumulative book that its single books do not tell; None when nothing."""
    mine = tuple(books)
    end = min((book.start for book in mine), default=state.end)
    if not mine and not state.read and not state.lost and state.rules != SKIPPED:
        return None  # only a start was recorded
    rest = replace(state, end=end)
    for book in mine:
        dead = {key: rest.dead.get(key, 0) - book.dead.get(key, 0) for key in rest.dead}
        rest = replace(
            rest,
            read=rest.read - book.read,
            written=rest.written - book.written,
            filtered=rest.filtered - book.filtered,
            dead={key: count for key, count in dead.items() if count},
            unknown_keys=rest.unknown_keys - book.unknown_keys,
            lost=rest.lost - book.lost,
            digest=add(rest.digest, -book.digest),
        )
    empty = rest.start == rest.end and not (rest.read or rest.written or rest.digest)
    return None if empty else rest


def _pieces(
    state: RangeBook, books: Iterable[RangeBook]
) -> Iterator[tuple[RangeBook, list[RangeBook]]]:
    """Yield a cumulative book, cut where the rules changed, with the single books of each piece."""
    mine = [b for b in books if (b.topic_id, b.partition) == (state.topic_id, state.partition)]
    *before, last = state.cut
    for part in before:
        yield part, [book for book in mine if part.start <= book.start < part.end]
    # The newest piece may have been set back after its books were written.
    last = replace(last, end=min(last.end, state.end), parts=())
    yield last, [book for book in mine if book.start >= last.start]


def _broken(ordered: Sequence[log.Entry]) -> Iterable[int]:
    """Yield the entries whose state is not that of the entry before plus their books."""
    for before, entry in pairwise(ordered):
        if entry.sequence != before.sequence + 1 or entry.kind not in ("commit", "past"):
            continue
        try:
            redone = _redone(before, entry)
        except (PositionError, ValueError):
            yield entry.sequence
            continue
        if _sums(redone) != _sums(entry.state):
            yield entry.sequence


def _redone(before: log.Entry, entry: log.Entry) -> tuple[RangeBook, ...]:
    if entry.kind == "past":
        return log.restated(before.state, entry.books)
    return log.commit(before, entry.books, (), entry.token, entry.committed_at).state


def _sums(state: Iterable[RangeBook]) -> dict[Key, tuple[object, ...]]:
    return {
        (b.topic_id, b.partition): (b.start, b.end, b.read, b.written, b.filtered, b.digest)
        for b in state
    }


def _order(book: RangeBook) -> tuple[str, int, int, int]:
    return (book.topic_id, book.partition, book.start, book.end)


def span_of(path: str, topic_ids: Iterable[str]) -> Span | None:
    """Return the offsets that a file's name claims; None where it is not a name of ours."""
    name = path.rsplit("/", 1)[-1]
    for topic_id in topic_ids:
        short = re.escape(topic_id[:8])
        found = re.search(rf"-{short}-(\d+)-(\d{{20}})-(\d{{20}})(?:-\d+)?\.parquet$", name)
        if found:
            partition, start, end = (int(part) for part in found.groups())
            return Span(topic_id, partition, start, end)
    return None


def hidden(path: str) -> bool:
    """Return whether readers skip the file: the rule of Spark and Hive for each part of a path."""
    return any(
        (part.startswith("_") and "=" not in part) or part.startswith(".")
        for part in path.split("/")
    )
