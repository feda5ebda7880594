"""The demonstration, step by step."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from yeoul_local import ending
from yeoul_local.demo import job as jobs
from yeoul_local.demo import plan as plans
from yeoul_local.demo.job import Job
from yeoul_local.demo.plan import Plan
from yeoul_local.demo.probe import Probe
from yeoul_local.demo.proof import Proof, prove
from yeoul_local.demo.sample import History, Phase, Sample, caught_up
from yeoul_local.demo.screen import Screen
from yeoul_local.demo.stopping import Stop
from yeoul_local.demo.view import SinkLine, View
from yeoul_local.demo.words import clock, duration
from yeoul_local.errors import LocalError
from yeoul_local.events import Event
from yeoul_local.parts import ALL
from yeoul_local.platform import Platform

_EVERY_SECONDS = 0.5
_FIRST_ROW_SECONDS = 240.0
_CATCH_UP_SECONDS = 60.0
_DRAIN_SECONDS = 60.0
# The job looks at the topic's end every 5 seconds; a lag of 0 counts when it is younger.
_LAG_IS_FRESH_SECONDS = 6.0
_NEEDED_BY_JOB = frozenset(("kafka", "postgres"))


@dataclass
class Outcome:
    """What became of it."""

    first_row_seconds: float | None = None
    streamed_seconds: float = 0.0
    began_at: float = 0.0
    rows: int = 0
    sent: int | None = None
    proof: Proof = field(default_factory=lambda: Proof(False))
    trouble: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether the proof holds for at least one record."""
        return self.proof.holds and self.rows > 0


