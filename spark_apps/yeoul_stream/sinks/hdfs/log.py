"""The commit log of a lake sink. Pure: what an entry holds and how one follows another.

The log is a folder of numbered files. Entry n + 1 can be created once only, by a writer that has
read entry n; so two drivers cannot both commit, and an older epoch is refused, whatever the timing.
Each entry carries the whole state (one cumulative book a partition): the newest one is enough to
start from, and older ones may be removed.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from yeoul_stream.books import RangeBook, Totals, join
from yeoul_stream.errors import PositionError, fenced
from yeoul_stream.start import Positions, Start, TopicState

_DIGITS = 20


class Move(BaseModel):
    """One file of a commit: where it was written aside and the name that readers see."""

    model_config = ConfigDict(frozen=True)

    aside: str
    visible: str
    partition: int


class Entry(BaseModel):
    """One commit. `state` holds, per topic id and partition, the sum of all books so far.

    A compaction's entry adds no records: its `moves` stand for the files in `replaces`, and its
    books are those of whole partitions, said again: what earlier entries say of these is void.
    """

    model_config = ConfigDict(frozen=True)

    sequence: int
    epoch: int
    token: str
    kind: Literal["claim", "start", "commit", "compact"]
    committed_at: datetime
    books: tuple[RangeBook, ...] = ()
    moves: tuple[Move, ...] = ()
    replaces: tuple[str, ...] = ()
    state: tuple[RangeBook, ...] = ()
    files: int = 0


EMPTY = Entry(
    sequence=0, epoch=0, token="", kind="claim", committed_at=datetime.fromtimestamp(0).astimezone()
)


def entry_name(sequence: int) -> str:
    """Return the file name of an entry; names sort as their numbers do."""
    return f"{sequence:0{_DIGITS}d}.json"


def sequence_of(name: str) -> int | None:
    """Return the number of a file name of the log, None for any other file."""
    stem, _, suffix = name.partition(".")
    return int(stem) if suffix == "json" and stem.isdigit() else None


def visible_name(book: RangeBook, number: int) -> str:
    """Return the name of a data file: topic, start of its id, partition, [start, end) and number.

    The id keeps the files of a recreated topic apart from those of the one before.
    """
    span = f"{book.start:0{_DIGITS}d}-{book.end:0{_DIGITS}d}"
    extra = f"-{number}" if number else ""
    return f"{book.topic}-{book.topic_id[:8]}-{book.partition}-{span}{extra}.parquet"


def positions(entry: Entry, topic: TopicState) -> Positions:
    """Return the committed next offsets under the topic's present id."""
    mine = {book.partition: book.end for book in entry.state if book.topic_id == topic.topic_id}
    others = any(b.topic_id != topic.topic_id for b in entry.state if b.topic == topic.name)
    return Positions(mine, other_topic_ids=others)


def totals(entry: Entry) -> Totals:
    """Return the sums over everything the sink ever committed."""
    return Totals().plus(entry.state)


def claim(last: Entry, floor: int, token: str, now: datetime) -> Entry:
    """Return the entry by which a new driver takes over, at epoch max(last + 1, floor)."""
    return Entry(
        sequence=last.sequence + 1,
        epoch=max(last.epoch + 1, floor),
        token=token,
        kind="claim",
        committed_at=now,
        state=last.state,
        files=last.files,
    )


def start(
    last: Entry, topic: TopicState, starts: Iterable[Start], token: str, now: datetime
) -> Entry | None:
    """Return the entry that records where each partition starts; None when nothing changes."""
    state = _by_partition(last.state)
    books = []
    for begin in starts:
        key = (topic.topic_id, begin.partition)
        before = state.get(key)
        if before is None:
            origin = begin.offset - begin.lost
            before = RangeBook(topic.topic_id, topic.name, begin.partition, origin, origin)
            state[key] = before
        if begin.lost:
            lost = replace(
                RangeBook(topic.topic_id, topic.name, begin.partition, before.end, begin.offset),
                lost=begin.lost, epoch=last.epoch,
            )  # fmt: skip
            books.append(lost)
            state[key] = join(before, lost)
        elif before.end != begin.offset:
            state[key] = replace(before, end=begin.offset)
    if tuple(state.values()) == last.state:
        return None
    return Entry(
        sequence=last.sequence + 1,
        epoch=last.epoch,
        token=token,
        kind="start",
        committed_at=now,
        books=tuple(books),
        state=tuple(state.values()),
        files=last.files,
    )


def commit(
    last: Entry, books: Iterable[RangeBook], moves: Iterable[Move], token: str, now: datetime
) -> Entry:
    """Return the entry that commits `books` with the files of `moves`.

    Raises:
        PositionError: a book does not begin where its partition stands.
    """
    ranges = tuple(replace(book, epoch=last.epoch, committed_at=now) for book in books)
    files = tuple(moves)
    state = _by_partition(last.state)
    for book in ranges:
        key = (book.topic_id, book.partition)
        before = state.get(key)
        if before is not None and before.end != book.start:
            raise PositionError(
                f"partition {book.partition}: the batch begins at {book.start}, "
                f"the sink stands at {before.end}"
            )
        state[key] = book if before is None else join(before, book)
    return Entry(
        sequence=last.sequence + 1,
        epoch=last.epoch,
        token=token,
        kind="commit",
        committed_at=now,
        books=ranges,
        moves=files,
        state=tuple(state.values()),
        files=last.files + len(files),
    )


def compact(
    last: Entry,
    books: Iterable[RangeBook],
    moves: Iterable[Move],
    replaces: Iterable[str],
    token: str,
    now: datetime,
) -> Entry:
    """Return the entry by which the files of `moves` take the place of others.

    `books` are all books of the partitions that it is about.
    """
    files, gone = tuple(moves), tuple(replaces)
    return Entry(
        sequence=last.sequence + 1,
        epoch=last.epoch,
        token=token,
        kind="compact",
        committed_at=now,
        books=tuple(books),
        moves=files,
        replaces=gone,
        state=last.state,
        files=last.files + len(files) - len(gone),
    )


def is_compaction(theirs: Entry, last: Entry) -> bool:
    """Return whether `theirs` is a compaction of what `last` left, which a writer goes on from."""
    return (
        theirs.kind == "compact"
        and theirs.epoch == last.epoch
        and theirs.sequence == last.sequence + 1
    )


def refuse(sink: str, mine: Entry, theirs: Entry) -> Exception:
    """Return the error for losing the race for a sequence number."""
    if theirs.epoch > mine.epoch:
        return fenced(sink, mine.epoch, theirs.epoch)
    return PositionError(f"log entry {mine.sequence} was written by someone else; reading it anew")


def _by_partition(state: Iterable[RangeBook]) -> dict[tuple[str, int], RangeBook]:
    return {(book.topic_id, book.partition): book for book in state}
