"""Dead letters of a lake once more: one entry for all that are good now.

The letters of each book are one task. The files of dead letters that it has given are put away, and
those that stay dead, or were not asked about, lie in a new one. Letters keep their file while none
of its book has become good.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from posixpath import basename
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from yeoul_stream.books import RangeBook, merge_counts, revised
from yeoul_stream.past.lake import (
    TRIES,
    Changed,
    PastLake,
    Seen,
    aside_of,
    dead_files,
    partition_books,
    said_again,
    split,
    too_fast,
    topic_ids,
)
from yeoul_stream.past.outcome import Replayed
from yeoul_stream.sinks.hdfs import log
from yeoul_stream.sinks.hdfs.aside import found
from yeoul_stream.sinks.hdfs.log import REPLAYED, Move
from yeoul_stream.spark import RAW_SCHEMA
from yeoul_stream.tally import Tally
from yeoul_stream.verify.check_lake import files_of_books
from yeoul_stream.verify.facts import Key


@dataclass(frozen=True)
class _Task:
    """The dead letters of one book: those to be judged anew, the others, and their files."""

    book: RangeBook
    letters: pa.Table
    others: pa.Table
    files: tuple[str, ...]

    def revised(self, tally: Tally) -> RangeBook:
        """Return the book when `tally` is what became of the letters."""
        were = Counter(self.letters.column("reason").to_pylist())
        still = {reason: -count for reason, count in tally.dead.items()}
        bare = RangeBook(
            self.book.topic_id, self.book.topic, self.book.partition, self.book.start, self.book.end
        )
        return revised(
            self.book,
            replace(
                bare,
                written=tally.written,
                filtered=tally.filtered,
                dead=merge_counts(were, still),
                digest=tally.digest,
            ),
        )


def replay_lake(lake: PastLake, reason: str | None) -> Replayed:
    """Judge the lake's dead letters anew, all or those of a reason, and write what is good."""
    for _ in range(TRIES):
        seen, token = lake.look(), uuid.uuid4().hex
        tasks = _tasks(lake, seen, reason)
        if not tasks:
            return Replayed(lake.sink)
        # The number of the entry that is to come: no other has files of these names.
        aside = aside_of(lake.lake, token, log.first_number(seen.last.sequence + 1))
        others = {
            number: task.others.combine_chunks().to_batches()[0]
            for number, task in enumerate(tasks)
            if task.others.num_rows
        }
        tallies = lake.writer.write_letters(
            _records(lake, tasks), others, lake.layout, aside, token
        )
        alive = {n: task for n, task in enumerate(tasks) if _alive(tallies[n])}
        moves = found(aside, {number: task.book for number, task in alive.items()})
        books = [(task.book, task.revised(tallies[number])) for number, task in alive.items()]
        done = not alive or _commit(lake, seen, list(alive.values()), books, moves, token)
        lake.lake.folder.delete(aside.path)
        if done:
            return Replayed(
                lake.sink,
                sum(tally.written for tally in tallies.values()),
                sum(tally.filtered for tally in tallies.values()),
                sum(sum(tally.dead.values()) for tally in tallies.values()),
            )
    raise too_fast(lake.sink)


def _alive(tally: Tally) -> bool:
    return bool(tally.written or tally.filtered)


def _tasks(lake: PastLake, seen: Seen, reason: str | None) -> list[_Task]:
    books, files = seen.told.account.books, dead_files(lake, seen)
    letters = lake.lake.letters(files)
    tasks = []
    for index, names in files_of_books(books, files, topic_ids(seen)).items():
        mine = pa.concat_tables(letters[name] for name in names).sort_by("offset")
        asked = pc.or_(pa.scalar(reason is None), pc.equal(mine.column("reason"), reason or ""))
        chosen = mine.filter(asked)
        if chosen.num_rows:
            tasks.append(_Task(books[index], chosen, mine.filter(pc.invert(asked)), names))
    return tasks


def _records(lake: PastLake, tasks: Sequence[_Task]) -> DataFrame:
    """Return the letters' records as Kafka gave them, each book's in a partition of its own."""
    slices: list[list[tuple[Any, ...]]] = [
        [
            (row["key"], row["payload"], task.book.partition, row["offset"], row["kafka_time"])
            for row in task.letters.to_pylist()
        ]
        for task in tasks
    ]
    spark = lake.lake.spark
    rows = spark.sparkContext.parallelize(slices, len(slices)).flatMap(list)
    return spark.createDataFrame(rows, T.StructType(RAW_SCHEMA.fields))


def _commit(
    lake: PastLake,
    seen: Seen,
    tasks: Sequence[_Task],
    books: Sequence[tuple[RangeBook, RangeBook]],
    moves: Sequence[Move],
    token: str,
) -> bool:
    """Commit; False where what was read is not what is there any more."""
    turn, home = seen.last.turn, lake.lake.home
    away = [
        Move(
            aside=name, visible=f"{home}/{REPLAYED}/{basename(name)}", partition=task.book.partition
        )
        for task in tasks
        for name in task.files
    ]
    rows, letters = split(lake, moves)
    for _ in range(TRIES):
        parts = _restated(lake, seen, books)
        there = dead_files(lake, seen)
        if parts is None or seen.last.turn != turn or any(m.aside not in there for m in away):
            return False
        changed = Changed(said_again(lake, parts), rows, (*away, *letters))
        if lake.put(seen, changed, token, datetime.now(UTC)):
            return True
        seen = lake.look()
    raise too_fast(lake.sink)


def _restated(
    lake: PastLake, seen: Seen, books: Sequence[tuple[RangeBook, RangeBook]]
) -> list[list[RangeBook]] | None:
    """Return all books of the partitions concerned, with the new ones; None where one is gone."""
    positions = seen.told.account.positions
    parts: dict[Key, list[RangeBook]] = {}
    for old, new in books:
        key = (old.topic_id, old.partition)
        if key not in parts:
            parts[key] = partition_books(lake, seen, key, positions[key])
        if old not in parts[key]:
            return None
        parts[key][parts[key].index(old)] = new
    return list(parts.values())
