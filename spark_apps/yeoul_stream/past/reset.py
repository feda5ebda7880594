"""Setting a sink's position to a time: what it means, in numbers, and doing it.

The way back takes away the rows of the records that will be read again. In a table only rows that
name their records allow that; of a lake, files do (see `lake_reset`). The epoch is raised first, so
no driver that still runs can write meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from pyspark.sql import SparkSession

from yeoul_stream.books import RangeBook
from yeoul_stream.job import Settings, build_sink, source_secret
from yeoul_stream.kafka import TopicAdmin
from yeoul_stream.past.holes import Move, moves, skipped
from yeoul_stream.past.lake_reset import reset_lake
from yeoul_stream.past.opening import open_lake
from yeoul_stream.past.outcome import Reset
from yeoul_stream.past.sinks import PastError
from yeoul_stream.pipeline import Sink, StreamPipeline
from yeoul_stream.sinks.postgres import corrections, ledger
from yeoul_stream.sinks.postgres.sink import PostgresSink
from yeoul_stream.sinks.postgres.upsert import OFFSET, PARTITION
from yeoul_stream.start import TopicState


def reset(
    pipeline: StreamPipeline,
    settings: Settings,
    spark: SparkSession,
    sink: Sink,
    moment: int,
    *,
    apply: bool,
) -> Reset:
    """Return what the reset to `moment` (milliseconds of UTC) means, and with `apply` do it.

    Raises:
        PastError: rows would have to be taken away, and do not name their records.
    """
    source = pipeline.spec.source.kafka
    admin = TopicAdmin(spark, source, source_secret(source))
    try:
        topic, wanted = admin.describe(), admin.offsets_at(moment)
    finally:
        admin.close()
    if sink.hdfs is not None:
        lake = open_lake(pipeline, settings, spark, sink, sink.hdfs)
        return Reset(sink.name, reset_lake(lake, topic, wanted, apply=apply))
    table = build_sink(spark, settings, pipeline, sink)
    assert isinstance(table, PostgresSink)  # noqa: S101 (only such are chosen)
    table.join()
    with table.connect() as connection:
        found = _counted(connection, sink, table, topic, wanted)
        if apply and found.moves:
            epoch = ledger.claim_epoch(connection, table.who, 0)
            # Once more: what is counted now stays as it is.
            found = _counted(connection, sink, table, topic, wanted)
            with connection, connection.cursor() as cursor:
                ledger.hold_epoch(cursor, table.who, epoch)
                for step in found.moves:
                    _apply(cursor, table, topic, step, epoch)
    return found


def _counted(
    connection: Connection,
    sink: Sink,
    table: PostgresSink,
    topic: TopicState,
    wanted: Mapping[int, int],
) -> Reset:
    positions, books = table.account(connection, topic)
    found = Reset(sink.name, moves(topic, positions, books, wanted))
    _refuse(sink, found, topic, table.books(connection))
    return found


def _refuse(sink: Sink, found: Reset, topic: TopicState, books: Sequence[RangeBook]) -> None:
    if not found.rows:
        return
    if not sink.lineage:
        raise PastError(
            f"{sink.name}: {found.rows:,} rows would have to go first, and they do not name their "
            "records (lineage: true), so nobody can tell which they are. Give the sink another "
            "name and table, with startingOffsets: earliest"
        )
    if any(book.topic_id != topic.topic_id for book in books) and not (
        sink.postgres and sink.postgres.write == "upsert"
    ):
        raise PastError(
            f"{sink.name}: it holds rows of an earlier topic of this name, whose offsets look the "
            "same. Give the sink another name and table"
        )


def _apply(cursor: Cursor, table: PostgresSink, topic: TopicState, step: Move, epoch: int) -> None:
    if step.back:
        statement = sql.SQL("DELETE FROM {} WHERE {} = %s AND {} >= %s").format(
            table.table.identifier, sql.Identifier(PARTITION), sql.Identifier(OFFSET)
        )
        if step.rows:
            cursor.execute(statement, (step.partition, step.target))
        corrections.forget_from(cursor, table.who, topic, step.partition, step.target)
    else:
        like = RangeBook(topic.topic_id, topic.name, step.partition, 0, 0, epoch=epoch)
        ledger.insert_book(cursor, table.who, skipped(like, step.position, step.target))
    corrections.set_position(cursor, table.who, topic, step.partition, step.target)
