"""Reading committed ranges again from Kafka, judged as the sink judged them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession

from yeoul_stream.judge import PlainJudge
from yeoul_stream.kafka import (
    TopicAdmin,
    UnknownTopicError,
    kafka_options,
    raw_columns,
    reading_options,
)
from yeoul_stream.pipeline import KafkaSource, Record
from yeoul_stream.records.digest import Hashes
from yeoul_stream.rows import SinkRows
from yeoul_stream.sinks.postgres.upsert import Order
from yeoul_stream.start import TopicState
from yeoul_stream.verify.buckets import Buckets, Suspects, differing, total
from yeoul_stream.verify.facts import Cell, Measure
from yeoul_stream.verify.keeping import on_disk
from yeoul_stream.verify.measuring import (
    KEPT_DDL,
    MEASURE_DDL,
    KeptStage,
    MeasureStage,
    Share,
    measure_of,
)
from yeoul_stream.verify.stage import (
    DEAD_DDL,
    HASH_DDL,
    TEXT_DDL,
    DeadStage,
    Expiry,
    HashStage,
    Integers,
    NewestStage,
    TextStage,
    by_partition,
)
from yeoul_stream.verify.table_rows import keyed_ddl
from yeoul_stream.verify.values import Texts

Place = tuple[int, int]  # partition, offset
# A task re-reads at most this many offsets, so that one long partition keeps all cores busy.
_TASK_OFFSETS: Final = 500_000


@dataclass(frozen=True)
class Topic:
    """The topic as Kafka holds it now; no state where it does not exist."""

    state: TopicState | None
    compacted: bool = False

    def holds(self, cell: Cell) -> bool:
        """Whether Kafka still has every offset of the cell."""
        state = self.state
        return (
            state is not None
            and cell.topic_id == state.topic_id
            and cell.partition in state.earliest
            and state.earliest[cell.partition] <= cell.start
            and cell.end <= state.end[cell.partition]
        )


def describe(spark: SparkSession, source: KafkaSource, secret: Mapping[str, str]) -> Topic:
    """Return the topic. Raises ConnectionError when no broker answers."""
    admin = TopicAdmin(spark, source, secret)
    try:
        return Topic(admin.describe(), _compacted(spark, source, secret))
    except UnknownTopicError:
        return Topic(None)
    finally:
        admin.close()


def _compacted(spark: SparkSession, source: KafkaSource, secret: Mapping[str, str]) -> bool:
    """Return whether the topic is compacted; what may not be asked is taken for no."""
    jvm: Any = spark._jvm
    kafka, java = jvm.org.apache.kafka, jvm.java.util
    properties = java.Properties()
    for key, value in kafka_options(source, secret).items():
        properties.setProperty(key.removeprefix("kafka."), value)
    admin = kafka.clients.admin.Admin.create(properties)
    try:
        config = kafka.common.config
        topic = config.ConfigResource(getattr(config, "ConfigResource$Type").TOPIC, source.topic)
        found = admin.describeConfigs(java.Collections.singletonList(topic)).all().get()
        return "compact" in str(found.get(topic).get("cleanup.policy").value())
    except Py4JJavaError:
        return False
    finally:
        admin.close()


@dataclass(frozen=True)
class Seen:
    """What was seen of the rows that the target should hold of some cells, by their numbers.

    `buckets` are the sums of their hashes; `kept` tells each of them (as KeptStage reads it), where
    they are few enough to be kept on disk.
    """

    cells: frozenset[int]
    buckets: Hashes
    kept: DataFrame | None = None


@dataclass(frozen=True)
class Reread:
    """Reads cells of one topic id for one sink. `refused` are target dead letters to leave out.

    `seen` is what the first reading gave.
    """

    spark: SparkSession
    source: KafkaSource
    secret: Mapping[str, str]
    record: Record
    rows: SinkRows
    refused: Mapping[int, Integers]
    topic: TopicState | None
    expiry: Expiry | None = None
    seen: Seen | None = None

    @property
    def topic_id(self) -> str | None:
        """The id of the topic as it is now."""
        return self.topic.topic_id if self.topic else None

    def differing(self, cells: Iterable[Cell], found: Hashes) -> Buckets | None:
        """Return in which buckets the rows of the cells are not those that were found.

        None: that is not known, as the sums are those of other cells.
        """
        seen = self._seen(cells)
        return None if seen is None else differing(seen.buckets, found)

    def keeps(self, cells: Iterable[Cell]) -> bool:
        """Return whether the hashes of these cells were kept by the first reading."""
        seen = self._seen(cells)
        return seen is not None and seen.kept is not None

    def hashes(self, cells: Iterable[Cell], only: Suspects | None = None) -> DataFrame:
        """Return (hash, partition, offset) of every row that the target should hold.

        `only` leaves out all but some. Kafka is read once more where they were not kept.
        """
        wanted = tuple(cells)
        seen = self._seen(wanted)
        if seen is not None and seen.kept is not None:
            return seen.kept.mapInArrow(cast("Any", KeptStage(only)), KEPT_DDL)
        return self._hashes(wanted, only).drop("cell")

    def hashes_by_cell(self, cells: Iterable[Cell]) -> DataFrame:
        """Return (cell, hash, partition, offset) of every row that the target should hold."""
        return self._hashes(tuple(cells), None)

    def _hashes(self, cells: tuple[Cell, ...], only: Suspects | None) -> DataFrame:
        mine = by_partition(cells, self.refused)
        stage = HashStage(self.rows.judge, mine, expiry=self.expiry, only=only)
        return self._run(cells, stage, HASH_DDL)

    def _seen(self, cells: Iterable[Cell]) -> Seen | None:
        if self.seen is None or self.seen.cells != {cell.number for cell in cells}:
            return None
        return self.seen

    def newest(self, cells: Iterable[Cell], order: Order, by: pa.DataType | None) -> DataFrame:
        """Return (key, by, partition, offset, hash) of some rows, all newest of a key among them.

        `by` is the type of the column that orders them.
        """
        wanted = tuple(cells)
        mine = by_partition(wanted, self.refused)
        stage = NewestStage(self.rows.judge, mine, order, expiry=self.expiry)
        return self._run(wanted, stage, keyed_ddl(by))

    def texts(self, topic_id: str, records: Iterable[Place]) -> dict[Place, Texts]:
        """Return (partition, offset) -> the row's values as texts, for a few records."""
        cells = [
            Cell(number, topic_id, partition, offset, offset + 1)
            for number, (partition, offset) in enumerate(sorted(records))
        ]
        stage = TextStage(self.rows.judge, by_partition(cells, self.refused))
        rows = self._run(tuple(cells), stage, TEXT_DDL).collect()
        return {(row["partition"], row["offset"]): tuple(row["values"]) for row in rows}

    def dead(self, cells: Iterable[Cell]) -> DataFrame:
        """Return (cell, offset, reason) of every record that the judge condemns."""
        wanted = tuple(cells)
        stage = DeadStage(self.rows.judge, by_partition(wanted, self.refused))
        return self._run(wanted, stage, DEAD_DDL)

    def _run(self, cells: tuple[Cell, ...], stage: object, ddl: str) -> DataFrame:
        if not cells:
            return self.spark.createDataFrame([], ddl)
        return self.rows.frame(self.raw(cells)).mapInArrow(cast("Any", stage), ddl)

    def raw(self, cells: Iterable[Cell]) -> DataFrame:
        """Return the raw records from the first to the last offset of each partition's cells."""
        spans: dict[int, tuple[int, int]] = {}
        for cell in cells:
            start, end = spans.get(cell.partition, (cell.start, cell.end))
            spans[cell.partition] = (min(start, cell.start), max(end, cell.end))
        topic = self.source.topic
        starts = {str(partition): start for partition, (start, _) in spans.items()}
        ends = {str(partition): end for partition, (_, end) in spans.items()}
        return (
            self.spark.read.format("kafka")
            .options(**reading_options(self.source, self.secret, len(spans)))
            .option("kafka.isolation.level", "read_committed")
            .option("assign", json.dumps({topic: sorted(spans)}))
            .option("startingOffsets", json.dumps({topic: starts}))
            .option("endingOffsets", json.dumps({topic: ends}))
            .option("maxRecordsPerPartition", str(_TASK_OFFSETS))
            .option("failOnDataLoss", "true")
            .option("includeHeaders", str(self.record.headers).lower())
            .load()
            .select(*raw_columns(self.record))
        )


