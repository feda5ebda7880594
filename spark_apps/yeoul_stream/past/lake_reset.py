"""Moving a lake's position: files go as a whole, and the books that told of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from yeoul_stream.books import RangeBook
from yeoul_stream.past.holes import Move, moves
from yeoul_stream.past.lake import (
    TRIES,
    Changed,
    PastLake,
    Seen,
    aside_of,
    dead_files,
    partition_books,
    refuse_other_epoch,
    said_again,
    too_fast,
    within,
)
from yeoul_stream.past.restating import moved
from yeoul_stream.sinks.hdfs.log import REPLAYED
from yeoul_stream.start import TopicState


def reset_lake(
    lake: PastLake, topic: TopicState, wanted: Mapping[int, int], *, apply: bool
) -> tuple[Move, ...]:
    """Return how the positions move to `wanted`, and with `apply` move them.

    Raises:
        PastError: rows would have to go that cannot be told from others.
        FencedError: a driver has taken over meanwhile.
    """
    seen = lake.look()
    steps = _steps(lake, seen, topic, wanted)
    if not apply or not steps:
        lake.taken(seen, topic, steps, None)
        return steps
    epoch = _claim(lake, seen)
    for _ in range(TRIES):
        # What is counted now stays as it is: nobody commits any more.
        seen, token = lake.look(), uuid.uuid4().hex
        refuse_other_epoch(lake.sink, seen, epoch)
        steps = _steps(lake, seen, topic, wanted)
        if not steps or _put(lake, seen, topic, steps, token):
            return steps
    raise too_fast(lake.sink)


def _claim(lake: PastLake, seen: Seen) -> int:
    """Take the sink over, so that no driver that is still there can commit; return the epoch."""
    for _ in range(TRIES):
        if lake.claim(seen, uuid.uuid4().hex, datetime.now(UTC)):
            return lake.look().last.epoch
        seen = lake.look()
    raise too_fast(lake.sink)


def _steps(
    lake: PastLake, seen: Seen, topic: TopicState, wanted: Mapping[int, int]
) -> tuple[Move, ...]:
    positions = seen.positions(topic)
    books: list[RangeBook] = []
    for partition, position in positions.items():
        books += partition_books(lake, seen, (topic.topic_id, partition), position)
    return moves(topic, positions, books, wanted)


def _put(lake: PastLake, seen: Seen, topic: TopicState, steps: Sequence[Move], token: str) -> bool:
    taken = lake.taken(seen, topic, steps, token)
    home, folder = lake.lake.home, lake.lake.folder
    letters = [
        *dead_files(lake, seen),
        *(f"{home}/{REPLAYED}/{n}" for n in folder.names(f"{home}/{REPLAYED}")),
    ]
    dropped = (*taken.dropped, *within(letters, topic, steps))
    parts = []
    for step in steps:
        like = RangeBook(topic.topic_id, topic.name, step.partition, 0, 0, epoch=seen.last.epoch)
        books = seen.books((topic.topic_id, step.partition))
        parts.append(moved(books, step, like))
    changed = Changed(
        said_again(lake, parts),
        taken=replace(taken, dropped=dropped),
        back=any(step.back for step in steps),
    )
    if not lake.put(seen, changed, token, datetime.now(UTC)):
        return False
    folder.delete(aside_of(lake.lake, token, 0).path)
    return True