class Demonstration:
    """One run of the demonstration on one platform."""

    def __init__(self, platform: Platform, plan: Plan, screen: Screen, stop: Stop) -> None:
        self._platform = platform
        self._plan = plan
        self._screen = screen
        self._stop = stop
        self._began = psutil.Process().create_time()
        self._history = History()
        self._ready: set[str] = set()
        self._starting: threading.Thread | None = None
        self._cancelled = threading.Event()
        self._job: Job | None = None
        self._probe: Probe | None = None
        self._failure: BaseException | None = None
        self._last = Sample(0.0, {})
        self.outcome = Outcome(began_at=time.time())

    def run(self) -> Outcome:
        """Start, stream, drain and prove.

        Raises:
            LocalError: something could not be started.
            KeyboardInterrupt: somebody pressed Ctrl-C before there was anything to prove, or twice.
        """
        with self._stop.eager():
            self._platform.up((*ALL, "poller"), self._on_event)
            job = self._wait_for_job()
        if self._wait_for_first_row(job):
            self._stream(job)
        self._wind_down(job)
        self._look(job, "proving", self.outcome.streamed_seconds)
        if self.outcome.rows:
            self.outcome.proof = prove(self._platform, self._pipeline_file)
        self._look(job, "ended", self.outcome.streamed_seconds)
        return self.outcome

    def clean_up(self) -> None:
        """Let go of everything that this object holds; processes are the platform's."""
        self._cancelled.set()
        if self._starting is not None:
            self._starting.join()
        if self._job is not None:
            ending.end([self._job.process], 0)
        if self._probe is not None:
            self._probe.close()

    # -- start

    def _on_event(self, event: Event) -> None:
        self._screen.event(event)
        if event.phase == "ready":
            self._ready.add(event.part)
            if self._starting is None and self._ready >= _NEEDED_BY_JOB:
                # Spark takes the longest to start: do not wait for the other parts with it.
                self._starting = threading.Thread(target=self._start_job, name="job")
                self._starting.start()

    def _start_job(self) -> None:
        try:
            endpoints = self._platform.endpoints
            document, pipeline = plans.effective(self._plan, endpoints.kafka_bootstrap)
            plans.write(document, self._pipeline_file)
            poller = self._platform.state_file.read().ports["poller"]
            self._probe = Probe(endpoints.postgres, pipeline, f"http://127.0.0.1:{poller}")
            self._probe.remember()
            if not self._cancelled.is_set():
                name = pipeline.metadata.name
                self._screen.event(Event("spark", "start"))
                self._job = jobs.start(self._platform, name, self._pipeline_file)
        except BaseException as error:
            self._failure = error

    @property
    def _pipeline_file(self) -> Path:
        return self._platform.home.run / self._plan.pipeline.name

    def _wait_for_job(self) -> Job:
        if self._starting is not None:
            self._starting.join()
        if self._failure is not None:
            raise self._failure
        if self._job is None:
            raise LocalError("The job was not started.", "Run the command again.")
        return self._job

    # -- stream

    def _wait_for_first_row(self, job: Job) -> bool:
        deadline = time.monotonic() + _FIRST_ROW_SECONDS

        def waiting() -> bool:
            return not self._last.rows and time.monotonic() < deadline

        self._follow(job, "waiting", waiting, lambda: time.time() - self._began)
        if self._last.rows:
            self.outcome.first_row_seconds = time.time() - self._began
            self._screen.say(
                f"First row in PostgreSQL after {duration(self.outcome.first_row_seconds)}."
            )
            return True
        if not self._stop.asked and job.alive:
            self.outcome.trouble.append(
                f"No row reached PostgreSQL within {duration(_FIRST_ROW_SECONDS)}. "
                f"The job's log says why: {job.log}"
            )
        return False

    def _stream(self, job: Job) -> None:
        began = time.monotonic()
        total = self._plan.seconds
        self._follow(
            job,
            "streaming",
            lambda: total is None or time.monotonic() - began < total,
            lambda: time.monotonic() - began,
        )
        self.outcome.streamed_seconds = time.monotonic() - began

    def _follow(
        self,
        job: Job,
        phase: Phase,
        go_on: Callable[[], bool],
        elapsed: Callable[[], float],
        heed_stop: bool = True,
    ) -> None:
        while go_on() and not (heed_stop and self._stop.asked):
            if not job.alive:
                self.outcome.trouble.append(str(job.death()))
                return
            began = time.monotonic()
            self._look(job, phase, elapsed())
            time.sleep(max(0.0, _EVERY_SECONDS - (time.monotonic() - began)))

    def _look(self, job: Job, phase: Phase, elapsed: float) -> None:
        if phase in ("proving", "ended"):
            sample = self._last
        else:
            assert self._probe is not None  # noqa: S101 - there is one where there is a job
            sample = self._probe.sample(job)
            if not sample.sinks:
                sample = replace(sample, sinks=self._last.sinks)
            self._history.add(sample)
            self._last = sample
            self.outcome.sent = sample.sent if sample.sent is not None else self.outcome.sent
            self.outcome.rows = sample.rows or self.outcome.rows
        self._screen.show(self._view(phase, elapsed, sample))

    def _view(self, phase: Phase, elapsed: float, sample: Sample) -> View:
        return View(
            phase=phase,
            elapsed=elapsed,
            total=self._plan.seconds,
            vehicles=sample.vehicles,
            rows=sample.rows,
            sent=self.outcome.sent,
            sent_rate=self._history.sent_rate(),
            sinks=tuple(
                SinkLine(name, sink, self._history.rate(name))
                for name, sink in sample.sinks.items()
            ),
        )

    # -- end

    def _wind_down(self, job: Job) -> None:
        if self._stop.asked:
            self._screen.say("Stopping in good order; Ctrl-C once more stops at once.")
        elapsed = self.outcome.streamed_seconds
        self._look(job, "catching up", elapsed)
        self._platform.stop("poller", self._screen.event)
        stopped = time.monotonic()

        def behind() -> bool:
            waited = time.monotonic() - stopped
            fresh = waited > _LAG_IS_FRESH_SECONDS
            return waited < _CATCH_UP_SECONDS and not (fresh and caught_up(self._last.sinks))

        if job.alive:
            self._follow(job, "catching up", behind, lambda: elapsed, heed_stop=False)
            if not caught_up(self._last.sinks):
                self.outcome.trouble.append(
                    f"The job did not catch up within {clock(_CATCH_UP_SECONDS)}: what is left "
                    "in Kafka is delivered by the next run."
                )
        self._drain(job, elapsed)

    def _drain(self, job: Job, elapsed: float) -> None:
        job.ask_to_drain()
        deadline = time.monotonic() + _DRAIN_SECONDS
        while job.alive and time.monotonic() < deadline:
            self._look(job, "draining", elapsed)
            time.sleep(0.2)
        if job.alive:
            self.outcome.trouble.append(
                f"The job did not end within {clock(_DRAIN_SECONDS)} and was killed: {job.log}"
            )
            ending.end([job.process], 0)
        self._look(job, "draining", elapsed)