@dataclass(frozen=True)
class Wanted:
    """What a sink wants to know of Kafka: the measures of some cells.

    `plain` is output column -> field or metadata column, where the sink computes nothing. `keep`
    asks for the hash of each row, so that a wrong one is found without reading Kafka again.
    """

    reread: Reread
    cells: tuple[Cell, ...]
    plain: Mapping[str, str] | None
    folders: tuple[str, ...] = ()
    keep: bool = False


@dataclass(frozen=True)
class Measured:
    """What Kafka gave for a sink: cell number -> measure, and what was seen of its rows."""

    measures: dict[int, Measure]
    seen: Seen


@contextmanager
def measure(record: Record, sinks: Sequence[Wanted]) -> Iterator[list[Measured]]:
    """Give what Kafka gives for each sink; cells without records get an empty measure.

    One sink may be of any kind; several are read and decoded in one pass and have to be plain. What
    is kept of them is there within the block.
    """
    results = [{cell.number: Measure() for cell in sink.cells} for sink in sinks]
    sums: list[list[bytes]] = [[] for _ in sinks]
    with on_disk(_measured(record, sinks), any(sink.keep for sink in sinks)) as frame:
        for row in frame.where("cell IS NOT NULL").drop("offsets", "hashes").collect():
            mine = results[row["share"]]
            mine[row["cell"]] = mine[row["cell"]].plus(measure_of(row.asDict()))
            if row["buckets"] is not None:
                sums[row["share"]].append(row["buckets"])
        yield [
            Measured(mine, Seen(frozenset(mine), total(parts), _kept_rows(frame, number, sink)))
            for number, (mine, parts, sink) in enumerate(zip(results, sums, sinks, strict=True))
        ]


