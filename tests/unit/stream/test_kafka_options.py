"""What a reader of many records asks of Kafka's consumers."""

import pytest

from yeoul_stream.kafka import reading_options
from yeoul_stream.pipeline import KafkaSource

FETCH, POLL = "kafka.max.partition.fetch.bytes", "kafka.max.poll.records"


def options(partitions: int, **given: str) -> dict[str, str]:
    source = KafkaSource(bootstrap_servers="kafka:9092", topic="cars", options=given)
    return reading_options(source, {"kafka.sasl.jaas.config": "secret"}, partitions)


@pytest.mark.parametrize("partitions", [1, 2, 4, 8])
def test_few_partitions_are_read_in_large_fetches(partitions: int) -> None:
    found = options(partitions)
    assert (found[FETCH], found[POLL]) == (str(8 << 20), "10000")


def test_many_partitions_share_what_may_be_in_memory() -> None:
    found = options(32)
    assert (found[FETCH], found[POLL]) == (str(2 << 20), "2500")


def test_however_many_there_are_each_has_what_kafka_gives() -> None:
    found = options(1000)
    assert (found[FETCH], found[POLL]) == (str(1 << 20), "500")


def test_a_topic_without_partitions_is_no_error() -> None:
    assert options(0)[FETCH] == str(8 << 20)


def test_the_sources_own_options_and_its_secret_come_first() -> None:
    found = options(4, **{POLL: "7"})
    assert (found[POLL], found["kafka.sasl.jaas.config"]) == ("7", "secret")
