"""Compaction of a plain lake: files are merged aside, then one log entry puts them in place.

Whatever is killed, the rows are there once: before the entry nothing has changed but hidden files,
and after it the next driver or the next compaction does the renaming that is left. The entry can be
written only by who has read the one before, as any other; a driver that runs meanwhile goes on
from it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from posixpath import dirname
from typing import Final

from pyspark.sql import SparkSession

from yeoul_stream.compact.plan import Aim, Lying, Merge, Plan, plan
from yeoul_stream.compact.settings import Outcome, Settings
from yeoul_stream.sinks.hdfs import log
from yeoul_stream.sinks.hdfs.aside import MERGING, clear_merging
from yeoul_stream.sinks.hdfs.log import Entry, Move
from yeoul_stream.sinks.hdfs.sink import publish, put_entry, read_last_entry
from yeoul_stream.verify.check_lake import sort_files
from yeoul_stream.verify.lake import Lake
from yeoul_stream.verify.lake_log import hidden, history, span_of
from yeoul_stream.verify.lake_rows import FileAmount

_AT_ONCE: Final = 2
_TRIES: Final = 50
_LOOKS: Final = 5


class CompactionError(Exception):
    """Nothing was changed; the message says why and what to do."""


@dataclass(frozen=True)
class Compaction:
    """A compaction of one sink's folder."""

    spark: SparkSession
    lake: Lake
    sink: str
    rules: str
    settings: Settings

    def run(self) -> Outcome:
        """Merge files, and return what came of it.

        Raises:
            CompactionError: the folder is not as the log says, or another compaction is at work.
        """
        last = read_last_entry(self.lake.folder, self.lake.home)
        if not last.sequence:
            return Outcome(self.sink)
        # What a driver or a compaction has committed and not renamed yet is finished first.
        publish(self.lake.folder, last)
        clear_merging(self.lake.folder, self.lake.home)
        now = datetime.now(UTC)
        entries, lying = self._looked_at()
        aim = Aim(self.settings.target, _number(now), self.rules)
        chosen = plan(history(entries).account.books, lying.values(), aim)
        before, size = len(lying), sum(file.size for file in lying.values())
        if not chosen.merges:
            return Outcome(self.sink, before, before, size, size)
        token = uuid.uuid4().hex
        moves = self._merge(chosen, f"{self.lake.home}/{MERGING}/{token}")
        self._check(chosen, moves)
        self._commit(chosen, moves, entries[-1], token, now)
        self.lake.folder.delete(f"{self.lake.home}/{MERGING}/{token}")
        gone = [name for merge in chosen.merges for name in merge.files]
        added = sum(self.lake.folder.size(move.visible) for move in moves)
        return Outcome(
            self.sink,
            before,
            before - len(gone) + len(moves),
            size,
            size - sum(lying[name].size for name in gone) + added,
            len(gone),
            len(moves),
        )

    def _looked_at(self) -> tuple[list[Entry], dict[str, Lying]]:
        """Return the log, the newest entry last, and the sink's visible files by their names."""
        for _ in range(_LOOKS):
            entries = sorted(self.lake.entries(), key=lambda entry: entry.sequence)
            told = history(entries)
            topic_ids = tuple({book.topic_id for book in told.account.books})
            sizes = {path: size for path, size in self.lake.folder.sizes("") if not hidden(path)}
            files = sort_files(told.files, told.merged, topic_ids, sizes.keys(), ())
            if not files.missing:
                return entries, dict(_lying(files.ours, sizes, topic_ids))
            # A driver is about to rename what it has committed.
            time.sleep(1)
        raise CompactionError(
            f"{files.missing[0]} is committed and not there: run `yeoul verify` first. Nothing was "
            "changed"
        )

    def _merge(self, chosen: Plan, aside: str) -> tuple[Move, ...]:
        """Write the new files aside, some at once."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            numbered = enumerate(chosen.merges)
            jobs = [pool.submit(self._merge_one, m, f"{aside}/{n}") for n, m in numbered]
            return tuple(job.result() for job in jobs)

    def _merge_one(self, merge: Merge, aside: str) -> Move:
        folder = self.lake.folder
        paths = [folder.uri(name) for name in merge.files]
        columns = [f"`{name}`" for name in self.lake.physical.names]
        # The folders' columns come with the paths, and stay there.
        rows = self.spark.read.schema(self.lake.physical).parquet(*paths).select(*columns)
        # One file, its rows in the order of the files it came from.
        writer = rows.coalesce(1).write.option("compression", "zstd")
        writer.parquet(folder.uri(aside))
        (part,) = [name for name in folder.names(aside) if name.endswith(".parquet")]
        return Move(aside=f"{aside}/{part}", visible=merge.into, partition=merge.partition)

    def _check(self, chosen: Plan, moves: tuple[Move, ...]) -> None:
        """Read both again: the new files hold the rows of the old ones, or nothing is done."""
        old = {name: name for merge in chosen.merges for name in merge.files}
        there = self.lake.amounts(old)
        made = self.lake.amounts({move.visible: move.aside for move in moves})
        for merge in chosen.merges:
            if _sum(there, merge.files) != made[merge.into]:
                raise CompactionError(
                    f"the rows of {len(merge.files)} files in {dirname(merge.into) or 'the folder'}"
                    " differ from those that were written: run `yeoul verify`. Nothing was changed"
                )

    def _commit(
        self, chosen: Plan, moves: tuple[Move, ...], seen: Entry, token: str, now: datetime
    ) -> None:
        """Write the entry after whatever was committed since `seen`, and rename."""
        folder, home = self.lake.folder, self.lake.home
        gone = tuple(name for merge in chosen.merges for name in merge.files)
        keys = {(book.topic_id, book.partition) for book in chosen.books}
        books, known = list(chosen.books), seen
        for _ in range(_TRIES):
            # Its files are renamed before it is not the last entry any more: a driver that starts
            # looks at that only.
            publish(folder, known)
            theirs = put_entry(
                folder, home, entry := log.compact(known, books, moves, gone, token, now)
            )
            if theirs is None or theirs.token == token:
                publish(folder, entry)
                return
            if theirs.kind in log.RESTATING or not theirs.sequence:
                raise CompactionError(
                    "another compaction, a change of the past or an erasing was faster: try again"
                )
            books += [b for b in theirs.books if (b.topic_id, b.partition) in keys]
            known = theirs
        raise CompactionError("the log goes on faster than it can be written to: try again")


def _lying(
    names: Iterable[str], sizes: Mapping[str, int], topic_ids: tuple[str, ...]
) -> Iterator[tuple[str, Lying]]:
    for name in names:
        claim = span_of(name, topic_ids)
        if claim is not None:
            yield name, Lying(name, claim.key, claim.start, claim.end, sizes[name])


def _number(now: datetime) -> int:
    """Return a number for the names of new files, larger than that of any earlier compaction."""
    return int(now.timestamp()) * 1000


def _sum(amounts: Mapping[str, FileAmount], names: tuple[str, ...]) -> FileAmount:
    result = FileAmount()
    for name in names:
        result = result.plus(amounts[name])
    return result