def _kept_rows(frame: DataFrame, share: int, sink: Wanted) -> DataFrame | None:
    if not sink.keep:
        return None
    mine = frame.where(f"cell IS NULL AND share = {share}")
    return mine.select("partition", "offsets", "hashes")


def _measured(record: Record, sinks: Sequence[Wanted]) -> DataFrame:
    cells = tuple(cell for sink in sinks for cell in sink.cells)
    reread = sinks[0].reread
    if not cells:
        return reread.spark.createDataFrame([], MEASURE_DDL)
    raw = reread.raw(cells)
    if _by_value(record, sinks):
        # What nobody looks at need not be carried into Python.
        raw = raw.drop("key", "timestamp")
    stage = _pass(record, sinks)
    return reread.rows.frame(raw).mapInArrow(cast("Any", stage), MEASURE_DDL)


def _by_value(record: Record, sinks: Sequence[Wanted]) -> bool:
    """Whether rows come from the records' values alone, and verdicts anyway."""
    beside = {"_key", "_kafka_timestamp"}
    return not any(field.key for field in record.fields) and all(
        sink.plain is not None and not beside & set(sink.plain.values()) for sink in sinks
    )


def _pass(record: Record, sinks: Sequence[Wanted]) -> MeasureStage:
    cells = [by_partition(sink.cells, sink.reread.refused) for sink in sinks]
    if len(sinks) == 1:
        (alone,) = sinks
        share = Share(cells[0], expiry=alone.reread.expiry, keep=alone.keep)
        return MeasureStage(alone.reread.rows.judge, (share,))
    sources = sorted({name for sink in sinks for name in (sink.plain or {}).values()})
    shares = tuple(
        Share(
            mine,
            tuple(sources.index(name) for name in (sink.plain or {}).values()),
            sink.folders,
            tuple(sink.plain or {}),
            sink.reread.expiry,
            sink.keep,
        )
        for sink, mine in zip(sinks, cells, strict=True)
    )
    return MeasureStage(PlainJudge(record, {name: name for name in sources}), shares)
