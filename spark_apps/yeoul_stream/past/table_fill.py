"""Filling what a table has passed over: each chunk of a partition is one transaction.

The hole it lies in is looked at under the lock of the position's row, rows and book are written,
and what of the hole is left is said by books of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import pyarrow as pa
from psycopg2.extensions import connection as Connection
from pyspark.sql import DataFrame, SparkSession

from yeoul_stream.books import RangeBook
from yeoul_stream.job import Settings, build_sink
from yeoul_stream.past.holes import around, hole_around
from yeoul_stream.pipeline import Sink, StreamPipeline
from yeoul_stream.sinks.postgres import corrections, ledger
from yeoul_stream.sinks.postgres.copy import RESULT_SCHEMA, CommitRange, CopyPlan, write_records
from yeoul_stream.sinks.postgres.sink import PostgresSink
from yeoul_stream.start import BatchExtent, TopicState
from yeoul_stream.tally import from_position


class TableFill:
    """See backfill.Fill."""

    def __init__(
        self, pipeline: StreamPipeline, settings: Settings, spark: SparkSession, sink: Sink
    ) -> None:
        """Join the sink; see PostgresSink.join for what is raised."""
        table = build_sink(spark, settings, pipeline, sink)
        assert isinstance(table, PostgresSink)  # noqa: S101 (only such are chosen)
        self._table, self._epoch = table, table.join()
        self.rules = table.rules_of(pipeline.spec.record)

    def account(self, topic: TopicState) -> tuple[dict[int, int], list[RangeBook]]:
        """See Fill.account."""
        with self._table.connect() as connection:
            return self._table.account(connection, topic)

    def fill(self, raw: DataFrame, extent: BatchExtent) -> Sequence[RangeBook]:
        """See Fill.fill."""
        table, plan = self._table, self._table.plan(extent, self._epoch)
        stage = cast("Any", CommitRange(plan, fill_range, "backfill"))
        rows = table.frame(raw).mapInArrow(stage, RESULT_SCHEMA).collect()
        with table.connect() as connection:
            for partition in extent.partitions.keys() - {int(row["partition"]) for row in rows}:
                fill_range(connection, plan, partition, iter(()))
            return table.books_at(connection, extent)


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
        hole = hole_around(books, position, extent.start, extent.end)
        if hole is None:
            return 0
        fresh = (from_position(batch, plan.judge, extent.start) for batch in batches)
        tally = write_records(cursor, plan, partition, fresh, horizon)
        book = replace(tally.book(topic, partition, extent), epoch=plan.epoch)
        if hole.book is not None:
            corrections.delete_book(cursor, plan.who, hole.book)
        for one in (book, *around(hole, extent.start, extent.end, book)):
            ledger.insert_book(cursor, plan.who, one)
    return tally.read
