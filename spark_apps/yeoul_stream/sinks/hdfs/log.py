"""The commit log of a lake sink. Pure: what an entry holds and how one follows another.

The log is a folder of numbered files. Entry n + 1 can be created once only, by a writer that has
read entry n; so two drivers cannot both commit, and an older epoch is refused, whatever the timing.
Each entry carries the whole state (one cumulative book a partition): the newest one is enough to
start from, and older ones may be removed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import reduce
from itertools import groupby, pairwise
from posixpath import dirname
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from yeoul_stream.books import RangeBook, Totals, join
from yeoul_stream.claim import Held
from yeoul_stream.errors import PositionError, fenced
from yeoul_stream.start import Positions, Start, TopicState

_DIGITS = 20
# More files than a batch gives of one partition and folder.
_NUMBERS = 1000
REPLAYED: Final = "replayed"
"""The folder, beside that of the dead letters, of letters that are dead no more."""
Kind = Literal["claim", "start", "commit", "compact", "past"]
RESTATING: Final = ("compact", "past")
"""The kinds of entries whose books are all that count of their partitions."""


class Move(BaseModel):
    """One file of a commit: where it was written aside and the name that readers see."""

    model_config = ConfigDict(frozen=True)

    aside: str
    visible: str
    partition: int


class Entry(BaseModel):
    """One commit. `state` holds, per topic id and partition, the sum of all books so far.

    A compaction's entry adds no records: its `moves` stand for the files in `replaces`, and its
    books are those of whole partitions, said again: what earlier entries say of these is void. So
    are those of a change of the past, which may add records to partitions, or take some away:
    `replaces` are files that go, and so do those that move to the folder of what was replayed.
    `turn` is the number of the last entry that took offsets back, 0 before the first. `holder` is
    the driver that has claimed the epoch, empty where a tool has.
    """

    model_config = ConfigDict(frozen=True)

    sequence: int
    epoch: int
    token: str
    kind: Kind
    committed_at: datetime
    books: tuple[RangeBook, ...] = ()
    moves: tuple[Move, ...] = ()
    replaces: tuple[str, ...] = ()
    state: tuple[RangeBook, ...] = ()
    files: int = 0
    turn: int = 0
    holder: str = ""

    @property
    def held(self) -> Held:
        """Who may write, as of this entry."""
        return Held(self.epoch, self.holder)


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


def _next(
    last: Entry,
    kind: Kind,
    token: str,
    now: datetime,
    *,
    epoch: int | None = None,
    holder: str | None = None,
    books: tuple[RangeBook, ...] = (),
    moves: tuple[Move, ...] = (),
    replaces: tuple[str, ...] = (),
    state: tuple[RangeBook, ...] | None = None,
    more: int = 0,
    turn: int | None = None,
) -> Entry:
    """Return the entry after `last`, with `more` data files; what is not given stays as it was."""
    return Entry(
        sequence=last.sequence + 1,
        epoch=last.epoch if epoch is None else epoch,
        token=token,
        kind=kind,
        committed_at=now,
        books=books,
        moves=moves,
        replaces=replaces,
        state=last.state if state is None else state,
        files=last.files + more,
        turn=last.turn if turn is None else turn,
        holder=last.holder if holder is None else holder,
    )


def claim(last: Entry, floor: int, token: str, now: datetime, holder: str = "") -> Entry:
    """Return the entry by which a driver, or a tool, takes over, at epoch max(last + 1, floor)."""
    return _next(last, "claim", token, now, epoch=max(last.epoch + 1, floor), holder=holder)


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
    return _next(last, "start", token, now, books=tuple(books), state=tuple(state.values()))


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
    return _next(
        last, "commit", token, now,
        books=ranges, moves=files, state=tuple(state.values()), more=len(files),
    )  # fmt: skip


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
    return _next(
        last, "compact", token, now,
        books=tuple(books), moves=files, replaces=gone, more=len(files) - len(gone),
    )  # fmt: skip


def change(
    last: Entry,
    books: Iterable[RangeBook],
    moves: Iterable[Move],
    replaces: Iterable[str],
    token: str,
    now: datetime,
    *,
    files: int = 0,
    back: bool = False,
) -> Entry:
    """Return the entry by which the past of some partitions becomes another one.

    `books` are all books of these partitions, adjacent, up to where the sink stands then; `files`
    is by how many data files there are more. `back`: offsets that were committed are given up.
    """
    told = tuple(books)
    return _next(
        last,
        "past",
        token,
        now,
        books=told,
        moves=tuple(moves),
        replaces=tuple(replaces),
        state=restated(last.state, told),
        more=files,
        turn=last.sequence + 1 if back else None,
    )


def restated(state: Iterable[RangeBook], books: Iterable[RangeBook]) -> tuple[RangeBook, ...]:
    """Return the state in which `books` are all that there is of their partitions.

    Raises:
        ValueError: the books of a partition are not adjacent.
    """
    result = _by_partition(state)
    ordered = sorted(books, key=lambda b: (b.topic_id, b.partition, b.start, b.end))
    for key, mine in groupby(ordered, key=lambda b: (b.topic_id, b.partition)):
        result[key] = reduce(join, mine)
    return tuple(result.values())


def taken(entry: Entry) -> list[str]:
    """Return the visible files that the entry takes away."""
    replayed = [m.aside for m in entry.moves if dirname(m.visible).endswith(f"/{REPLAYED}")]
    return [*entry.replaces, *replayed]


def first_number(turn: int) -> int:
    """Return the number of the first file of a range, for `visible_name`.

    What was taken back is read again, and its new files must not have the names of the old ones:
    whoever removes those may be late.
    """
    return turn * _NUMBERS


def leads_on(theirs: Entry, last: Entry) -> bool:
    """Return whether a writer goes on from `theirs`, where it has left `last`.

    That is a compaction or a change of the past, of what `last` left, in the same epoch.
    """
    return (
        theirs.kind in RESTATING
        and theirs.epoch == last.epoch
        and theirs.sequence == last.sequence + 1
    )


def all_lead_on(entries: Sequence[Entry], last: Entry) -> bool:
    """Return whether a writer that has left `last` goes on from the first of `entries`.

    They are adjacent, the newest first.
    """
    if all(entry.token != last.token for entry in entries):
        return False
    later = [last, *reversed([e for e in entries if e.sequence > last.sequence])]
    return all(leads_on(theirs, before) for before, theirs in pairwise(later))


def refuse(sink: str, mine: Entry, theirs: Entry) -> Exception:
    """Return the error for losing the race for a sequence number."""
    if theirs.epoch > mine.epoch:
        return fenced(sink, mine.epoch, theirs.epoch)
    return PositionError(f"log entry {mine.sequence} was written by someone else; reading it anew")


def _by_partition(state: Iterable[RangeBook]) -> dict[tuple[str, int], RangeBook]:
    return {(book.topic_id, book.partition): book for book in state}
