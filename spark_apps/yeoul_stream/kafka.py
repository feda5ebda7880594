"""Kafka as the driver sees it: topic state through the JVM's admin client, and the stream source.

The admin client takes the very options that Spark's source takes, so one set of security
options serves both.
"""

import json
from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from yeoul_stream.errors import PermanentError
from yeoul_stream.pipeline import KafkaSource, Record
from yeoul_stream.start import Start, TopicState

_ADMIN_DEFAULTS = {
    "default.api.timeout.ms": "10000",
    "request.timeout.ms": "10000",
    # A broker that is away is asked again every few seconds: its log line comes with each try.
    "reconnect.backoff.ms": "1000",
    "reconnect.backoff.max.ms": "5000",
}
# A task reads one partition's range to its end: large fetches and polls save a third of Spark's
# CPU time for the source and most of the broker's, against Kafka's defaults (the lower numbers).
_FETCH_BYTES = (1 << 20, 8 << 20)
_POLL_RECORDS = (500, 10_000)
# But Spark keeps a consumer for each partition, with what it has fetched and not handed out yet. So
# all of a reader's together may have these in memory, as long as each has what Kafka would give it.
_ALL_FETCH_BYTES = 64 << 20
_ALL_POLL_RECORDS = 80_000
_COLUMNS = ("key", "value", "partition", "offset", "timestamp")


class UnknownTopicError(PermanentError):
    """The topic is not there. Topics are created by the operator of Kafka, never by reading."""


def admin_client(spark: SparkSession, source: KafkaSource, secret: Mapping[str, str]) -> Any:
    """Return a JVM admin client for the source's brokers; the caller closes it."""
    jvm: Any = spark._jvm
    properties = jvm.java.util.Properties()
    for key, value in kafka_options(source, secret).items():
        properties.setProperty(key.removeprefix("kafka."), value)
    for key, value in _ADMIN_DEFAULTS.items():
        properties.putIfAbsent(key, value)
    return jvm.org.apache.kafka.clients.admin.Admin.create(properties)


class TopicAdmin:
    """Reads a topic's id and offsets. One JVM admin client, closed by `close`.

    It is asked in every batch, and each word to the JVM costs a tenth of a millisecond: what does
    not change is made once, and Kafka is asked for all at the same time.
    """

    def __init__(self, spark: SparkSession, source: KafkaSource, secret: Mapping[str, str]) -> None:
        jvm: Any = spark._jvm
        self._jvm = jvm
        self._topic = source.topic
        self._servers = source.bootstrap_servers
        self._admin = admin_client(spark, source, secret)
        kafka = jvm.org.apache.kafka
        committed = kafka.common.IsolationLevel.READ_COMMITTED
        self._options = kafka.clients.admin.ListOffsetsOptions(committed)
        self._spec = kafka.clients.admin.OffsetSpec
        self._names = jvm.java.util.Collections.singletonList(self._topic)
        self._keys: dict[int, Any] = {}
        self._earliest = self._end = jvm.java.util.HashMap()

    def describe(self) -> TopicState:
        """Return the topic's id and, per partition, its earliest and read-committed end offsets.

        Raises:
            UnknownTopicError: there is no such topic.
            ConnectionError: no broker answered in time.
        """
        asked = self._admin.describeTopics(self._names).allTopicNames()
        try:
            description = asked.get().get(self._topic)
        except Exception as error:
            raise self._explain(error) from error
        partitions = description.partitions()
        if len(self._keys) != partitions.size():
            self._learn([info.partition() for info in partitions])
        earliest, end = self._ask(self._earliest), self._ask(self._end)
        return TopicState(
            name=self._topic,
            topic_id=description.topicId().toString(),
            earliest=self._answer(earliest),
            end=self._answer(end),
        )

    def _learn(self, partitions: list[int]) -> None:
        """Make what Kafka is asked; partitions only ever become more under one id."""
        make = self._jvm.org.apache.kafka.common.TopicPartition
        self._keys = {partition: make(self._topic, partition) for partition in partitions}
        self._earliest = self._question(self._spec.earliest())
        self._end = self._question(self._spec.latest())

    def _question(self, which: Any) -> Any:
        wanted = self._jvm.java.util.HashMap()
        for key in self._keys.values():
            wanted.put(key, which)
        return wanted

    def _ask(self, question: Any) -> Any:
        return self._admin.listOffsets(question, self._options).all()

    def _answer(self, asked: Any) -> dict[int, int]:
        try:
            found = asked.get()
        except Exception as error:
            raise self._explain(error) from error
        return {p: int(found.get(key).offset()) for p, key in self._keys.items()}

    def offsets_at(self, moment: int) -> dict[int, int]:
        """Return each partition's first offset of that time or later, its end where there is none.

        `moment` is in milliseconds of UTC.
        """
        now = self.describe()
        found = self._answer(self._ask(self._question(self._spec.forTimestamp(moment))))
        return {p: offset if offset >= 0 else now.end[p] for p, offset in found.items()}

    def _explain(self, error: Exception) -> Exception:
        if "UnknownTopicOrPartitionException" in str(error):
            return UnknownTopicError(
                f"topic {self._topic!r} does not exist at {self._servers}: create it, or correct "
                "spec.source.kafka.topic"
            )
        return ConnectionError(
            f"Kafka at {self._servers} did not answer for topic {self._topic!r}: {_cause(error)}"
        )

    def close(self) -> None:
        """Release the client's threads and sockets."""
        self._admin.close()


