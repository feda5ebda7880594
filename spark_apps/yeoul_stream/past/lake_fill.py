"""Filling what a lake has passed over: files aside, and one entry for each chunk."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pyspark.sql import DataFrame

from yeoul_stream.books import RangeBook
from yeoul_stream.past.lake import (
    TRIES,
    Changed,
    PastLake,
    Seen,
    aside_of,
    partition_books,
    said_again,
    split,
    too_fast,
)
from yeoul_stream.past.restating import filled
from yeoul_stream.sinks.hdfs import log
from yeoul_stream.sinks.hdfs.aside import SetAside
from yeoul_stream.start import BatchExtent, TopicState


@dataclass(frozen=True)
class LakeFill:
    """See backfill.Fill."""

    lake: PastLake

    @property
    def rules(self) -> str:
        """See Fill.rules."""
        return self.lake.rules

    def account(self, topic: TopicState) -> tuple[dict[int, int], Sequence[RangeBook]]:
        """See Fill.account."""
        seen = self.lake.look()
        books = seen.told.account.books
        return seen.positions(topic), [b for b in books if b.topic_id == topic.topic_id]

    def fill(self, raw: DataFrame, extent: BatchExtent) -> Sequence[RangeBook]:
        """See Fill.fill."""
        lake = self.lake
        starts = {partition: part.start for partition, part in extent.partitions.items()}
        for _ in range(TRIES):
            seen, token = lake.look(), uuid.uuid4().hex
            aside = aside_of(lake.lake, token, log.first_number(seen.last.turn))
            written = lake.writer.write(raw, extent, starts, lake.layout, aside, token)
            done = self._commit(seen, written, extent.topic, token)
            lake.lake.folder.delete(aside.path)
            if done is not None:
                return done
        raise too_fast(lake.sink)

    def _commit(
        self, seen: Seen, written: SetAside, topic: TopicState, token: str
    ) -> list[RangeBook] | None:
        """Return the books that were added; None where the files have to be written anew."""
        turn, now = seen.last.turn, datetime.now(UTC)
        for _ in range(TRIES):
            positions, fresh, parts = seen.positions(topic), [], []
            for book in written.books:
                key = (book.topic_id, book.partition)
                position = positions.get(book.partition, book.end)
                books = partition_books(self.lake, seen, key, position)
                mine = replace(book, epoch=seen.last.epoch, committed_at=now)
                told = filled(books, position, mine)
                if told is not None:
                    fresh.append(mine)
                    parts.append(told)
            if not fresh:
                return []
            there = {book.partition for book in fresh}
            rows, letters = split(self.lake, (m for m in written.moves if m.partition in there))
            changed = Changed(said_again(self.lake, parts), rows, letters)
            if self.lake.put(seen, changed, token, now):
                return fresh
            seen = self.lake.look()
            if seen.last.turn != turn:
                # Their names might be those of files that were taken back meanwhile.
                return None
        return None
