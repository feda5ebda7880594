"""Dead letters into a Kafka topic, for pipelines without PostgreSQL.

A letter's key is topic id, partition and offset, so one that is sent twice is the same letter, and
a compacted topic keeps it once. The position is the consumer group of the sink's name: it moves
when the letters of a range are acknowledged, so none is passed over, whatever is killed in between.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Final, cast

import pyarrow as pa
from pydantic import TypeAdapter
from pyspark.sql import DataFrame, SparkSession

from yeoul_stream.books import RangeBook, Totals
from yeoul_stream.claim import Claimant
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.judge import Judge
from yeoul_stream.kafka import admin_client, kafka_options
from yeoul_stream.pipeline import DeadLetters, KafkaSource, Record, Sink
from yeoul_stream.rows import SinkRows
from yeoul_stream.sinks.protocol import Opened, Written, local_checkpoint
from yeoul_stream.start import BatchExtent, Positions, Start, TopicState
from yeoul_stream.tally import Tally

_TOTALS: Final = TypeAdapter(Totals)
_TALLY_DDL: Final = "partition int, read bigint, kept bigint, filtered bigint, dead string"
_LETTER_DDL: Final = "key binary, value binary, headers array<struct<key: string, value: binary>>"


@dataclass(frozen=True)
class _Count:
    """A mapInArrow stage: what becomes of a task's records (_TALLY_DDL)."""

    judge: Judge

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        tally, partition = Tally(), -1
        for batch in batches:
            if batch.num_rows:
                partition, judged = self.judge.partition(batch), self.judge(batch)
                tally = tally.plus(judged, judged.rows.select([]), judged.dead)
        if partition >= 0:
            kept = tally.read - tally.filtered - sum(tally.dead.values())
            yield pa.RecordBatch.from_pydict(
                {
                    "partition": pa.array([partition], pa.int32()),
                    "read": pa.array([tally.read], pa.int64()),
                    "kept": pa.array([kept], pa.int64()),
                    "filtered": pa.array([tally.filtered], pa.int64()),
                    "dead": [json.dumps(dict(tally.dead))],
                }
            )


