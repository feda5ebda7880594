"""What a sink holds in a folder of HDFS, and its removal.

A file is the sink's if its name says so, with a topic, a topic's id and a partition that the books
know: the log's newest entry knows all of them, even where older entries were removed. Everything
else in the folder stays. The log goes last: as long as it is there, what is left can still be told.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from posixpath import dirname

from yeoul_stream.books import RangeBook
from yeoul_stream.errors import PositionError
from yeoul_stream.sinks.hdfs import log
from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder
from yeoul_stream.sinks.hdfs.sink import read_last_entry

_REST = r"\d{20}-\d{20}(-\d+)?\.parquet"


@dataclass(frozen=True)
class Lake:
    """A sink's folders; `home` is that of its bookkeeping, relative to `data`."""

    data: HadoopFolder
    home: str
    checkpoint: HadoopFolder | None = None


@dataclass(frozen=True)
class Holdings:
    """What a sink holds: visible data files, files of dead letters, and whether it has a log."""

    files: tuple[str, ...] = ()
    dead_files: int = 0
    has_log: bool = False
    set_aside: int = 0
    """Files that `verify --repair` has moved away: they may be anybody's, and stay."""


def look(lake: Lake) -> Holdings:
    """Return what the sink holds."""
    last = read_last_entry(lake.data, lake.home)
    dead, removed = (
        len(tuple(lake.data.files(f"{lake.home}/{name}"))) for name in ("dead", "removed")
    )
    return Holdings(tuple(_ours(lake, last)), dead, bool(last.sequence), removed)


def remove(lake: Lake, sink: str, floor: int) -> Holdings:
    """Remove everything, and return what was removed.

    Raises:
        PositionError: a driver writes at this moment; it can be tried again.
    """
    _claim(lake, sink, floor)
    held = look(lake)
    for path in held.files:
        lake.data.delete(path)
    for folder in _folders(held.files):
        lake.data.delete_empty(folder)
    if lake.checkpoint is not None:
        for name in lake.checkpoint.names(""):
            if name.startswith("_epoch-"):
                lake.checkpoint.delete(name)
        lake.checkpoint.delete_empty("")
    for name in ("aside", "merging", "unfinished", "dead", "replayed", "log"):
        lake.data.delete(f"{lake.home}/{name}")
    lake.data.delete_empty(lake.home)
    lake.data.delete_empty(dirname(lake.home))
    return held


def _claim(lake: Lake, sink: str, floor: int) -> None:
    """Take the sink over, so that no driver that is still there can commit."""
    last = read_last_entry(lake.data, lake.home)
    if not last.sequence:
        return
    entry = log.claim(last, floor, uuid.uuid4().hex, datetime.now(UTC))
    path = f"{lake.home}/log/{log.entry_name(entry.sequence)}"
    aside = f"{lake.home}/unfinished/{entry.token}"
    if not lake.data.put_if_absent(path, aside, entry.model_dump_json()):
        raise PositionError(f"sink {sink!r}: its log goes on while it is erased; try again")


def _ours(lake: Lake, last: log.Entry) -> Iterator[str]:
    names = [re.compile(rf"{re.escape(prefix)}{_REST}") for prefix in prefixes(last.state)]
    for path in lake.data.files(""):
        # What was committed last may not be shown yet; it lies in the home, and goes with it.
        if path.startswith(f"{lake.home}/"):
            continue
        if any(name.fullmatch(path.rsplit("/", 1)[-1]) for name in names):
            yield path


def prefixes(state: Iterable[RangeBook]) -> set[str]:
    """Return how the names of all files begin that the books tell of."""
    return {log.visible_name(book, 0).removesuffix(_span(book)) for book in state}


def _span(book: RangeBook) -> str:
    return f"{book.start:020d}-{book.end:020d}.parquet"


def _folders(files: Iterable[str]) -> list[str]:
    """Return the folders that files lay in, from the innermost outwards, without the root."""
    folders = set()
    for path in files:
        folder = dirname(path)
        while folder:
            folders.add(folder)
            folder = dirname(folder)
    return sorted(folders, key=len, reverse=True)
