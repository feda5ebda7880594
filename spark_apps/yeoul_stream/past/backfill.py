"""Filling offsets that a sink has passed over, from Kafka, while the stream goes on.

Each chunk of the partitions is one change of the sink's books, which holds only if what it fills is
still a hole then. Whatever is in the books already is no hole, so nothing is doubled however often
it is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pyspark.sql import DataFrame, SparkSession

from yeoul_stream.books import RangeBook
from yeoul_stream.job import Settings, source_secret
from yeoul_stream.kafka import TopicAdmin, raw_columns, reading_options
from yeoul_stream.past.holes import chunks, fillable, holes
from yeoul_stream.past.lake_fill import LakeFill
from yeoul_stream.past.opening import open_lake
from yeoul_stream.past.outcome import Filled
from yeoul_stream.past.table_fill import TableFill
from yeoul_stream.pipeline import KafkaSource, Record, Sink, StreamPipeline
from yeoul_stream.start import BatchExtent, PartitionExtent, TopicState

_CHUNK_OFFSETS = 500_000


class Fill(Protocol):
    """A sink that can be filled."""

    @property
    def rules(self) -> str:
        """The fingerprint of what decides about its rows now."""
        ...

    def account(self, topic: TopicState) -> tuple[Mapping[int, int], Sequence[RangeBook]]:
        """Return the positions and books under the topic's present id."""
        ...

    def fill(self, raw: DataFrame, extent: BatchExtent) -> Sequence[RangeBook]:
        """Fill the ranges of `extent`, whose records `raw` has; return the books of what was.

        Does nothing where a range is no hole any more.
        """
        ...


@dataclass(frozen=True)
class Period:
    """A time of Kafka's records, [start, end) in milliseconds of UTC."""

    start: int
    end: int


def backfill(
    pipeline: StreamPipeline, settings: Settings, spark: SparkSession, sink: Sink, period: Period
) -> Filled:
    """Fill what the sink has passed over of the period."""
    source = pipeline.spec.source.kafka
    secret = source_secret(source)
    admin = TopicAdmin(spark, source, secret)
    try:
        topic = admin.describe()
        first, last = admin.offsets_at(period.start), admin.offsets_at(period.end)
    finally:
        admin.close()
    fill: Fill
    if sink.hdfs is not None:
        fill = LakeFill(open_lake(pipeline, settings, spark, sink, sink.hdfs))
    else:
        fill = TableFill(pipeline, settings, spark, sink)
    wanted = {
        partition: (max(first[partition], topic.earliest[partition]), last[partition])
        for partition in topic.end
    }
    found = Filled(sink.name)
    for extent in _extents(fill, topic, wanted):
        raw = read_range(spark, source, secret, extent, pipeline.spec.record)
        found = found.plus(fill.fill(raw, extent))
    return found


def _extents(
    fill: Fill, topic: TopicState, wanted: Mapping[int, tuple[int, int]]
) -> Iterator[BatchExtent]:
    """Yield what is to be filled, each time a chunk of every partition that lacks some."""
    positions, books = fill.account(topic)
    todo: dict[int, list[tuple[int, int]]] = {}
    for partition, position in positions.items():
        mine = [book for book in books if book.partition == partition]
        start, end = wanted.get(partition, (0, 0))
        todo[partition] = [
            piece
            for low, high in fillable(holes(mine, position), start, end)
            for piece in chunks(low, high, _CHUNK_OFFSETS)
        ]
    for number in range(max(map(len, todo.values()), default=0)):
        parts = {
            partition: PartitionExtent(*pieces[number], rules=fill.rules)
            for partition, pieces in todo.items()
            if number < len(pieces)
        }
        yield BatchExtent(number, topic, parts)


def read_range(
    spark: SparkSession,
    source: KafkaSource,
    secret: Mapping[str, str],
    extent: BatchExtent,
    record: Record,
) -> DataFrame:
    """Return the raw records of the extent, each partition's in one task."""
    topic = source.topic
    starts = {str(p): part.start for p, part in extent.partitions.items()}
    ends = {str(p): part.end for p, part in extent.partitions.items()}
    return (
        spark.read.format("kafka")
        .options(**reading_options(source, secret, len(extent.partitions)))
        .option("kafka.isolation.level", "read_committed")
        .option("assign", json.dumps({topic: sorted(extent.partitions)}))
        .option("startingOffsets", json.dumps({topic: starts}))
        .option("endingOffsets", json.dumps({topic: ends}))
        .option("includeHeaders", str(record.headers).lower())
        .option("failOnDataLoss", "true")
        .load()
        .select(*raw_columns(record))
    )
