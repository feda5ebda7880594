"""Read what a topic received lately."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from yeoul_ingest.kafka_client import connect
from yeoul_ingest.kafka_options import Options

log = logging.getLogger(__name__)

ANSWER_S = 5.0
LONGEST_QUIET_S = 120.0
NEVER_QUIET = (
    "topic %s: somebody else has been writing to it for %.0f s: two pollers of one API send each "
    "record twice; where others may write there, set --quiet-start to 0 (it is %g)"
)
BATCH = 10_000


def read_tail(
    options: Options, topic: str, since: float, stop: threading.Event, quiet: float = 0
) -> Iterator[tuple[bytes, float]]:
    """Value and Kafka time (epoch seconds) of each record from `since` up to the present end.

    The end is present once nothing has come for `quiet` seconds: another poller that is about to
    end still delivers what it has, and what it sends must be known. Nothing where the topic does
    not exist yet. Raises KafkaException where Kafka cannot be asked.
    """
    consumer = connect(Consumer, options)
    try:
        starts = _starts(consumer, topic, since)
        if not starts:
            return
        consumer.assign(starts)
        reading = {start.partition for start in starts}
        patience = time.monotonic() + LONGEST_QUIET_S
        silent_at = 0.0
        while (reading or time.monotonic() < silent_at) and not stop.is_set():
            for message in consumer.consume(BATCH, 0.5):
                if _is_end(message):
                    reading.discard(message.partition())
                    continue
                at = message.timestamp()[1] / 1000
                age = max(0.0, time.time() - at)
                silent_at = max(silent_at, time.monotonic() + quiet - age)
                if (value := message.value()) is not None:
                    yield value, at
            if not reading and quiet and time.monotonic() > patience:
                log.warning(NEVER_QUIET, topic, LONGEST_QUIET_S, quiet)
                return
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
