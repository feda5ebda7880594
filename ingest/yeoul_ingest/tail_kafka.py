"""Read what a topic received lately."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from yeoul_ingest.kafka_client import connect
from yeoul_ingest.kafka_options import Options

log = logging.getLogger(__name__)

ANSWER_S = 5.0
BATCH = 10_000


def read_tail(
    options: Options, topic: str, since: float, stop: threading.Event
) -> Iterator[tuple[bytes, float]]:
    """Value and Kafka time (epoch seconds) of each record from `since` up to the present end.

    Nothing where the topic does not exist yet. Raises KafkaException where Kafka cannot be asked.
    """
    consumer = connect(Consumer, options)
    try:
        starts = _starts(consumer, topic, since)
        if not starts:
            return
        consumer.assign(starts)
        reading = {start.partition for start in starts}
        while reading and not stop.is_set():
            for message in consumer.consume(BATCH, 0.5):
                if _is_end(message):
                    reading.discard(message.partition())
                elif (value := message.value()) is not None:
                    yield value, message.timestamp()[1] / 1000
    finally:
        consumer.close()


def _starts(consumer: Consumer, topic: str, since: float) -> list[TopicPartition]:
    found = consumer.list_topics(topic, ANSWER_S).topics[topic]
    if found.error is not None:
        if found.error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            log.warning("topic %s does not exist yet: nothing was sent to it before", topic)
            return []
        raise KafkaException(found.error)
    wanted = [
        TopicPartition(topic, partition, round(since * 1000)) for partition in found.partitions
    ]
    starts = list(consumer.offsets_for_times(wanted, ANSWER_S))
    for start in starts:
        if start.error is not None:
            raise KafkaException(start.error)
    return starts


def _is_end(message: Message) -> bool:
    error = message.error()
    if error is None:
        return False
    if error.code() == KafkaError._PARTITION_EOF:
        return True
    raise KafkaException(error)
