"""Ask until there is an answer, and wait politely after each failure."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Collection

from yeoul_ingest.answer import Failure, Outcome, Page
from yeoul_ingest.backoff import Backoff
from yeoul_ingest.metrics import PollerMetrics
from yeoul_ingest.source import HttpSource

log = logging.getLogger(__name__)

KEY_REMEDY = (
    "the API refuses the key (%s); put a valid key into the file of --api-key-file, which is read "
    "again at every try, or set it in the environment and start again; next try in %.0f s"
)


class GaveUpError(Exception):
    """Asking again would not help; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.shown())
        self.failure = failure


class PatientSource:
    """A source that is asked again after failures, with growing pauses.

    Failures of the kinds in `hopeless` are raised instead. `last_failure` is None once the API
    gave a good answer.
    """

    def __init__(
        self,
        source: HttpSource,
        backoff: Backoff,
        metrics: PollerMetrics,
        stop: threading.Event,
        rng: random.Random,
        hopeless: Collection[Outcome] = (),
    ) -> None:
        self._source = source
        self._backoff = backoff
        self._metrics = metrics
        self._stop = stop
        self._rng = rng
        self._hopeless = hopeless
        self._failures = 0
        self.asked = False
        self.answered = False
        self.last_failure: Failure | None = None

    def ask(self, number: int, tries: int | None = None) -> Page | None:
        """Page `number`; None if it failed `tries` times (absent: never) or on being stopped.

        Raises GaveUpError.
        """
        asked = 0
        while not self._stop.is_set() and (tries is None or asked < tries):
            started = time.monotonic()
            self.asked = True
            answer = self._source.fetch(number)
            self._metrics.latency.observe(time.monotonic() - started)
            asked += 1
            if isinstance(answer, Page):
                self._note_success()
                return answer
            self._note_failure(answer)
        return None

    def _note_success(self) -> None:
        self._metrics.requests.labels(Outcome.OK).inc()
        self.answered, self.last_failure = True, None
        self._metrics.last_success.set_to_current_time()
        self._metrics.backoff.set(0)
        if self._failures:
            log.info("the API answers again, after %d failures", self._failures)
        self._failures = 0

    def _note_failure(self, failure: Failure) -> None:
        self._metrics.requests.labels(failure.outcome).inc()
        self.last_failure = failure
        if failure.outcome in self._hopeless:
            raise GaveUpError(failure)
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
