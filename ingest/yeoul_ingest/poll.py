"""The poller: ask, drop what is known, send the rest, wait; again and again."""

from __future__ import annotations

import logging
import random
import signal
import sys
import threading
import time

from confluent_kafka import KafkaException
from pydantic import SecretStr

from yeoul_ingest.answer import Failure, Item, Outcome, Page, field_text, in_order
from yeoul_ingest.backoff import Backoff
from yeoul_ingest.kafka_options import consumer_options, passed_through, producer_options
from yeoul_ingest.metrics import PollerMetrics, serving
from yeoul_ingest.poller_settings import API_KEY, PollerSettings
from yeoul_ingest.seen import Identity, Seen, identity_of
from yeoul_ingest.sink_kafka import KafkaSink, SinkLostError
from yeoul_ingest.source import HttpSource
from yeoul_ingest.tail_kafka import read_tail

log = logging.getLogger(__name__)

# Records of the pages before a page that fails again and again are sent nevertheless.
TRIES_OF_A_LATER_PAGE = 3


class Poller:
    """Takes records from a source to a sink until told to stop."""

    def __init__(
        self,
        settings: PollerSettings,
        source: HttpSource,
        metrics: PollerMetrics,
        stop: threading.Event,
        rng: random.Random,
    ) -> None:
        self._settings = settings
        self._source = source
        self._metrics = metrics
        self._stop = stop
        self._rng = rng
        self._backoff = Backoff(settings.first_pause, settings.longest_pause)
        self._failures = 0
        self._seen = Seen(settings.window)
        self._read_fully_at = 0.0

    def run(self, sink: KafkaSink) -> None:
        """Poll until told to stop. Raises SinkLostError."""
        while not self._stop.is_set():
            started = time.monotonic()
            self._send(self._read(), sink)
            sink.serve()
            self._metrics.known.set(len(self._seen))
            self._stop.wait(max(0.0, started + self._settings.interval - time.monotonic()))

    def recall(self, value: bytes, at: float) -> None:
        """Note a record found in the topic, sent at `at`."""
        self._seen.remember(self._identify(value), at)

    def give_back(self, identity: Identity) -> None:
        """Note that a record did not arrive: the next poll looks for it on all pages."""
        self._seen.forget(identity)
        self._read_fully_at = 0.0

    def _read(self) -> list[Item]:
        """The new records of one poll, in the order to send them."""
        now = time.time()
        self._seen.sweep(now)
        fully = now - self._read_fully_at >= self._settings.full_read
        new: list[Item] = []
        before: tuple[Item, ...] = ()
        for number in range(1, self._settings.max_pages + 1):
            page = self._ask(number)
            if page is None:
                fully = False
                break
            fresh = [item for item in page.items if self._is_new(item, now)]
            new += fresh
            if not self._settings.paging or not page.items or page.items == before:
                break
            if not fresh and not fully:
                break
            before = page.items
        if fully:
            self._read_fully_at = now
        return in_order(new, self._settings.order_field)

    def _is_new(self, item: Item, now: float) -> bool:
        self._metrics.polled.inc()
        new = self._seen.claim(self._identify(item.text, item.value), now)
        if not new:
            self._metrics.duplicates.inc()
        return new

    def _identify(self, text: bytes, value: object = None) -> Identity:
        return identity_of(text, field_text(value, self._settings.identity_field))

    def _send(self, items: list[Item], sink: KafkaSink) -> None:
        for number, item in enumerate(items):
            key = field_text(item.value, self._settings.key_field)
            encoded = key.encode("utf-8", "surrogateescape") if key else None
            if not sink.send(encoded, item.text, self._identify(item.text, item.value)):
                log.warning("told to stop: %d records were not sent", len(items) - number)
                return

    def _ask(self, number: int) -> Page | None:
        """A page, however often that needs; None if told to stop or a later page fails on."""
        tries = 0
        while not self._stop.is_set():
            answer = self._source.fetch(number)
            if isinstance(answer, Page):
                self._succeeded()
                return answer
            tries += 1
            self._failed(answer)
            if number > 1 and tries >= TRIES_OF_A_LATER_PAGE:
                return None
        return None

    def _succeeded(self) -> None:
        self._metrics.requests.labels(Outcome.OK).inc()
        self._metrics.last_success.set_to_current_time()
        self._metrics.backoff.set(0)
        if self._failures:
            log.info("the API answers again, after %d failures", self._failures)
        self._failures = 0

    def _failed(self, failure: Failure) -> None:
        self._metrics.requests.labels(failure.outcome).inc()
        self._failures += 1
        chance = self._rng.random()
        pause = self._backoff.pause(self._failures, chance, failure.retry_after)
        if failure.outcome is Outcome.UNAUTHORIZED:
            pause = max(pause, self._backoff.slow(chance))
            log.error(
                "the API refuses the key (%s); put a valid key into --api-key-file or %s and "
                "start again; next try in %.0f s",
                failure.detail,
                API_KEY,
                pause,
            )
        else:
            log.warning(
                "the API failed (%s: %s); next try in %.1f s",
                failure.outcome,
                failure.detail,
                pause,
            )
        self._metrics.backoff.set(pause)
        self._stop.wait(pause)


def run(settings: PollerSettings, key: SecretStr) -> int:
    """Poll until SIGTERM, SIGINT or the end of `run_for`; 0 if everything arrived, else 1."""
    logging.basicConfig(
        level=settings.log_level,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(message)s",
    )
    passed = passed_through(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    timer = threading.Timer(settings.run_for or 0, stop.set)
    timer.daemon = True
    if settings.run_for is not None:
        timer.start()
    metrics = PollerMetrics()
    source = HttpSource(settings, key)
    left = 0
    with serving(metrics, settings.metrics_host, settings.metrics_port):
        poller = Poller(settings, source, metrics, stop, random.Random())  # noqa: S311 - jitter
        while not stop.is_set():
            try:
                tail = consumer_options(settings, passed)
                for value, at in read_tail(
                    tail, settings.topic, time.time() - settings.window, stop
                ):
                    poller.recall(value, at)
            except KafkaException as error:
                log.warning("Kafka cannot be asked (%s)", error.args[0])
                stop.wait(settings.first_pause)
                continue
            sink = KafkaSink(
                producer_options(settings, passed), settings.topic, metrics, poller.give_back, stop
            )
            try:
                poller.run(sink)
            except SinkLostError as error:
                log.warning("the producer is lost (%s): starting a new one", error)
                continue
            left = sink.flush(settings.flush_timeout)
    timer.cancel()
    source.close()
    if left:
        log.error("%d records were not confirmed by Kafka", left)
    return 1 if left else 0
