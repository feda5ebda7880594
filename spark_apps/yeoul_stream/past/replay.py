"""Dead letters once more, after a fix: those that are good now become rows, in the books too.

Of a table, the letters of one partition are one transaction; of a lake see `lake_replay`. Each
letter that gives a row, or is filtered now, moves in the book of its offsets from the dead to the
written (or filtered), and is marked; the rest stays as it is. Rows come from the letter's payload,
so Kafka need not hold the record any more.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pyarrow as pa
from psycopg2.extensions import cursor as Cursor
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from yeoul_stream.books import RangeBook
from yeoul_stream.job import Settings, build_sink
from yeoul_stream.past.lake_replay import replay_lake
from yeoul_stream.past.opening import open_lake
from yeoul_stream.past.outcome import Replayed
from yeoul_stream.past.sinks import PastError
from yeoul_stream.pipeline import Sink, StreamPipeline
from yeoul_stream.records.digest import digest, row_hashes
from yeoul_stream.sinks.postgres import corrections, ledger
from yeoul_stream.sinks.postgres.copy import store_rows
from yeoul_stream.sinks.postgres.partitions import amounts
from yeoul_stream.sinks.postgres.sink import PostgresSink
from yeoul_stream.spark import RAW_SCHEMA
from yeoul_stream.start import BatchExtent, TopicState


def replay(
    pipeline: StreamPipeline,
    settings: Settings,
    spark: SparkSession,
    sink: Sink,
    reason: str | None = None,
) -> Replayed:
    """Judge the sink's dead letters anew, all or those of a reason, and write what is good."""
    if pipeline.spec.record.headers:
        raise PastError(
            f"{sink.name}: a field is read from a header, and dead letters keep none: the record "
            "cannot be judged anew"
        )
    if sink.hdfs is not None:
        return replay_lake(open_lake(pipeline, settings, spark, sink, sink.hdfs), reason)
    table = build_sink(spark, settings, pipeline, sink)
    assert isinstance(table, PostgresSink)  # noqa: S101 (only such are chosen)
    epoch = table.join()
    done = Replayed(sink.name)
    with table.connect() as connection:
        with connection, connection.cursor() as cursor:
            groups = corrections.partitions_with_letters(cursor, table.who, reason)
        for topic, partition in groups:
            with connection, connection.cursor() as cursor:
                found = _replay(cursor, spark, table, topic, partition, epoch, reason)
            done = done.plus(found)
    return done


def _replay(
    cursor: Cursor,
    spark: SparkSession,
    table: PostgresSink,
    topic: TopicState,
    partition: int,
    epoch: int,
    reason: str | None,
) -> Replayed:
    horizon = ledger.hold_any_epoch(cursor, table.who)
    # Holds off whoever writes this partition, and its books with it.
    ledger.lock_position(cursor, table.who, epoch, topic, partition, 0)
    letters = corrections.letters(cursor, table.who, topic, partition, reason)
    if not letters:
        return Replayed(table.who.sink)
    judged = table.judge(_records(spark, table, partition, letters))
    plan = table.plan(BatchExtent(0, topic, {}), epoch)
    refused = {at for at, _ in store_rows(cursor, plan, partition, judged, horizon)}
    kept = [i for i in range(judged.rows.num_rows) if i not in refused]
    offsets = judged.raw.offsets.to_numpy()
    dead = {*judged.dead.column("offset").to_pylist(),
            *(int(offsets[judged.kept[at]]) for at in refused)}  # fmt: skip
    written = {int(offsets[judged.kept[at]]): at for at in kept}
    filtered = [int(o) for o in offsets if int(o) not in dead and int(o) not in written]
    reasons = {offset: why for offset, *_, why in letters}
    for book in ledger.read_books(cursor, table.who):
        here = (book.topic_id, book.partition) == (topic.topic_id, partition)
        mine = [o for o in (*written, *filtered) if here and book.start <= o < book.end]
        if not mine:
            continue
        rows = judged.rows.take(pa.array([written[o] for o in mine if o in written], pa.int64()))
        change = replace(
            RangeBook(book.topic_id, book.topic, partition, book.start, book.end),
            written=rows.num_rows,
            filtered=len(mine) - rows.num_rows,
            dead=Counter(reasons[offset] for offset in mine),
            digest=digest(row_hashes(rows)),
            buckets=amounts(rows, plan.partitions) if plan.partitions else {},
        )
        corrections.revise(cursor, table.who, book, change)
    corrections.mark_replayed(cursor, table.who, topic, partition, [*written, *filtered])
    return Replayed(table.who.sink, len(written), len(filtered), len(dead))


def _records(
    spark: SparkSession, table: PostgresSink, partition: int, letters: list[tuple[Any, ...]]
) -> pa.RecordBatch:
    """Return the letters' records as what the sink's judge reads."""
    rows = [(key, payload, partition, offset, time) for offset, key, payload, time, _ in letters]
    raw = spark.createDataFrame(
        [
            tuple(bytearray(v) if isinstance(v, (bytes, memoryview)) else v for v in row)
            for row in rows
        ],
        T.StructType(RAW_SCHEMA.fields),
    )
    found = table.frame(raw.coalesce(1).sortWithinPartitions("offset")).toArrow()
    return found.combine_chunks().to_batches()[0]
