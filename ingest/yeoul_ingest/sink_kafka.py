"""Send records to Kafka, and learn of each whether it arrived."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial

from confluent_kafka import KafkaError, KafkaException, Producer

from yeoul_ingest.kafka_client import ClientLostError, connect, is_fatal
from yeoul_ingest.kafka_options import Options
from yeoul_ingest.metrics import PollerMetrics
from yeoul_ingest.records import Identity, Record

log = logging.getLogger(__name__)

# Sending these again would fail again, at every poll for as long as the API shows the record.
NEVER_TAKEN = {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD}
_GIVEN_UP_BY_US = {KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT}
REMEDIES = {
    KafkaError.UNKNOWN_TOPIC_OR_PART: "create the topic, or name another one with --topic",
    KafkaError._UNKNOWN_TOPIC: "create the topic, or name another one with --topic",
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "give the user of --kafka-options-file Write on it",
    KafkaError.MSG_SIZE_TOO_LARGE: "raise max.message.bytes of the topic, and message.max.bytes "
    "by --kafka-option; the record is not sent again",
}


# As long as a healthy Kafka needs to confirm a poll; another one does not hold the next poll up.
SETTLE_S = 0.2


class KafkaSink:
    """An idempotent producer for one topic.

    `on_failed` is called with the identity of each record that Kafka did not take and that may be
    sent again, from within `send`, `serve` and `close`.
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
        self._refusals: Counter[KafkaError] = Counter()
        self.last_refusal: KafkaError | None = None
        self._producer: Producer = connect(Producer, options)

    def send(self, record: Record) -> bool:
        """Hand over a record; waits while the queue is full, and so holds the polling back.

        Returns False if it was told to stop while it waited. Raises ClientLostError.
        """
        while True:
            try:
                self._producer.produce(
                    self._topic,
                    record.value,
                    record.key,
                    on_delivery=partial(self._delivered, record.identity),
                )
            except BufferError:
                self._producer.poll(0.2)
                if self._stop.is_set():
                    return False
            except KafkaException as error:
                self._refused(error.args[0], record.identity)
                return True
            else:
                return True

    def serve(self) -> None:
        """Take note of what arrived and what did not. Raises ClientLostError."""
        self._producer.flush(SETTLE_S)
        self._metrics.waiting.set(len(self._producer))
        for error, records in self._refusals.items():
            remedy = REMEDIES.get(error.code(), "they are sent again while the API shows them")
            log.error("Kafka did not take %d records (%s): %s", records, error.str(), remedy)
        self._refusals.clear()

    def close(self, seconds: float) -> int:
        """Wait until everything has arrived, then end; the number of records that have not."""
        with contextlib.suppress(ClientLostError):
            self._producer.flush(seconds)
        left = len(self._producer)
        if left:
            with contextlib.suppress(ClientLostError):
                self._producer.purge()
                self._producer.flush(1)
        with contextlib.suppress(ClientLostError):
            self.serve()
        self._producer.close()
        return left

    def _delivered(self, identity: Identity, error: KafkaError | None, _: object) -> None:
        if error is None:
            self._metrics.sent.inc()
        else:
            self._refused(error, identity)

    def _refused(self, error: KafkaError, identity: Identity) -> None:
        self._metrics.delivery_errors.labels(error.name()).inc()
        if is_fatal(error):
            raise ClientLostError(error.str())
        self._refusals[error] += 1
        if error.code() not in _GIVEN_UP_BY_US:
            self.last_refusal = error
        if error.code() not in NEVER_TAKEN:
            self._on_failed(identity)
