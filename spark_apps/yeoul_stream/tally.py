"""Counting what happens to the batches of one range, on the way to its book. No Spark import."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yeoul_stream.books import Buckets, RangeBook, latest, merge_buckets, merge_counts
from yeoul_stream.judge import Judge, Judged
from yeoul_stream.records.digest import add, digest, row_hashes
from yeoul_stream.start import PartitionExtent, TopicState


@dataclass(frozen=True)
class Tally:
    """Counts of the records of one range so far; `digest` covers the written rows."""

    read: int = 0
    written: int = 0
    filtered: int = 0
    dead: Mapping[str, int] = field(default_factory=dict)
    unknown_keys: int = 0
    digest: int = 0
    superseded: int = 0
    buckets: Buckets = field(default_factory=dict)
    last_time: datetime | None = None

    def plus(self, judged: Judged, rows: pa.RecordBatch, dead: pa.RecordBatch) -> "Tally":
        """Return this tally with a batch added, of which `rows` were written and `dead` were not.

        `rows` and `dead` differ from the verdicts' own where the target refused some rows.
        """
        return replace(
            self,
            read=self.read + judged.read,
            written=self.written + rows.num_rows,
            filtered=self.filtered + judged.filtered,
            dead=merge_counts(self.dead, count_reasons(dead)),
            unknown_keys=self.unknown_keys + judged.unknown_keys,
            digest=add(self.digest, digest(row_hashes(rows))),
            last_time=latest(self.last_time, judged.last_time),
        )

    def with_buckets(self, buckets: Buckets) -> "Tally":
        """Return this tally with what a batch has written into each partition by time."""
        return replace(self, buckets=merge_buckets(self.buckets, buckets))

    def without(self, hashes: Sequence[int], reason: str) -> "Tally":
        """Return this tally with rows that turned out to be dead after they were counted."""
        return replace(
            self,
            written=self.written - len(hashes),
            dead=merge_counts(self.dead, {reason: len(hashes)} if hashes else {}),
            digest=add(self.digest, -sum(hashes)),
        )

    def book(self, topic: TopicState, partition: int, part: PartitionExtent) -> RangeBook:
        """Return the book of `part` of a partition, of which this is the tally."""
        return RangeBook(
            topic.topic_id, topic.name, partition, part.start, part.end,
            read=self.read, written=self.written, filtered=self.filtered, dead=dict(self.dead),
            unknown_keys=self.unknown_keys, lost=part.lost, digest=self.digest,
            superseded=self.superseded, buckets=self.buckets,
            last_kafka_time=self.last_time, rules=part.rules,
        )  # fmt: skip


def count_reasons(dead: pa.RecordBatch) -> dict[str, int]:
    """Return reason -> number of dead letters."""
    counted = pc.value_counts(dead.column("reason"))
    return {str(entry["values"]): int(entry["counts"].as_py()) for entry in counted}


def from_position(batch: pa.RecordBatch, judge: Judge, position: int) -> pa.RecordBatch:
    """Return the batch without the records below `position`; offsets ascend within a task."""
    skip = int(np.searchsorted(judge.offsets(batch).to_numpy(), position))
    return batch.slice(skip) if skip else batch
