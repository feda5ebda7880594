"""The PostgreSQL sink as the driver sees it."""

import logging
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
from psycopg2 import errors, sql
from pyspark.sql import DataFrame

from yeoul_stream.books import RangeBook
from yeoul_stream.claim import Claimant
from yeoul_stream.errors import PermanentError, PositionError
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.judge import Judge
from yeoul_stream.pipeline import Postgres, Record, Sink
from yeoul_stream.rows import SinkRows, arrow_type
from yeoul_stream.rules import rules_of
from yeoul_stream.secrets import read_postgres_secret, secrets_directory
from yeoul_stream.select import columns_of
from yeoul_stream.sinks.postgres import ledger
from yeoul_stream.sinks.postgres.connection import connect
from yeoul_stream.sinks.postgres.copy import RESULT_SCHEMA, CommitRange, CopyPlan
from yeoul_stream.sinks.postgres.names import TableName
from yeoul_stream.sinks.postgres.partitions import Plan, drop, ensure, expired, read_bounds
from yeoul_stream.sinks.postgres.schema import ensure_schema
from yeoul_stream.sinks.postgres.target import OutputColumn, Prepared, Shape, prepare_target
from yeoul_stream.sinks.postgres.upsert import OFFSET, PARTITION, Order
from yeoul_stream.sinks.protocol import Opened, Written, local_checkpoint
from yeoul_stream.start import BatchExtent, Start, TopicState
from yeoul_stream.tally import Tally

# Books younger than this many ranges a partition stay single; older ones are merged.
_BOOKS_KEPT = 1000
_MERGE_EVERY_BATCHES = 200
# A reader of old rows is not waited for for long: all who come later wait behind us.
_DROP_TIMEOUT = "3s"

_log = logging.getLogger(__name__)


