"""Filling offsets that a sink has passed over, from Kafka, while the stream goes on.

Each chunk of a partition is one transaction: the hole it lies in is looked at under the lock of the
position's row, rows and book are written, and what of the hole is left is said by books of its own.
Whatever is in the books already is no hole, so nothing is doubled however often it is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import pyarrow as pa
from psycopg2.extensions import connection as Connection
from pyspark.sql import DataFrame, SparkSession

from yeoul_stream.job import Settings, build_sink, source_secret
from yeoul_stream.kafka import TopicAdmin, kafka_options, raw_columns
from yeoul_stream.past.holes import around, chunks, fillable, holes
from yeoul_stream.pipeline import KafkaSource, Record, Sink, StreamPipeline
from yeoul_stream.sinks.postgres import corrections, ledger
from yeoul_stream.sinks.postgres.copy import RESULT_SCHEMA, CommitRange, CopyPlan, write_records
from yeoul_stream.sinks.postgres.sink import PostgresSink
from yeoul_stream.start import BatchExtent, PartitionExtent, TopicState
from yeoul_stream.tally import from_position

_CHUNK_OFFSETS = 500_000


@dataclass(frozen=True)
class Filled:
    """What was filled of one sink: offsets, records and rows."""

    sink: str
    offsets: int = 0
    read: int = 0
    written: int = 0

    def __str__(self) -> str:
        if not self.offsets:
            return f"{self.sink}: nothing to fill: it holds all that Kafka has of that time"
        return (
            f"{self.sink}: filled {self.offsets:,} offsets: {self.read:,} records, "
            f"{self.written:,} rows"
        )


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
    table = build_sink(spark, settings, pipeline, sink)
    assert isinstance(table, PostgresSink)  # noqa: S101 (only such are chosen)
    epoch = table.join()
    wanted = {
        partition: (max(first[partition], topic.earliest[partition]), last[partition])
        for partition in topic.end
    }
    filled = Filled(sink.name)
    for extent in _extents(table, topic, wanted, table.rules_of(pipeline.spec.record)):
        frame = read_range(spark, source, secret, extent, pipeline.spec.record)
        plan = table.plan(extent, epoch)
        stage = cast("Any", CommitRange(plan, fill_range, "backfill"))
        rows = table.frame(frame).mapInArrow(stage, RESULT_SCHEMA).collect()
        with table.connect() as connection:
            for partition in extent.partitions.keys() - {int(row["partition"]) for row in rows}:
                fill_range(connection, plan, partition, iter(()))
            books = table.books_at(connection, extent)
        filled = replace(
            filled,
            offsets=filled.offsets
            + sum(part.end - part.start for part in extent.partitions.values()),
            read=filled.read + sum(book.read for book in books),
            written=filled.written + sum(book.written for book in books),
        )
    return filled


def _extents(
    table: PostgresSink, topic: TopicState, wanted: Mapping[int, tuple[int, int]], rules: str
) -> Iterator[BatchExtent]:
    """Yield what is to be filled, each time a chunk of every partition that lacks some."""
    with table.connect() as connection:
        positions, books = table.account(connection, topic)
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
            partition: PartitionExtent(*pieces[number], rules=rules)
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
        .options(**kafka_options(source, secret))
        .option("kafka.isolation.level", "read_committed")
        .option("assign", json.dumps({topic: sorted(extent.partitions)}))
        .option("startingOffsets", json.dumps({topic: starts}))
        .option("endingOffsets", json.dumps({topic: ends}))
        .option("includeHeaders", str(record.headers).lower())
        .option("failOnDataLoss", "true")
        .load()
        .select(*raw_columns(record))
    )


def fill_range(
    connection: Connection, plan: CopyPlan, partition: int, batches: Iterator[pa.RecordBatch]
) -> int:
    """Fill the partition's range of `plan.extent`; return the number of records read.

    Does nothing where the range is no hole any more.
    """
    extent, topic = plan.extent.partitions[partition], plan.extent.topic
    with connection, connection.cursor() as cursor:
        horizon = ledger.hold_any_epoch(cursor, plan.who)
        position = ledger.lock_position(cursor, plan.who, plan.epoch, topic, partition, extent.end)
        books = [
            book
            for book in ledger.read_books(cursor, plan.who)
            if (book.topic_id, book.partition) == (topic.topic_id, partition)
        ]
        found = [
            hole
            for hole in holes(books, position)
            if hole.start <= extent.start and extent.end <= hole.end
        ]
        if not found:
            return 0
        fresh = (from_position(batch, plan.judge, extent.start) for batch in batches)
        tally = write_records(cursor, plan, partition, fresh, horizon)
        book = replace(tally.book(topic, partition, extent), epoch=plan.epoch)
        if found[0].book is not None:
            corrections.delete_book(cursor, plan.who, found[0].book)
        for one in (book, *around(found[0], extent.start, extent.end, book)):
            ledger.insert_book(cursor, plan.who, one)
    return tally.read
