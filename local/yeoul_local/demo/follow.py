"""Looks at the stream again and again, and shows what it sees."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from yeoul_local import processes
from yeoul_local.demo.probe import Probe
from yeoul_local.demo.sample import History, Sample, SinkProgress
from yeoul_local.demo.screen import Screen
from yeoul_local.demo.view import Phase, View, first_seen, sink_line
from yeoul_local.jobs import Job

_EVERY_SECONDS = 0.5


class Follower:
    """Takes samples, keeps what was last known, and shows it."""

    def __init__(self, probe: Probe, job: Job, screen: Screen, total: float | None) -> None:
        self._probe = probe
        self._job = job
        self._screen = screen
        self._total = total
        self._history = History()
        self._before: dict[str, SinkProgress] = {}
        self._phase: tuple[Phase, float] = ("waiting", time.monotonic())
        self.last = Sample(0.0, {})

    @property
    def job_lives(self) -> bool:
        """Whether the job still runs."""
        return processes.lives(self._job.process)

    def follow(self, phase: Phase, go_on: Callable[[], bool], elapsed: Callable[[], float]) -> None:
        """Look while `go_on` says so and the job lives; `elapsed` gives the seconds to show."""
        while go_on() and self.job_lives:
            began = time.monotonic()
            self.look(phase, elapsed())
            time.sleep(max(0.0, _EVERY_SECONDS - (time.monotonic() - began)))

    @contextmanager
    def showing(self, phase: Phase, elapsed: float) -> Iterator[None]:
        """Show what was last known, again and again, while the block works."""
        done = threading.Event()

        def show() -> None:
            while not done.wait(_EVERY_SECONDS):
                self.show(phase, elapsed)

        self.show(phase, elapsed)
        thread = threading.Thread(target=show, name="showing", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def look(self, phase: Phase, elapsed: float) -> None:
        """Take a sample and show it; what it does not know any more stays as it was."""
        sample = self._probe.sample(self._job)
        self.last = replace(
            sample,
            sinks=sample.sinks or self.last.sinks,
            vehicles=sample.vehicles or self.last.vehicles,
            rows=self.last.rows if sample.rows is None else sample.rows,
            sent=self.last.sent if sample.sent is None else sample.sent,
        )
        self._history.add(sample)
        self._before = first_seen(self._before, sample)
        self.show(phase, elapsed)

    def show(self, phase: Phase, elapsed: float) -> None:
        """Show what was last known."""
        sample = self.last
        if self._phase[0] != phase:
            self._phase = (phase, time.monotonic())
        self._screen.show(
            View(
                phase=phase,
                elapsed=elapsed,
                in_phase=time.monotonic() - self._phase[1],
                total=self._total,
                vehicles=sample.vehicles,
                rows=sample.rows,
                sent=sample.sent,
                sent_rate=self._history.sent_rate(),
                sinks=tuple(
                    sink_line(name, sink, self._before.get(name), self._history.rate(name))
                    for name, sink in sample.sinks.items()
                ),
            )
        )
