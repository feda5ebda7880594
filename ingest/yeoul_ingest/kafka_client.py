"""Kafka clients, whose errors are logged, but not hundreds of times."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException

from yeoul_ingest.kafka_options import Options
from yeoul_ingest.options import OptionsError

log = logging.getLogger(__name__)

NOTE_EVERY_S = 30.0

Client = TypeVar("Client")


class ClientLostError(Exception):
    """The client cannot go on (its ids are no longer valid, say): a new one is needed."""


def connect(kind: Callable[[dict[str, Any]], Client], options: Options) -> Client:
    """A producer or consumer (`kind`) that reports its errors to the log.

    Raises OptionsError for an option that the client does not know.
    """
    try:
        return kind({**options, "error_cb": ClientNotes()})
    except KafkaException as error:
        raise OptionsError(
            f"--kafka-option or --kafka-options-file: {error.args[0].str()}; "
            "accepted are the options of librdkafka"
        ) from None


def is_fatal(error: KafkaError) -> bool:
    """Whether the client that met this error is of no further use."""
    return error.fatal() or error.code() == KafkaError._FATAL


class ClientNotes:
    """Logs the errors that a Kafka client meets, each at most every NOTE_EVERY_S seconds."""

    def __init__(self) -> None:
        self._noted: dict[str, float] = {}

    def __call__(self, error: KafkaError) -> None:
        """The client's `error_cb`. Raises ClientLostError for a fatal error."""
        if is_fatal(error):
            raise ClientLostError(error.str())
        now = time.monotonic()
        if now - self._noted.get(error.name(), -NOTE_EVERY_S) >= NOTE_EVERY_S:
            self._noted[error.name()] = now
            log.warning("Kafka: %s", error.str())
