"""Which files of a plain lake become one, and which books go together then. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from posixpath import dirname

from yeoul_stream.books import RangeBook, join
from yeoul_stream.rules import SKIPPED, same_columns
from yeoul_stream.sinks.hdfs.log import visible_name
from yeoul_stream.verify.facts import Key


@dataclass(frozen=True)
class Lying:
    """A visible file of the sink: the offsets that its name says, and its size in bytes."""

    name: str
    key: Key
    start: int
    end: int
    size: int


@dataclass(frozen=True)
class Merge:
    """Files of one folder that become one of the name `into`. Offsets ascend."""

    files: tuple[str, ...]
    into: str
    partition: int


@dataclass(frozen=True)
class Plan:
    """What to merge, and all books of the partitions that are concerned, as they are then."""

    merges: tuple[Merge, ...] = ()
    books: tuple[RangeBook, ...] = ()


@dataclass(frozen=True)
class Aim:
    """Files of about `target` bytes for rows of `rules`; names end with `number` or a later one.

    What was written with other columns than `rules` says stays as it is: merged, it would lose
    those that the sink has not any more.
    """

    target: int
    number: int
    rules: str = ""

    def takes(self, book: RangeBook) -> bool:
        """Return whether the book's files may be merged."""
        known = bool(book.rules) and same_columns(book.rules, self.rules)
        return not book.parts and book.rules != SKIPPED and (known or not book.read)


def plan(books: Iterable[RangeBook], files: Iterable[Lying], aim: Aim) -> Plan:
    """Return what to do so that files come near the target.

    Neighbouring ranges of one partition under the same rules become one book when their files
    together reach the target. Within each folder their files become one, or several where one would
    be larger. A new file's name says the offsets from the first of its files to the last, and ends
    with a number that no file's name has yet.
    """
    lying: dict[Key, list[Lying]] = {}
    for file in files:
        lying.setdefault(file.key, []).append(file)
    merges: list[Merge] = []
    told: list[RangeBook] = []
    ordered = sorted(books, key=lambda b: (b.topic_id, b.partition, b.start, b.end))
    for key, mine in groupby(ordered, key=lambda b: (b.topic_id, b.partition)):
        found = _partition(list(mine), lying.get(key, []), aim)
        if found.merges:
            merges += found.merges
            told += found.books
    return Plan(tuple(merges), tuple(told))


def _partition(books: Sequence[RangeBook], files: Sequence[Lying], aim: Aim) -> Plan:
    merges: list[Merge] = []
    told: list[RangeBook] = []
    for group in _groups(books, files, aim):
        whole = group[0]
        for book in group[1:]:
            whole = join(whole, book)
        inside = [f for f in files if whole.start <= f.start and f.end <= whole.end]
        found = list(_merges(whole, inside, aim)) if aim.takes(whole) else []
        merges += found
        # Where no file would be merged, nothing is gained by coarser books.
        told += [whole] if found else group
    return Plan(tuple(merges), tuple(told))


def _groups(
    books: Sequence[RangeBook], files: Sequence[Lying], aim: Aim
) -> Iterator[list[RangeBook]]:
    """Yield neighbouring books that may be merged, until their files reach the target."""
    sizes = _sizes(books, files)
    group: list[RangeBook] = []
    held = 0
    for book in books:
        if group and (held >= aim.target or not _together(group, book, aim)):
            yield group
            group, held = [], 0
        group.append(book)
        held += sizes[book.start]
    if group:
        yield group


def _together(group: Sequence[RangeBook], book: RangeBook, aim: Aim) -> bool:
    fit = aim.takes(group[-1]) and aim.takes(book) and group[-1].end == book.start
    rules = {one.rules for one in (*group, book) if one.read}
    return fit and len(rules) <= 1


def _sizes(books: Sequence[RangeBook], files: Sequence[Lying]) -> Mapping[int, int]:
    """Return start of book -> bytes of its files."""
    sizes = {book.start: 0 for book in books}
    ends = {book.start: book.end for book in books}
    starts = sorted(sizes)
    at = 0
    for file in sorted(files, key=lambda f: f.start):
        while at + 1 < len(starts) and starts[at + 1] <= file.start:
            at += 1
        if starts and starts[at] <= file.start and file.end <= ends[starts[at]]:
            sizes[starts[at]] += file.size
    return sizes


def _merges(book: RangeBook, files: Sequence[Lying], aim: Aim) -> Iterator[Merge]:
    ordered = sorted(files, key=lambda f: (dirname(f.name), f.start, f.end, f.name))
    for folder, mine in groupby(ordered, key=lambda f: dirname(f.name)):
        chunk: list[Lying] = []
        held, made = 0, 0
        for file in [*mine, None]:
            if file is None or (chunk and held + file.size > aim.target * 3 // 2):
                if len(chunk) > 1:
                    yield _merge(book, folder, chunk, aim.number + made)
                    made += 1
                chunk, held = [], 0
            if file is not None:
                chunk.append(file)
                held += file.size


def _merge(book: RangeBook, folder: str, chunk: Sequence[Lying], number: int) -> Merge:
    spanned = RangeBook(
        book.topic_id,
        book.topic,
        book.partition,
        min(file.start for file in chunk),
        max(file.end for file in chunk),
    )
    name = visible_name(spanned, number)
    into = f"{folder}/{name}" if folder else name
    return Merge(tuple(file.name for file in chunk), into, book.partition)
