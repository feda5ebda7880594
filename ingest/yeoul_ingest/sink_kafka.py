"""Send records to Kafka, and learn of each whether it arrived."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from yeoul_ingest.kafka_options import Options
from yeoul_ingest.metrics import PollerMetrics
from yeoul_ingest.seen import Identity

log = logging.getLogger(__name__)


class SinkLostError(Exception):
    """The producer cannot go on (its ids are no longer valid, say): a new one is needed."""


class KafkaSink:
    """An idempotent producer for one topic.

    `on_failed` is called with the identity of each record that Kafka did not take, from within
    `send`, `serve` and `flush`.
    """

    def __init__(
        self,
        options: Options,
        topic: str,
        metrics: PollerMetrics,
        on_failed: Callable[[Identity], None],
        stop: threading.Event,
    ) -> None:
        self._topic = topic
        self._metrics = metrics
        self._on_failed = on_failed
        self._stop = stop
        self._producer = Producer({**options, "error_cb": self._note})

    def send(self, key: bytes | None, value: bytes, identity: Identity) -> bool:
        """Hand over a record; waits while the queue is full.

        Returns False if it was told to stop while it waited. Raises SinkLostError.
        """
        while True:
            try:
                self._producer.produce(
                    self._topic,
                    value,
                    key,
                    on_delivery=lambda error, _: self._delivered(error, identity),
                )
            except BufferError:
                self._producer.poll(0.2)
                if self._stop.is_set():
                    return False
            except KafkaException as error:
                self._refused(error.args[0], identity)
                return True
            else:
                return True

    def serve(self) -> None:
        """Take note of what arrived. Raises SinkLostError."""
        self._producer.poll(0)
        self._metrics.waiting.set(len(self._producer))

    def flush(self, seconds: float) -> int:
        """Wait until everything has arrived; the number of records that have not."""
        left: int = self._producer.flush(seconds)
        self._metrics.waiting.set(left)
        return left

    def _delivered(self, error: KafkaError | None, identity: Identity) -> None:
        if error is None:
            self._metrics.sent.inc()
        else:
            self._refused(error, identity)

    def _refused(self, error: KafkaError, identity: Identity) -> None:
        self._metrics.delivery_errors.labels(error.name()).inc()
        self._on_failed(identity)
        if error.fatal():
            raise SinkLostError(error.str())
        log.warning("Kafka did not take a record for topic %s: %s", self._topic, error.str())

    def _note(self, error: KafkaError) -> None:
        if error.fatal():
            raise SinkLostError(error.str())
        log.warning("Kafka: %s", error.str())


__all__ = ["KafkaSink", "Message", "SinkLostError"]
