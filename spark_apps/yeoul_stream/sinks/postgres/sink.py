"""The PostgreSQL sink as the driver sees it."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
from pyspark.sql import DataFrame

from yeoul_stream.errors import PositionError
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.pipeline import Postgres, Record, Sink
from yeoul_stream.rows import SinkRows, arrow_type
from yeoul_stream.secrets import read_postgres_secret, secrets_directory
from yeoul_stream.sinks.postgres import ledger
from yeoul_stream.sinks.postgres.connection import connect
from yeoul_stream.sinks.postgres.copy import RESULT_SCHEMA, CommitRange, CopyPlan
from yeoul_stream.sinks.postgres.schema import ensure_schema
from yeoul_stream.sinks.postgres.target import OutputColumn, TableName, prepare_target
from yeoul_stream.sinks.protocol import Opened, Written, local_checkpoint
from yeoul_stream.start import BatchExtent, Start, TopicState
from yeoul_stream.tally import Tally

# Books younger than this many ranges a partition stay single; older ones are merged.
_BOOKS_KEPT = 1000
_MERGE_EVERY_BATCHES = 200


class PostgresSink:
    """Appends to one table, exactly once."""

    kind = "postgres"

    def __init__(
        self,
        who: SinkIdentity,
        record: Record,
        sink: Sink,
        target: Postgres,
        raw: DataFrame,
        *,
        scratch: Path,
        epoch_floor: int = 0,
    ) -> None:
        """`raw` is an empty frame with the raw Kafka columns, to resolve types on."""
        self._who, self._name = who, sink.name
        self._target = target
        self._table = TableName.parse(self._target.table)
        self._scratch, self._floor = scratch, epoch_floor
        self._rows = SinkRows(record, sink, raw)
        self._columns = output_columns(self._rows)
        self._epoch = 0
        self._wire: pa.Schema = pa.schema([])

    def _connect(self) -> Any:
        secret = read_postgres_secret(self._target.secret_ref, secrets_directory())
        return connect(secret, f"yeoul {self._who.query}")

    def open(self, topic: TopicState, *, again: bool = False) -> Opened:
        """See StreamSink.open."""
        with self._connect() as connection:
            ensure_schema(connection)
            if again:
                ledger.refuse_erased(connection, self._who)
            self._wire = prepare_target(connection, self._who, self._table, self._columns)
            self._epoch = ledger.claim_epoch(connection, self._who, self._floor)
            return Opened(
                self._epoch,
                ledger.read_positions(connection, self._who, topic),
                ledger.read_totals(connection, self._who),
            )

    def record_start(self, topic: TopicState, starts: tuple[Start, ...]) -> None:
        """See StreamSink.record_start."""
        with self._connect() as connection:
            ledger.record_start(connection, self._who, self._epoch, topic, starts)

    def write(self, batch: DataFrame, extent: BatchExtent) -> Written:
        """See StreamSink.write."""
        plan = CopyPlan(
            who=self._who,
            epoch=self._epoch,
            secret_ref=self._target.secret_ref,
            table=self._table,
            wire=self._wire,
            judge=self._rows.judge,
            extent=extent,
        )
        frame = self._rows.frame(batch)
        rows = frame.mapInArrow(cast("Any", CommitRange(plan)), RESULT_SCHEMA).collect()
        return self._settle(extent, {int(row["partition"]) for row in rows})

    def _settle(self, extent: BatchExtent, with_records: set[int]) -> Written:
        """Commit ranges that held no record at all, check the rest, and return the books."""
        topic_id = extent.topic.topic_id
        with self._connect() as connection:
            with connection, connection.cursor() as cursor:
                ledger.hold_epoch(cursor, self._who, self._epoch)
                for partition in sorted(extent.partitions.keys() - with_records):
                    self._commit_empty(cursor, extent, partition)
                ends = [(partition, part.end) for partition, part in extent.partitions.items()]
                books = ledger.books_of_batch(cursor, self._who, topic_id, ends)
            positions = ledger.read_positions(connection, self._who, extent.topic).next_offsets
            behind = {p: e for p, e in ends if positions.get(p, -1) < e}
            if behind:
                raise PositionError(f"partitions {behind} were not committed by their tasks")
            if extent.batch_id % _MERGE_EVERY_BATCHES == _MERGE_EVERY_BATCHES - 1:
                ledger.merge_books(connection, self._who, _BOOKS_KEPT)
        return Written(books, positions)

    def _commit_empty(self, cursor: Any, extent: BatchExtent, partition: int) -> None:
        part, topic = extent.partitions[partition], extent.topic
        position = ledger.lock_position(
            cursor, self._who, self._epoch, topic, partition, part.start
        )
        if position < part.end:
            book = Tally().book(topic, partition, part.continued(position))
            ledger.advance(cursor, self._who, replace(book, epoch=self._epoch))

    def checkpoint(self) -> str:
        """See StreamSink.checkpoint: local disk, so that nothing but PostgreSQL is needed."""
        return local_checkpoint(self._scratch, self._name)

    def close(self) -> None:
        """See StreamSink.close: connections live as long as a call."""


def output_columns(rows: SinkRows) -> tuple[OutputColumn, ...]:
    """Return the sink's output columns with their Arrow types."""
    required = rows.required()
    return tuple(
        OutputColumn(field.name, arrow_type(field.dataType), field.name not in required)
        for field in rows.types
    )
