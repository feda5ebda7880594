"""Reading committed ranges again from Kafka, judged as the sink judged them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession

from yeoul_stream.judge import PlainJudge
from yeoul_stream.kafka import TopicAdmin, UnknownTopicError, kafka_options, raw_columns
from yeoul_stream.pipeline import KafkaSource, Record
from yeoul_stream.rows import SinkRows
from yeoul_stream.sinks.postgres.upsert import Order
from yeoul_stream.start import TopicState
from yeoul_stream.verify.facts import Cell, Measure
from yeoul_stream.verify.measuring import MEASURE_DDL, MeasureStage, Share, measure_of
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
class Reread:
    """Reads cells of one topic id for one sink. `refused` are target dead letters to leave out."""

    spark: SparkSession
    source: KafkaSource
    secret: Mapping[str, str]
    record: Record
    rows: SinkRows
    refused: Mapping[int, Integers]
    topic: TopicState | None
    expiry: Expiry | None = None

    @property
    def topic_id(self) -> str | None:
        """The id of the topic as it is now."""
        return self.topic.topic_id if self.topic else None

    def hashes(self, cells: Iterable[Cell]) -> DataFrame:
        """Return (cell, hash, partition, offset) of every row that the target should hold."""
        wanted = tuple(cells)
        mine = by_partition(wanted, self.refused)
        stage = HashStage(self.rows.judge, mine, expiry=self.expiry)
        return self._run(wanted, stage, HASH_DDL)

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
            .options(**kafka_options(self.source, self.secret))
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

    `plain` is output column -> field or metadata column, where the sink computes nothing.
    """

    reread: Reread
    cells: tuple[Cell, ...]
    plain: Mapping[str, str] | None
    folders: tuple[str, ...] = ()


def measure(record: Record, sinks: Sequence[Wanted]) -> list[dict[int, Measure]]:
    """Return cell number -> measure for each sink; cells without records get an empty one.

    One sink may be of any kind; several are read and decoded in one pass and have to be plain.
    """
    results = [{cell.number: Measure() for cell in sink.cells} for sink in sinks]
    cells = tuple(cell for sink in sinks for cell in sink.cells)
    if not cells:
        return results
    reread = sinks[0].reread
    stage = _pass(record, sinks)
    frame = reread.rows.frame(reread.raw(cells)).mapInArrow(cast("Any", stage), MEASURE_DDL)
    for row in frame.collect():
        mine = results[row["share"]]
        mine[row["cell"]] = mine[row["cell"]].plus(measure_of(row.asDict()))
    return results


def _pass(record: Record, sinks: Sequence[Wanted]) -> MeasureStage:
    cells = [by_partition(sink.cells, sink.reread.refused) for sink in sinks]
    if len(sinks) == 1:
        alone = sinks[0].reread
        return MeasureStage(alone.rows.judge, (Share(cells[0], expiry=alone.expiry),))
    sources = sorted({name for sink in sinks for name in (sink.plain or {}).values()})
    shares = tuple(
        Share(
            mine,
            tuple(sources.index(name) for name in (sink.plain or {}).values()),
            sink.folders,
            tuple(sink.plain or {}),
            sink.reread.expiry,
        )
        for sink, mine in zip(sinks, cells, strict=True)
    )
    return MeasureStage(PlainJudge(record, {name: name for name in sources}), shares)
