"""Run the poller as a process."""

from __future__ import annotations

import contextlib
import logging
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException
from pydantic import SecretStr

from yeoul_ingest.backoff import Backoff
from yeoul_ingest.kafka_client import ClientLostError
from yeoul_ingest.kafka_options import Options, consumer_options, passed_through, producer_options
from yeoul_ingest.metrics import PollerMetrics, serving
from yeoul_ingest.patience import PatientSource
from yeoul_ingest.poller_settings import PollerSettings
from yeoul_ingest.reader import Reader
from yeoul_ingest.records import Identity, identity_of_sent
from yeoul_ingest.seen import Seen
from yeoul_ingest.sink_kafka import KafkaSink
from yeoul_ingest.source import HttpSource
from yeoul_ingest.tail_kafka import read_tail

log = logging.getLogger(__name__)

REPORT_EVERY_S = 60.0


def run(settings: PollerSettings, read_key: Callable[[], SecretStr]) -> int:
    """Poll until SIGTERM, SIGINT or the end of `run_for`; 0 if everything arrived, else 1.

    Raises SecretError and OptionsError for files that cannot be used, OSError where the port of
    the metrics is taken.
    """
    passed = passed_through(settings)
    stop = threading.Event()
    metrics = PollerMetrics()
    rng = random.Random()  # noqa: S311 - jitter
    backoff = Backoff(settings.first_pause, settings.longest_pause)
    with (
        contextlib.closing(HttpSource(settings, read_key)) as source,
        serving(metrics, settings.metrics_host, settings.metrics_port),
        _stopping(stop, settings.run_for),
    ):
        patient = PatientSource(source, backoff, metrics, stop, rng)
        failures = 0
        while not stop.is_set():
            started = time.monotonic()
            try:
                return 0 if session(settings, passed, patient, metrics, stop).whole else 1
            except (KafkaException, ClientLostError) as error:
                lasted = time.monotonic() - started
                failures = 1 if lasted > settings.longest_pause else failures + 1
                pause = backoff.pause(failures, rng.random())
                log.warning("%s; next try in %.1f s", shown(error, settings), pause)
                stop.wait(pause)
    log.error("ended while Kafka could not be used")
    return 1


@dataclass(frozen=True, slots=True)
class Ending:
    """What was left when a session ended: records not handed over, records not confirmed."""

    unsent: int
    unconfirmed: int
    refusal: KafkaError | None

    @property
    def whole(self) -> bool:
        """Whether everything that was taken from the API has arrived."""
        return not self.unsent and not self.unconfirmed


def session(
    settings: PollerSettings,
    passed: Options,
    source: PatientSource,
    metrics: PollerMetrics,
    stop: threading.Event,
) -> Ending:
    """From the topic's tail until told to stop, with one producer.

    Raises KafkaException where Kafka cannot be asked, ClientLostError where the producer is lost.
    """
    seen = Seen(settings.window)
    since = time.time() - settings.window
    options = consumer_options(settings, passed)
    for value, at in read_tail(options, settings.topic, since, stop, settings.quiet_start):
        seen.remember(identity_of_sent(value, settings.identity_field), at)
    log.info("topic %s: %d records sent within the window", settings.topic, len(seen))
    reader = Reader(settings, source, seen, metrics, time.time)

    def give_back(identity: Identity) -> None:
        seen.forget(identity)
        reader.read_fully_next()

    options = producer_options(settings, passed)
    sink = KafkaSink(options, settings.topic, metrics, give_back, stop)
    try:
        unsent = _poll(settings, reader, sink, metrics, stop)
    except BaseException:
        # The next session reads what arrived: nothing of this one may arrive later.
        sink.close(0)
        raise
    unconfirmed = sink.close(settings.flush_timeout)
    if unsent or unconfirmed:
        log.error("%d records were not sent, %d not confirmed by Kafka", unsent, unconfirmed)
    return Ending(unsent, unconfirmed, sink.last_refusal)


def _poll(
    settings: PollerSettings,
    reader: Reader,
    sink: KafkaSink,
    metrics: PollerMetrics,
    stop: threading.Event,
) -> int:
    """Poll until told to stop; the number of records that could not be sent any more."""
    reported = time.monotonic()
    while not stop.is_set():
        started = time.monotonic()
        records = reader.read()
        for number, record in enumerate(records):
            if not sink.send(record):
                return len(records) - number
        sink.serve()
        if started - reported >= REPORT_EVERY_S:
            reported = started
            log.info("%s", metrics.summary())
        stop.wait(max(0.0, started + settings.interval - time.monotonic()))
    return 0


@contextlib.contextmanager
def _stopping(stop: threading.Event, after: float | None) -> Iterator[None]:
    """Set `stop` on SIGTERM, on SIGINT, and after some seconds."""
    before = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    timer = threading.Timer(after or 0, stop.set)
    if after is not None:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)


def shown(error: KafkaException | ClientLostError, settings: PollerSettings) -> str:
    """What went wrong with Kafka, and where to look."""
    if isinstance(error, ClientLostError):
        return f"the producer is lost ({error}): starting a new one"
    return (
        f"--bootstrap-servers {settings.bootstrap_servers}: Kafka cannot be asked "
        f"({error.args[0].str()}); is it running, and are address and security options right?"
    )


def log_to_stderr(level: str) -> None:
    """One line for each event, with its time."""
    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
