"""What Kafka gives for the sinks' ranges; sinks that compute nothing share a pass over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from pyspark.sql import SparkSession

from yeoul_stream.job import source_secret
from yeoul_stream.pipeline import StreamPipeline
from yeoul_stream.verify.check_kafka import expect, of_other_rules
from yeoul_stream.verify.facts import Account, Cell, CellMap, Key, Measure, cut
from yeoul_stream.verify.iceberg_target import IcebergTarget
from yeoul_stream.verify.lake_target import LakeTarget
from yeoul_stream.verify.reread import Reread, Topic, Wanted, describe, measure
from yeoul_stream.verify.table_target import TableTarget

AnyTarget = TableTarget | LakeTarget | IcebergTarget
_ATTEMPTS = 3
# Rows whose hashes and offsets are kept on the local disk while a table is proved: 800 MB of them.
_MOST_KEPT = 50_000_000
_GONE = ("OffsetOutOfRange", "data may have been lost", "data was lost")


@dataclass(frozen=True)
class Reading:
    """A sink's cells, and the measures of those that can be derived from Kafka."""

    cells: tuple[Cell, ...]
    measures: Mapping[int, Measure]
    reread: Reread


class Readings:
    """Reads for one sink at a time, and for all that can share the pass when the first one asks."""

    def __init__(
        self,
        pipeline: StreamPipeline,
        spark: SparkSession,
        targets: Sequence[AnyTarget],
        bounds: Callable[[AnyTarget], dict[Key, set[int]]],
        stack: ExitStack,
    ) -> None:
        """`bounds` are the offsets at which a sink's range has to be cut.

        What is kept of the readings is there until `stack` is closed.
        """
        self._pipeline, self._spark, self._bounds = pipeline, spark, bounds
        self._stack = stack
        self._alike = [t for t in targets if self._plain(t) is not None and not t.account.empty]
        self._known: dict[str, Reading] = {}

    def _plain(self, target: AnyTarget) -> dict[str, str] | None:
        return target.sink.plain_select(self._pipeline.spec.record)

    def of(self, target: AnyTarget) -> Reading:
        """Return the reading of a sink; raises what a store raises that is away."""
        name = target.sink.name
        if name not in self._known and target in self._alike[:1]:
            try:
                self._known |= self._read(self._alike)
            except Exception:
                # One sink's trouble must not be that of another.
                self._known |= self._read([target])
        if name not in self._known:
            self._known |= self._read([target])
        return self._known[name]

    def _read(self, targets: Sequence[AnyTarget]) -> dict[str, Reading]:
        """Read for sinks in one pass.

        Retention may remove offsets between the question and the reading; then it is asked anew.
        """
        source, record = self._pipeline.spec.source.kafka, self._pipeline.spec.record
        cells = [cut(self._bounds(target)) for target in targets]
        for attempt in range(_ATTEMPTS):
            topic = describe(self._spark, source, source_secret(source))
            wanted = [self._wanted(t, mine, topic) for t, mine in zip(targets, cells, strict=True)]
            try:
                found = self._stack.enter_context(measure(record, wanted))
            except Exception as error:
                retry = attempt < _ATTEMPTS - 1
                if retry and any(sign in str(error) for sign in _GONE):
                    continue
                raise
            return {
                target.sink.name: Reading(
                    mine,
                    _whole(target.account, mine, given.measures, topic),
                    replace(sink.reread, seen=given.seen),
                )
                for target, mine, sink, given in zip(targets, cells, wanted, found, strict=True)
            }
        raise AssertionError

    def _wanted(self, target: AnyTarget, cells: tuple[Cell, ...], topic: Topic) -> Wanted:
        source = self._pipeline.spec.source.kafka
        refused = target.refused(topic.state.topic_id if topic.state else "")
        reread = Reread(
            self._spark,
            source,
            source_secret(source),
            self._pipeline.spec.record,
            target.rows,
            refused,
            topic.state,
            target.expiry if isinstance(target, TableTarget) else None,
        )
        other = of_other_rules(target.account, cells, target.rules)
        mine = tuple(c for c in cells if c.number not in other and topic.holds(c))
        hdfs = target.sink.hdfs
        folders = hdfs.partition_by if hdfs else ()
        return Wanted(reread, mine, self._plain(target), folders, _keeps(target, mine))


def _keeps(target: AnyTarget, cells: tuple[Cell, ...]) -> bool:
    """Whether the hashes of a sink's rows help to find a wrong one, and are not too many."""
    if not isinstance(target, TableTarget) or target.order is not None:
        return False
    return sum(cell.end - cell.start for cell in cells) <= _MOST_KEPT


def _whole(
    account: Account, cells: tuple[Cell, ...], measures: Mapping[int, Measure], topic: Topic
) -> Mapping[int, Measure]:
    """Return the measures without those of books of which Kafka holds fewer records than were read.

    Compaction removes records: only the book knows them all.
    """
    if not topic.compacted:
        return measures
    expected, lookup = expect(account, cells, measures), CellMap(cells)
    thinned = {
        cell.number
        for book, found in zip(expected.books, expected.measures, strict=True)
        if found is not None and found.read < book.read
        for cell in lookup.within((book.topic_id, book.partition), book.start, book.end)
    }
    return {number: found for number, found in measures.items() if number not in thinned}
