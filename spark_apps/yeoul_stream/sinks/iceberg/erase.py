"""What a sink holds in an Iceberg table, and its removal: the table goes with all its rows.

The sink has created the table, and nobody else's rows belong there. What lies in the table's folder
beside `data`, `metadata` and the sink's own bookkeeping stays.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from posixpath import dirname

from yeoul_stream.errors import PositionError
from yeoul_stream.sinks.hdfs import log
from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder
from yeoul_stream.sinks.iceberg.table import Change, Table


@dataclass(frozen=True)
class Place:
    """A sink's table and folders; `home` is that of its bookkeeping, relative to `folder`."""

    table: Table
    folder: HadoopFolder
    home: str
    owner: str
    checkpoint: HadoopFolder | None = None


@dataclass(frozen=True)
class Holdings:
    """What a sink holds; `foreign` names the table's owner where it is another sink."""

    table: bool = False
    files: int = 0
    dead_files: int = 0
    foreign: str | None = None


def look(place: Place) -> Holdings:
    """Return what the sink holds."""
    dead = len(tuple(place.folder.files(f"{place.home}/dead")))
    if not place.table.load():
        return Holdings(dead_files=dead)
    if place.table.owner != place.owner:
        return Holdings(dead_files=dead, foreign=place.table.owner or "nobody that is known")
    return Holdings(True, place.table.count_files(), dead)


def remove(place: Place, sink: str, floor: int) -> Holdings:
    """Remove everything, and return what was removed.

    Raises:
        PositionError: a driver writes at this moment; it can be tried again.
    """
    held = look(place)
    if held.table:
        _claim(place.table, sink, floor)
        place.table.drop()
        for name in ("data", "metadata"):
            place.folder.delete(name)
    if place.checkpoint is not None:
        for name in place.checkpoint.names(""):
            if name.startswith("_epoch-"):
                place.checkpoint.delete(name)
        place.checkpoint.delete_empty("")
    place.folder.delete(place.home)
    place.folder.delete_empty(dirname(place.home))
    place.folder.delete_empty("")
    return held


def _claim(table: Table, sink: str, floor: int) -> None:
    """Take the sink over, so that no driver that is still there can commit."""
    last = table.last()
    entry = log.claim(last, floor, uuid.uuid4().hex, datetime.now(UTC))
    try:
        table.append(lambda _: entry, last, Change(), sink, exactly=True)
    except PositionError:
        raise PositionError(f"sink {sink!r}: it goes on while it is erased; try again") from None