class PostgresSink:
    """Appends to one table, or keeps the newest row of each key in it, exactly once."""

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
        self.who, self._sink, self._name = who, sink, sink.name
        self._target = target
        self.table = TableName.parse(self._target.table)
        self._scratch, self._floor = scratch, epoch_floor
        self._rows = SinkRows(record, sink, raw)
        self._order, self._partitions = order_of(target), partitions_of(target)
        self._tended: datetime | None = None
        self._shape = Shape(
            output_columns(self._rows),
            target.key,
            target.order_by,
            self._partitions.by if self._partitions else None,
            alone=bool(target.key or (self._partitions and self._partitions.keep)),
            rules=rules_of(record, sink, columns_of(self._rows.types)),
        )
        self._epoch = 0
        self._renewed = False
        self._prepared = Prepared(pa.schema([]))

    def connect(self) -> Any:
        """Open a connection to the sink's database."""
        secret = read_postgres_secret(self._target.secret_ref, secrets_directory())
        return connect(secret, f"yeoul {self.who.query}")

    def open(self, topic: TopicState, claimant: Claimant) -> Opened:
        """See StreamSink.open."""
        with self.connect() as connection:
            ensure_schema(connection)
            ledger.check_claim(connection, self.who, claimant)
            self._prepared = prepare_target(connection, self.who, self.table, self._shape)
            self._epoch = ledger.claim_epoch(connection, self.who, self._floor, claimant)
            self._tend(connection)
            positions = ledger.read_positions(connection, self.who, topic)
            # The first start under a new topic: its offsets begin anew.
            self._renewed = positions.other_topic_ids and not positions.next_offsets
            return Opened(
                self._epoch,
                positions,
                ledger.read_totals(connection, self.who),
            )

    def record_start(self, topic: TopicState, starts: tuple[Start, ...]) -> None:
        """See StreamSink.record_start."""
        with self.connect() as connection:
            with connection, connection.cursor() as cursor:
                ledger.hold_epoch(cursor, self.who, self._epoch)
                if self._renewed and self._order is not None:
                    cursor.execute(_OF_EARLIER_TOPIC.format(self.table.identifier))
                ledger.record_start(cursor, self.who, self._epoch, topic, starts)
            self._renewed = False

    def write(self, batch: DataFrame, extent: BatchExtent) -> Written:
        """See StreamSink.write."""
        plan = self.plan(extent, self._epoch)
        frame = self._rows.frame(batch)
        rows = frame.mapInArrow(cast("Any", CommitRange(plan)), RESULT_SCHEMA).collect()
        return self._settle(extent, {int(row["partition"]) for row in rows})

    def plan(self, extent: BatchExtent, epoch: int) -> CopyPlan:
        """Return what a task needs to write the extent."""
        return CopyPlan(
            who=self.who,
            epoch=epoch,
            secret_ref=self._target.secret_ref,
            table=self.table,
            wire=self._prepared.wire,
            judge=self._rows.judge,
            extent=extent,
            order=self._order and replace(self._order, picky=self._prepared.picky),
            partitions=self._partitions,
        )

    def join(self) -> int:
        """Check the target like `open`, and return the epoch that may write, without a claim.

        Raises:
            PermanentError: the sink has never run.
        """
        with self.connect() as connection:
            ensure_schema(connection)
            with connection, connection.cursor() as cursor:
                epoch = ledger.read_epoch(cursor, self.who)
            if epoch is None:
                raise PermanentError(
                    f"{self.who.query} has never run in this database, so it has no past to change"
                )
            self._prepared = prepare_target(connection, self.who, self.table, self._shape)
            return epoch

    def account(self, connection: Any, topic: TopicState) -> tuple[dict[int, int], list[RangeBook]]:
        """Return the positions and books under the topic's present id."""
        positions = ledger.read_positions(connection, self.who, topic).next_offsets
        books = [book for book in self.books(connection) if book.topic_id == topic.topic_id]
        return dict(positions), books

    def books(self, connection: Any) -> tuple[RangeBook, ...]:
        """Return all books."""
        with connection, connection.cursor() as cursor:
            return ledger.read_books(cursor, self.who)

    def books_at(self, connection: Any, extent: BatchExtent) -> list[RangeBook]:
        """Return the books of exactly the extent's ranges."""
        ends = [(partition, part.end) for partition, part in extent.partitions.items()]
        with connection, connection.cursor() as cursor:
            found = ledger.books_of_batch(cursor, self.who, extent.topic.topic_id, ends)
        starts = {partition: part.start for partition, part in extent.partitions.items()}
        return [book for book in found if book.start == starts[book.partition]]

    def frame(self, raw: DataFrame) -> DataFrame:
        """Return what `judge` reads, for raw Kafka columns."""
        return self._rows.frame(raw)

    @property
    def judge(self) -> Judge:
        """The one that decides about records."""
        return self._rows.judge

    def rules_of(self, record: Record) -> str:
        """Return the fingerprint of what decides about the rows."""
        return rules_of(record, self._sink, columns_of(self._rows.types))

    def _settle(self, extent: BatchExtent, with_records: set[int]) -> Written:
        """Commit ranges that held no record at all, check the rest, and return the books."""
        topic_id = extent.topic.topic_id
        with self.connect() as connection:
            with connection, connection.cursor() as cursor:
                ledger.hold_epoch(cursor, self.who, self._epoch)
                for partition in sorted(extent.partitions.keys() - with_records):
                    self._commit_empty(cursor, extent, partition)
                ends = [(partition, part.end) for partition, part in extent.partitions.items()]
                books = ledger.books_of_batch(cursor, self.who, topic_id, ends)
            self._tend(connection)
            positions = ledger.read_positions(connection, self.who, extent.topic).next_offsets
            behind = {p: e for p, e in ends if positions.get(p, -1) < e}
            if behind:
                raise PositionError(f"partitions {behind} were not committed by their tasks")
            self._tend(connection)
            if extent.batch_id % _MERGE_EVERY_BATCHES == _MERGE_EVERY_BATCHES - 1:
                ledger.merge_books(connection, self.who, _BOOKS_KEPT)
        return Written(books, positions)

    def _tend(self, connection: Any) -> None:
        """Make the partitions of the time to come, and drop those that are too old."""
        plan, now = self._partitions, datetime.now(UTC)
        if plan is None or self._tended == plan.floor(now):
            return
        ensure(connection, self.table, plan, plan.upcoming(now))
        horizon = plan.horizon(now)
        if horizon is not None:
            try:
                self._drop_before(connection, horizon)
            except (errors.LockNotAvailable, errors.DependentObjectsStillExist) as error:
                # Tried again with the next batch; meanwhile old rows are there for longer.
                _log.warning("%s: old partitions stay for now: %s", self.who.query, error)
                return
        self._tended = plan.floor(now)

    def _drop_before(self, connection: Any, horizon: datetime) -> None:
        with connection, connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{_DROP_TIMEOUT}'")
            horizon, old = expired(read_bounds(cursor, self.table), horizon)
            ledger.move_horizon(cursor, self.who, self._epoch, horizon)
            names = list(drop(cursor, old))
        if names:
            _log.info("%s: dropped %s, as keep says", self.who.query, ", ".join(names))

    def _commit_empty(self, cursor: Any, extent: BatchExtent, partition: int) -> None:
        part, topic = extent.partitions[partition], extent.topic
        position = ledger.lock_position(cursor, self.who, self._epoch, topic, partition, part.start)
        if position < part.end:
            book = Tally().book(topic, partition, part.continued(position))
            ledger.advance(cursor, self.who, replace(book, epoch=self._epoch))

    def checkpoint(self) -> str:
        """See StreamSink.checkpoint: local disk, so that nothing but PostgreSQL is needed."""
        return local_checkpoint(self._scratch, self._name)

    def close(self) -> None:
        """See StreamSink.close: connections live as long as a call."""


# What a topic of another id gave is older than anything that this one gives, at the same time.
_OF_EARLIER_TOPIC = sql.SQL(
    f"UPDATE {{}} SET {PARTITION} = -1, {OFFSET} = -1 WHERE {OFFSET} >= 0"  # noqa: S608
)


def order_of(target: Postgres) -> Order | None:
    """Return how rows are upserted; None where they are appended."""
    return Order(target.key, target.order_by) if target.write == "upsert" else None


def partitions_of(target: Postgres) -> Plan | None:
    """Return how the table is partitioned by time; None where it is not."""
    wanted = target.partitions
    return Plan(wanted.by, wanted.every, wanted.ahead, wanted.keep) if wanted else None


def output_columns(rows: SinkRows) -> tuple[OutputColumn, ...]:
    """Return the sink's output columns with their Arrow types."""
    required = rows.required()
    return tuple(
        OutputColumn(field.name, arrow_type(field.dataType), field.name not in required)
        for field in rows.types
    )
