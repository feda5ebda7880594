"""Offsets without records, made by a real broker: transactions, aborted ones, and compaction."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
from pyspark.sql import SparkSession

from fix_stream import wait_until
from fix_verify import World, document, message, row_of, session, world
from yeoul_local.platform import Platform
from yeoul_stream.pipeline import parse_pipeline

# Py4J and PySpark leave the closing of their sockets to Python.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

SINKS = ("table", "fast", "lake")


@pytest.fixture(scope="module")
def spark(platform: Platform) -> Iterator[SparkSession]:
    with session(platform, parse_pipeline(document(platform, "gaps"), "gaps")) as made:
        yield made


def transactional(made: World) -> Producer:
    """A producer that can begin transactions."""
    producer = Producer(
        {"bootstrap.servers": made.platform.endpoints.kafka_bootstrap, "log_level": 2,
         "transactional.id": made.name}
    )  # fmt: skip
    producer.init_transactions(30)
    return producer


def begin(producer: Producer, topic: str, numbers: range) -> None:
    """Send records, in turns to both partitions, in a transaction that stays open."""
    producer.begin_transaction()
    for number in numbers:
        producer.produce(topic, message(number), partition=number % 2)
    producer.flush(30)


@pytest.fixture(scope="module")
def transactions(
    platform: Platform, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> World:
    """Read in three runs: committed and aborted records, aborted ones only, and again committed."""
    made = world(platform, spark, tmp_path_factory.mktemp("transactions"), "transactions")
    producer = transactional(made)
    begin(producer, made.name, range(60))
    producer.commit_transaction(30)
    begin(producer, made.name, range(100, 140))
    producer.abort_transaction(30)
    made.run(*SINKS)
    begin(producer, made.name, range(200, 230))
    producer.abort_transaction(30)
    made.run(*SINKS)
    begin(producer, made.name, range(300, 320))
    producer.commit_transaction(30)
    made.run(*SINKS)
    return made


def test_aborted_records_are_in_no_sink(transactions: World) -> None:
    ids = [row[0] for row in transactions.sql("SELECT id FROM transactions_table")]
    files = transactions.spark.read.parquet(transactions.folder("transactions").uri())
    wanted = Counter(f"R{number:06d}" for number in (*range(60), *range(300, 320)))
    assert Counter(ids) == Counter(row["id"] for row in files.select("id").collect()) == wanted


def test_the_proof_holds_over_aborted_records(transactions: World) -> None:
    report = transactions.verify(*SINKS)
    read = {row.sink: (row.state, row.in_kafka, row.attested) for row in report.sinks}
    assert read == dict.fromkeys(SINKS, ("holds", 80, 0))


def test_markers_and_aborted_records_are_passed(transactions: World) -> None:
    """Four transactions leave 80 + 70 records and a marker each in both partitions."""
    row = row_of(transactions.verify("table"), "table")
    assert [(part.start, part.end) for part in row.ranges] == [(0, 79), (0, 79)]


def test_records_of_an_open_transaction_wait(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    made = world(platform, spark, tmp_path, "opened")
    producer = transactional(made)
    begin(producer, made.name, range(10))
    producer.commit_transaction(30)
    begin(producer, made.name, range(10, 30))
    # Other producers' records behind an open transaction wait with it.
    made.send([message(number) for number in range(40, 50)])
    made.run("table", "lake")
    before = made.verify("table", "lake")
    producer.commit_transaction(30)
    made.run("table", "lake")
    after = made.verify("table", "lake")
    told = [(report.verdict, report.records) for report in (before, after)]
    assert told == [("holds", 10), ("holds", 40)]


def held(made: World) -> int:
    """How many records the topic holds."""
    consumer = Consumer(
        {"bootstrap.servers": made.platform.endpoints.kafka_bootstrap, "group.id": "gaps",
         "enable.partition.eof": True, "auto.offset.reset": "earliest"}
    )  # fmt: skip
    count, reading = 0, {0, 1}
    try:
        consumer.assign([TopicPartition(made.name, partition, 0) for partition in reading])
        while reading:
            for found in consumer.consume(1000, 1):
                error = found.error()
                if error is None:
                    count += 1
                else:
                    assert error.code() == KafkaError._PARTITION_EOF, error
                    reading.discard(found.partition() or 0)
    finally:
        consumer.close()
    return count


def configure(made: World, **settings: str) -> None:
    """Change the topic's settings; underscores stand for dots."""
    entries = [
        ConfigEntry(name.replace("_", "."), value, incremental_operation=AlterConfigOpType.SET)
        for name, value in settings.items()
    ]
    admin = AdminClient({"bootstrap.servers": made.platform.endpoints.kafka_bootstrap})
    resource = ConfigResource(ResourceType.TOPIC, made.name, incremental_configs=entries)
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(timeout=30)


def compact(made: World, values: Sequence[bytes]) -> None:
    """Let the broker compact the topic, which rolls a segment with each further record."""
    configure(
        made, cleanup_policy="compact", segment_ms="100", min_cleanable_dirty_ratio="0.001",
        max_compaction_lag_ms="100",
    )  # fmt: skip
    sent = held(made)
    rest = iter(values)

    def gone() -> bool:
        nonlocal sent
        made.send([next(rest)] * 2)
        sent += 2
        return held(made) < sent

    wait_until("the broker to compact the topic", gone)
    configure(made, min_compaction_lag_ms=str(10**10), max_compaction_lag_ms=str(10**11))


@pytest.fixture(scope="module")
def compacted(
    platform: Platform, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> World:
    """`table` has read everything before the broker compacted the topic, the others have after."""
    made = world(platform, spark, tmp_path_factory.mktemp("compacted"), "compacted")
    made.send([message(number) for number in range(200)])
    made.run("table")
    compact(made, [message(number) for number in range(1000, 9000)])
    made.run(*SINKS)
    return made


def test_compaction_leaves_gaps(compacted: World) -> None:
    row = row_of(compacted.verify("lake"), "lake")
    assert 0 < row.in_kafka < sum(part.end - part.start for part in row.ranges)


def test_a_sink_that_read_over_gaps_is_proved_from_kafka(compacted: World) -> None:
    states = {row.sink: (row.state, row.attested) for row in compacted.verify("fast", "lake").sinks}
    assert states == {"fast": ("holds", 0), "lake": ("holds", 0)}


def test_what_was_read_before_compaction_is_attested(compacted: World) -> None:
    report = compacted.verify("table")
    row = row_of(report, "table")
    assert (report.verdict, row.state) == ("holds", "attested")
    assert (row.attested, row.in_kafka > 0) == (200, True)
