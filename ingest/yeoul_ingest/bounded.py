"""One run of the poller that ends on time, inside somebody else's process: a task of Airflow.

It shares everything with the plain process but the waiting: what only a person can mend ends the
run at once, with a sentence, since whoever started it tries again and tells people.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException
from pydantic import SecretStr

from yeoul_ingest.answer import Failure, Outcome
from yeoul_ingest.backoff import Backoff
from yeoul_ingest.kafka_client import ClientLostError
from yeoul_ingest.kafka_options import Options
from yeoul_ingest.metrics import PollerMetrics
from yeoul_ingest.patience import GaveUpError, PatientSource
from yeoul_ingest.poller_settings import PollerSettings
from yeoul_ingest.run import Ending, session
from yeoul_ingest.source import HttpSource

# Asked again within the minute, the API would say the same.
HOPELESS = frozenset((Outcome.UNAUTHORIZED, Outcome.CLIENT_ERROR, Outcome.REDIRECT))
_API_REMEDIES = {
    Outcome.UNAUTHORIZED: "put a valid key into the Connection of the feed",
    Outcome.CLIENT_ERROR: "look at the address, the path and the parameters of the feed",
    Outcome.REDIRECT: "name the address that it redirects to: the key is not sent on",
    Outcome.HTML: "this is a page for people: look at the address, and whether the API is up",
    Outcome.NOT_AN_ARRAY: "the records of an envelope are named by the feed's recordsField",
    Outcome.TOO_LARGE: "ask for fewer records at once",
    Outcome.RATE_LIMITED: "ask less often: raise the feed's interval",
    Outcome.CONNECTION: "look at the Connection's host and port, and whether the API is up",
    Outcome.TIMEOUT: "see whether the API is up, or raise the feed's timeout",
}
_KAFKA_REMEDIES = {
    KafkaError.UNKNOWN_TOPIC_OR_PART: "create the topic, or name another one in the feed",
    KafkaError._UNKNOWN_TOPIC: "create the topic, or name another one in the feed",
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "give the user of Kafka's Connection Write on it",
    KafkaError.MSG_SIZE_TOO_LARGE: "raise max.message.bytes of the topic, and message.max.bytes "
    "in Kafka's Connection",
}
_LATER = "nothing is lost while the API shows its records: the next run reads them"


class FeedError(Exception):
    """A run that failed: which part, why, and what to do. `kind` is short, for a metric."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run did: records in good answers, known before, confirmed; requests that failed."""

    polled: int
    duplicates: int
    sent: int
    failed_requests: int


def run_bounded(
    settings: PollerSettings,
    options: Options,
    read_key: Callable[[], SecretStr],
    metrics: PollerMetrics,
    stop: threading.Event,
) -> Counts:
    """Poll for `settings.run_for` seconds, and `flush_timeout` for Kafka at most.

    `options` are further ones of librdkafka, passwords included.

    Raises FeedError where the API gave no good answer at all, where it refuses what is asked, or
    where Kafka has not confirmed everything; SecretError and OptionsError as the process does.
    """
    if settings.run_for is None:
        raise FeedError("settings", "run_for: give a time, since a bounded run has an end")
    ends = time.monotonic() + settings.run_for
    backoff = Backoff(settings.first_pause, settings.longest_pause)
    with (
        contextlib.closing(HttpSource(settings, read_key, ends)) as source,
        _ended_after(settings.run_for, stop),
    ):
        rng = random.Random()  # noqa: S311 - jitter
        patient = PatientSource(source, backoff, metrics, stop, rng, HOPELESS)
        try:
            ending = session(settings, options, patient, metrics, stop)
        except GaveUpError as error:
            raise _api_error(settings, error.failure) from None
        except KafkaException as error:
            raise _kafka_error(settings, error.args[0]) from None
        except ClientLostError as error:
            lost = f"topic {settings.topic}: the producer is lost ({error}): {_LATER}"
            raise FeedError("kafka", lost) from None
    if not (ending.whole and ending.refusal is None and time.monotonic() < ends):
        _judge(settings, ending, patient)
    # Else it was told to stop early, and has delivered what it had.
    return counts(metrics)


def counts(metrics: PollerMetrics) -> Counts:
    """The totals so far."""
    failed = sum(
        int(sample.value)
        for family in metrics.requests.collect()
        for sample in family.samples
        if sample.name.endswith("_total") and sample.labels["outcome"] != Outcome.OK
    )

    def total(name: str) -> int:
        return int(metrics.registry.get_sample_value(f"yeoul_poller_{name}_total") or 0)

    return Counts(
        polled=total("records_polled"),
        duplicates=total("records_duplicate"),
        sent=total("records_sent"),
        failed_requests=failed,
    )


def _judge(settings: PollerSettings, ending: Ending, source: PatientSource) -> None:
    if ending.refusal is not None:
        remedy = _KAFKA_REMEDIES.get(ending.refusal.code(), _LATER)
        text = f"Kafka refused records ({ending.refusal.str()}): {remedy}"
        raise FeedError("kafka", f"topic {settings.topic}: {text}")
    if not ending.whole:
        raise FeedError(
            "kafka",
            f"topic {settings.topic}: Kafka has not confirmed {ending.unsent + ending.unconfirmed} "
            f"records within {settings.flush_timeout:g} s: see that its brokers run and have space "
            f"on their disks, and that min.insync.replicas of the topic are there; {_LATER}",
        )
    if source.answered:
        return
    if source.last_failure is not None:
        raise _api_error(settings, source.last_failure)
    if not source.asked:
        raise FeedError(
            "kafka",
            f"topic {settings.topic}: reading what it received in the last {settings.window:g} s "
            f"took the whole run of {settings.run_for:g} s: give a shorter window, or a longer run",
        )
    raise FeedError(
        Outcome.TIMEOUT,
        f"{_shown_url(settings)}: no answer in {settings.run_for:g} s: "
        f"{_API_REMEDIES[Outcome.TIMEOUT]}",
    )


def _kafka_error(settings: PollerSettings, error: KafkaError) -> FeedError:
    remedy = _KAFKA_REMEDIES.get(
        error.code(), "is it running, and are address and security options right?"
    )
    where = f"topic {settings.topic}: Kafka at {settings.bootstrap_servers} cannot be asked"
    return FeedError("kafka", f"{where} ({error.str()}): {remedy}")


def _api_error(settings: PollerSettings, failure: Failure) -> FeedError:
    remedy = _API_REMEDIES.get(failure.outcome, "see whether the API is up")
    return FeedError(failure.outcome, f"{_shown_url(settings)}: {failure.shown()}: {remedy}")


def _shown_url(settings: PollerSettings) -> str:
    return settings.url.partition("?")[0]


@contextlib.contextmanager
def _ended_after(seconds: float, stop: threading.Event) -> Iterator[None]:
    timer = threading.Timer(seconds, stop.set)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
