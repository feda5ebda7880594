"""Ask until there is an answer, and wait politely after each failure."""

from __future__ import annotations

import logging
import random
import threading

from yeoul_ingest.answer import Failure, Outcome, Page
from yeoul_ingest.backoff import Backoff
from yeoul_ingest.metrics import PollerMetrics
from yeoul_ingest.source import HttpSource

log = logging.getLogger(__name__)

KEY_REMEDY = (
    "the API refuses the key (%s); put a valid key into the file of --api-key-file, which is read "
    "again at every try, or set it in the environment and start again; next try in %.0f s"
)


class PatientSource:
    """A source that is asked again after failures, with growing pauses."""

    def __init__(
        self,
        source: HttpSource,
        backoff: Backoff,
        metrics: PollerMetrics,
        stop: threading.Event,
        rng: random.Random,
    ) -> None:
        self._source = source
        self._backoff = backoff
        self._metrics = metrics
        self._stop = stop
        self._rng = rng
        self._failures = 0

    def ask(self, number: int, tries: int | None = None) -> Page | None:
        """Page `number`; None if it failed `tries` times (absent: never) or on being stopped."""
        asked = 0
        while not self._stop.is_set() and (tries is None or asked < tries):
            answer = self._source.fetch(number)
            asked += 1
            if isinstance(answer, Page):
                self._note_success()
                return answer
            self._note_failure(answer)
        return None

    def _note_success(self) -> None:
        self._metrics.requests.labels(Outcome.OK).inc()
        self._metrics.last_success.set_to_current_time()
        self._metrics.backoff.set(0)
        if self._failures:
            log.info("the API answers again, after %d failures", self._failures)
        self._failures = 0

    def _note_failure(self, failure: Failure) -> None:
        self._metrics.requests.labels(failure.outcome).inc()
        self._failures += 1
        chance = self._rng.random()
        if failure.outcome is Outcome.UNAUTHORIZED:
            pause = self._backoff.slow(chance, failure.retry_after)
            log.error(KEY_REMEDY, failure.detail, pause)
        else:
            pause = self._backoff.pause(self._failures, chance, failure.retry_after)
            log.warning("%s; next try in %.1f s", failure.shown(), pause)
        self._metrics.backoff.set(pause)
        self._stop.wait(pause)