def _cause(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if "Exception" in line]
    return lines[0].removeprefix(": ") if lines else str(error)


def kafka_options(source: KafkaSource, secret: Mapping[str, str]) -> dict[str, str]:
    """Return the `kafka.*` options for a client of `source`; `secret` wins over plain options."""
    return {
        "kafka.bootstrap.servers": source.bootstrap_servers,
        **source.options,
        **secret,
    }


def reading_options(
    source: KafkaSource, secret: Mapping[str, str], partitions: int
) -> dict[str, str]:
    """Return the `kafka.*` options for a reader of so many partitions, with many records.

    The source's own options come first.
    """
    return {
        "kafka.max.partition.fetch.bytes": _share(_ALL_FETCH_BYTES, partitions, _FETCH_BYTES),
        "kafka.fetch.max.bytes": str(_ALL_FETCH_BYTES),
        "kafka.max.poll.records": _share(_ALL_POLL_RECORDS, partitions, _POLL_RECORDS),
        "kafka.receive.buffer.bytes": str(1 << 20),
        **kafka_options(source, secret),
    }


def _share(of: int, partitions: int, bounds: tuple[int, int]) -> str:
    least, most = bounds
    return str(min(max(of // max(partitions, 1), least), most))


def raw_columns(record: Record) -> tuple[str, ...]:
    """Return which of Kafka's columns are needed; headers cost, so only where a field is one."""
    return (*_COLUMNS, "headers") if record.headers else _COLUMNS


def read_stream(
    spark: SparkSession,
    source: KafkaSource,
    secret: Mapping[str, str],
    starts: tuple[Start, ...],
    record: Record,
) -> DataFrame:
    """Return the unbounded stream of the topic from `starts` on, read committed, raw columns."""
    offsets = {source.topic: {str(start.partition): start.offset for start in starts}}
    reader = (
        spark.readStream.format("kafka")
        .options(**reading_options(source, secret, len(starts)))
        .option("kafka.isolation.level", "read_committed")
        .option("subscribe", source.topic)
        .option("startingOffsets", json.dumps(offsets))
        .option("includeHeaders", str(record.headers).lower())
        .option("failOnDataLoss", str(source.on_data_loss == "stop").lower())
    )
    if source.max_offsets_per_trigger is not None:
        reader = reader.option("maxOffsetsPerTrigger", str(source.max_offsets_per_trigger))
    return reader.load().select(*raw_columns(record))


def parse_offset_log(text: str, topic: str) -> dict[int, int]:
    """Return partition -> end offset from one file of a query's offset log.

    The file holds a version line, a metadata line and one JSON line a source (Spark's
    `OffsetSeqLog`); a pipeline has exactly one source.
    """
    lines = text.splitlines()
    return {int(partition): int(end) for partition, end in json.loads(lines[2])[topic].items()}
