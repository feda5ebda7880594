"""The demonstration, step by step."""

import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg2
from rich.console import Console

from yeoul_local import ending, jobs
from yeoul_local.checks import tail
from yeoul_local.demo.begin import Beginning
from yeoul_local.demo.follow import Follower
from yeoul_local.demo.picture import Run, draw
from yeoul_local.demo.plan import Plan
from yeoul_local.demo.probe import Probe
from yeoul_local.demo.proof import Proof, prove
from yeoul_local.demo.sample import caught_up
from yeoul_local.demo.screen import Screen, choose
from yeoul_local.demo.stopping import Stop
from yeoul_local.demo.words import duration, one_line
from yeoul_local.jobs import Effective, Job
from yeoul_local.parts import WITH_AIRFLOW
from yeoul_local.platform import Platform
from yeoul_local.ports import LOOPBACK
from yeoul_local.watch import watched

_FIRST_ROW_SECONDS = 240.0
_CATCH_UP_SECONDS = 60.0
_DRAIN_SECONDS = 60.0
# The job looks at the topic's end every 5 seconds; a lag of 0 counts when it is younger.
_LAG_IS_FRESH_SECONDS = 6.0
_SHOWN_LINES = 15
_ERROR_WIDTH = 300


@dataclass
class Outcome:
    """What became of it.

    Attributes:
        rows: rows that this run brought to PostgreSQL.
        first_row_seconds: from the start of the command to the first of them.
        streamed_seconds: from then until the end was asked for.
        proof: what verify found.
        page: the picture.
        trouble: what went wrong, in sentences.
    """

    rows: int = 0
    first_row_seconds: float | None = None
    streamed_seconds: float = 0.0
    proof: Proof = field(default_factory=Proof)
    page: Path | None = None
    trouble: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether the proof holds, and for at least one record."""
        return self.proof.holds and self.rows > 0


class Demonstration:
    """One run on one platform. Leaves the processes to whoever made it."""

    def __init__(self, platform: Platform, plan: Plan, console: Console, stop: Stop) -> None:
        self._platform = platform
        self._plan = plan
        self._console = console
        self._stop = stop
        self._began = psutil.Process().create_time()
        self._effective: Effective = jobs.effective(
            plan.pipeline, plan.overlay, platform.endpoints.kafka_bootstrap
        )
        self._probe = self._make_probe()
        feeders = WITH_AIRFLOW if plan.airflow else (plan.feeder,)
        self._beginning = Beginning(platform, self._effective, self._probe.remember, feeders)
        self._screen: Screen | None = None
        self.outcome = Outcome()

    @property
    def changes(self) -> tuple[str, ...]:
        """What is run otherwise than the pipeline's file says."""
        return self._effective.changes

    def run(self) -> Outcome:
        """Start, stream, drain, prove and draw.

        Raises:
            LocalError: something could not be started.
            KeyboardInterrupt: Ctrl-C before the stream began, or twice.
        """
        with self._stop.eager(), watched(self._console) as report:
            job = self._beginning.run(report)
        self._screen = choose(self._console)
        follower = Follower(self._probe, job, self._screen, self._plan.seconds)
        if self._wait_for_first_row(follower, job):
            self._stream(follower)
        self._wind_down(follower, job)
        self._conclude(follower, job)
        return self.outcome

    def close(self) -> None:
        """Let go of the terminal and of PostgreSQL; a job that still runs is killed."""
        job = self._beginning.call_off()
        if job is not None:
            ending.end([job.process], 0)
        self._probe.close()
        if self._screen is not None:
            self._screen.close()

    def _make_probe(self) -> Probe:
        known = self._platform.state_file.read().ports
        port = known["airflow.metrics" if self._plan.airflow else "poller"]
        return Probe(
            self._platform.endpoints.postgres,
            self._effective.pipeline,
            f"http://{LOOPBACK}:{port}",
        )

    def _say(self, text: str) -> None:
        if self._screen is not None:
            self._screen.say(text)

    def _wait_for_first_row(self, follower: Follower, job: Job) -> bool:
        deadline = time.monotonic() + _FIRST_ROW_SECONDS

        def waiting() -> bool:
            late = time.monotonic() > deadline
            return not follower.last.rows and not late and not self._stop.asked

        follower.follow("waiting", waiting, lambda: time.time() - self._began)
        if follower.last.rows:
            self.outcome.first_row_seconds = time.time() - self._began
            took = duration(self.outcome.first_row_seconds)
            self._say(f"The first row is in PostgreSQL after {took}.")
            return True
        if follower.job_lives and not self._stop.asked:
            self.outcome.trouble.append(
                f"No row reached PostgreSQL within {duration(_FIRST_ROW_SECONDS)}: "
                f"the job's log says why, {job.log}."
            )
        return False

    def _stream(self, follower: Follower) -> None:
        began, total = time.monotonic(), self._plan.seconds

        def elapsed() -> float:
            return time.monotonic() - began

        def streaming() -> bool:
            return not self._stop.asked and (total is None or elapsed() < total)

        follower.follow("streaming", streaming, elapsed)
        self.outcome.streamed_seconds = elapsed()

    def _wind_down(self, follower: Follower, job: Job) -> None:
        if self._stop.asked:
            self._say("Ending in good order; Ctrl-C once more stops at once.")
        seconds = self.outcome.streamed_seconds
        follower.look("catching up", seconds)
        self._platform.stop(self._plan.feeder)
        stopped = time.monotonic()

        def behind() -> bool:
            waited = time.monotonic() - stopped
            if waited > _CATCH_UP_SECONDS:
                return False
            return waited < _LAG_IS_FRESH_SECONDS or not caught_up(follower.last.sinks)

        follower.follow("catching up", behind, lambda: seconds)
        if not follower.job_lives:
            self.outcome.trouble.append(
                "The job ended by itself. The end of its log:\n"
                f"{tail(job.log, _SHOWN_LINES)}\nThe whole log is {job.log}."
            )
            return
        if not caught_up(follower.last.sinks):
            self.outcome.trouble.append(
                f"The job did not catch up within {duration(_CATCH_UP_SECONDS)}; what is left in "
                "Kafka is delivered by the next run."
            )
            self.outcome.trouble += [
                f"  {name}: {one_line(sink.last_error, _ERROR_WIDTH)}"
                for name, sink in follower.last.sinks.items()
                if sink.last_error
            ]
        self._drain(follower, job)

    def _drain(self, follower: Follower, job: Job) -> None:
        ending.send(job.process, signal.SIGTERM)
        deadline = time.monotonic() + _DRAIN_SECONDS
        seconds = self.outcome.streamed_seconds
        follower.follow("draining", lambda: time.monotonic() < deadline, lambda: seconds)
        if follower.job_lives:
            self.outcome.trouble.append(
                f"The job did not end within {duration(_DRAIN_SECONDS)} and was killed; "
                f"its log: {job.log}."
            )
        ending.end([job.process], 0)
        self._platform.forget(job.record.name)

    def _conclude(self, follower: Follower, job: Job) -> None:
        seconds = self.outcome.streamed_seconds
        follower.look("draining", seconds)
        self.outcome.rows = follower.last.rows or 0
        if not self.outcome.rows:
            return
        ended = time.time()
        file = self._platform.home.run / f"{job.record.name}.yaml"
        with follower.showing("proving", seconds):
            self.outcome.proof = prove(self._platform, file)
        run = Run(
            pipeline=self._effective.pipeline,
            began=self._began,
            ended=ended,
            rows=self.outcome.rows,
            first_row_seconds=self.outcome.first_row_seconds,
            sinks=follower.last.sinks,
            proof=self.outcome.proof,
        )
        with follower.showing("drawing", seconds):
            self._draw(run)
        follower.show("ended", seconds)

    def _draw(self, run: Run) -> None:
        try:
            self.outcome.page = draw(run, self._platform.endpoints.postgres, self._plan.page)
        except (psycopg2.Error, OSError) as error:
            self.outcome.trouble.append(f"The page could not be drawn: {error}")