@dataclass(frozen=True)
class _Letters:
    """A mapInArrow stage: the dead letters as Kafka's messages (_LETTER_DDL)."""

    judge: Judge
    who: SinkIdentity
    topic: TopicState

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if batch.num_rows:
                partition, dead = self.judge.partition(batch), self.judge(batch).dead
                if dead.num_rows:
                    yield self._messages(partition, dead)

    def _messages(self, partition: int, dead: pa.RecordBatch) -> pa.RecordBatch:
        rows = dead.to_pylist()
        place = f"{self.topic.topic_id}/{partition}"
        return pa.RecordBatch.from_pydict(
            {
                "key": pa.array([f"{place}/{row['offset']}".encode() for row in rows], pa.binary()),
                # Without a value a compacted topic would forget the letter.
                "value": pa.array([row["payload"] or b"" for row in rows], pa.binary()),
                "headers": pa.array(
                    [list(self._headers(partition, row)) for row in rows],
                    pa.list_(pa.struct([("key", pa.string()), ("value", pa.binary())])),
                ),
            }
        )

    def _headers(self, partition: int, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        told: dict[str, object] = {
            "pipeline": self.who.pipeline, "sink": self.who.sink, "topic": self.topic.name,
            "topic-id": self.topic.topic_id, "partition": partition, "offset": row["offset"],
            "reason": row["reason"], "detail": row["detail"],
            "time": row["kafka_time"].isoformat() if row["kafka_time"] else "",
        }  # fmt: skip
        for name, value in told.items():
            yield {"key": f"yeoul.{name}", "value": str(value).encode()}
        if row["key"] is not None:
            yield {"key": "yeoul.key", "value": row["key"]}
        if row["payload"] is None:
            yield {"key": "yeoul.null", "value": b"true"}


class LetterSink:
    """Sends what cannot be written to a topic of the same Kafka."""

    kind = "deadLetters"

    def __init__(
        self,
        spark: SparkSession,
        who: SinkIdentity,
        record: Record,
        sink: Sink,
        target: DeadLetters,
        source: KafkaSource,
        secret: Mapping[str, str],
        raw: DataFrame,
        *,
        scratch: Path,
    ) -> None:
        """`raw` is an empty frame with the raw Kafka columns, to resolve types on."""
        self._spark, self._who, self._sink = spark, who, sink
        self._source, self._secret, self._target = source, secret, target
        self._rows, self._scratch = SinkRows(record, sink, raw), scratch
        self._group = f"yeoul.{who.installation}.{who.pipeline.replace('/', '.')}.{who.sink}"
        self._admin = admin_client(spark, source, secret)
        self._totals: dict[int, Totals] = {}

    def open(self, topic: TopicState, claimant: Claimant) -> Opened:  # noqa: ARG002
        """See StreamSink.open."""
        found = self._committed(topic)
        mine = {p: offset for p, (offset, note) in found.items() if note["id"] == topic.topic_id}
        self._totals = {p: _TOTALS.validate_python(found[p][1]["totals"]) for p in mine}
        return Opened(
            epoch=0,
            positions=Positions(mine, other_topic_ids=len(mine) < len(found)),
            totals=reduce(Totals.with_those, self._totals.values(), Totals()),
        )

    def _committed(self, topic: TopicState) -> dict[int, tuple[int, dict[str, Any]]]:
        """Return partition -> next offset, and what was noted with it."""
        found = self._admin.listConsumerGroupOffsets(self._group)
        offsets = found.partitionsToOffsetAndMetadata().get()
        result = {}
        for partition in topic.end:
            key = self._partition(topic, partition)
            committed = offsets.get(key)
            if committed is not None:
                note = json.loads(committed.metadata() or "{}")
                result[partition] = (
                    int(committed.offset()),
                    {"id": topic.topic_id, "totals": {}, **note},
                )
        return result

    def _partition(self, topic: TopicState, partition: int) -> Any:
        jvm: Any = self._spark._jvm
        return jvm.org.apache.kafka.common.TopicPartition(topic.name, partition)

    def record_start(self, topic: TopicState, starts: tuple[Start, ...]) -> None:
        """See StreamSink.record_start."""
        self._commit(topic, {start.partition: start.offset for start in starts})

    def _commit(self, topic: TopicState, offsets: Mapping[int, int]) -> None:
        jvm: Any = self._spark._jvm
        wanted = jvm.java.util.HashMap()
        for partition, offset in offsets.items():
            totals = self._totals.get(partition, Totals())
            told = _TOTALS.dump_python(totals, mode="json")
            note = json.dumps({"id": topic.topic_id, "totals": told})
            value = jvm.org.apache.kafka.clients.consumer.OffsetAndMetadata(offset, note)
            wanted.put(self._partition(topic, partition), value)
        self._admin.alterConsumerGroupOffsets(self._group, wanted).all().get()

    def write(self, batch: DataFrame, extent: BatchExtent) -> Written:
        """See StreamSink.write: letters first, the position when they are acknowledged."""
        frame = self._rows.frame(batch)
        counted = frame.mapInArrow(cast("Any", _Count(self._rows.judge)), _TALLY_DDL).collect()
        books = {row["partition"]: _book(extent, row.asDict()) for row in counted}
        if any(book.dead for book in books.values()):
            self._send(frame, extent.topic)
        ends = {partition: part.end for partition, part in extent.partitions.items()}
        for partition, book in books.items():
            self._totals[partition] = self._totals.get(partition, Totals()).plus([book])
        self._commit(extent.topic, ends)
        return Written(tuple(books.values()), ends)

    def _send(self, frame: DataFrame, topic: TopicState) -> None:
        stage = _Letters(self._rows.judge, self._who, topic)
        (
            frame.mapInArrow(cast("Any", stage), _LETTER_DDL)
            .write.format("kafka")
            .options(**kafka_options(self._source, self._secret))
            .option("topic", self._target.topic)
            .option("includeHeaders", "true")
            .option("kafka.acks", "all")
            .mode("append")
            .save()
        )

    def checkpoint(self) -> str:
        """See StreamSink.checkpoint."""
        return local_checkpoint(self._scratch, self._sink.name)

    def close(self) -> None:
        """See StreamSink.close."""
        self._admin.close()


def _book(extent: BatchExtent, row: Mapping[str, Any]) -> RangeBook:
    part, topic = extent.partitions[row["partition"]], extent.topic
    return RangeBook(
        topic.topic_id, topic.name, row["partition"], part.start, part.end, read=row["read"],
        written=row["kept"], filtered=row["filtered"], dead=json.loads(row["dead"]),
        lost=part.lost, rules=part.rules,
    )  # fmt: skip
