"""What a snapshot's summary says of the sink. Pure.

An entry is what it is in the log of a plain lake (`sinks.hdfs.log`): the books of one commit and
the state after it. Here it travels in the summary of the snapshot that adds the rows, so the two
are there or not there together, and a table that is rolled back takes its position back with it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from yeoul_stream.errors import PermanentError
from yeoul_stream.sinks.hdfs import log

ENTRY: Final = "yeoul.entry"
EPOCH: Final = "yeoul.epoch"
POSITION: Final = "yeoul.position"
# A property of the table: the sink that it belongs to.
OWNER: Final = "yeoul.owner"
# A tag on the newest snapshot with an entry: what other tools expire, they leave that.
TAG: Final = "yeoul"


class PositionLostError(PermanentError):
    """The table does not tell any more how far it is."""


@dataclass(frozen=True)
class Snapshot:
    """A snapshot as far as it matters here; `number` ascends with every commit to the table."""

    id: int
    number: int
    parent: int | None
    summary: Mapping[str, str] = field(default_factory=dict)


Find = Callable[[int], Snapshot | None]
"""Gives a snapshot by its id, None where it was expired."""


def summary_of(entry: log.Entry) -> dict[str, str]:
    """Return what goes into a snapshot's summary: the entry, and its gist for people."""
    positions = " ".join(
        f"{book.topic}-{book.topic_id[:8]}-{book.partition}:{book.end}" for book in entry.state
    )
    return {
        ENTRY: entry.model_dump_json(exclude_defaults=True),
        EPOCH: str(entry.epoch),
        POSITION: positions,
    }


def entry_of(summary: Mapping[str, str]) -> log.Entry | None:
    """Return the entry in a summary; None where the commit was not one of the sink's."""
    text = summary.get(ENTRY)
    return None if text is None else log.Entry.model_validate_json(text)


def newest(find: Find, current: int | None, tagged: int | None, place: str) -> log.Entry:
    """Return the newest entry in the history of `current`; `log.EMPTY` where there is none.

    Commits of others, such as compactions, stand between the sink's own and carry no entry. Where
    such a one is the oldest that was not expired, the tagged snapshot goes on from there.

    Raises:
        PositionLostError: the history is cut off, and the tag does not go on from it.
    """
    oldest = None
    for oldest in _ancestors(find, current):
        entry = entry_of(oldest.summary)
        if entry is not None:
            return entry
    if tagged is None and (oldest is None or oldest.parent is None):
        return log.EMPTY
    before = find(tagged) if tagged is not None else None
    entry = entry_of(before.summary) if before is not None else None
    if before is None or entry is None or oldest is None or before.number >= oldest.number:
        raise PositionLostError(
            f"the snapshots of {place} do not tell the sink's position any more: they were expired "
            f'together with the tag "{TAG}", or the table was rolled back to before the first of '
            "them. Roll the table forward, or erase the sink and let it begin anew"
        )
    return entry


def entries(find: Find, current: int | None, tagged: int | None, place: str) -> list[log.Entry]:
    """Return all entries that the history still tells, the newest first; see `newest`."""
    told = (entry_of(snapshot.summary) for snapshot in _ancestors(find, current))
    found = list(_adjacent(entry for entry in told if entry is not None))
    last = newest(find, current, tagged, place)
    return found or ([last] if last.sequence else [])


def _ancestors(find: Find, current: int | None) -> Iterator[Snapshot]:
    while current is not None and (snapshot := find(current)) is not None:
        yield snapshot
        current = snapshot.parent


def _adjacent(found: Iterable[log.Entry]) -> Iterator[log.Entry]:
    """Yield the newest entries for as long as each is followed by the one before it."""
    expected: int | None = None
    for entry in found:
        if expected is not None and entry.sequence != expected:
            return
        yield entry
        expected = entry.sequence - 1
