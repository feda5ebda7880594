"""A schedule and its runs in a few dictionaries, for tests of the pure plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from yeoul_operator.api.cron import Cron
from yeoul_operator.api.scheduled import (
    ScheduledSparkApplication,
    ScheduledStatus,
    parse_scheduled,
    scheduled_status_document,
)
from yeoul_operator.api.status import State
from yeoul_operator.schedule.plan import (
    Confirm,
    CreateRun,
    DeleteRun,
    RunFacts,
    ScheduleSeen,
    Wait,
    WriteStatus,
    decide,
)

BEGINNING = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)


def schedule(**spec: Any) -> ScheduledSparkApplication:
    """An hourly schedule of generation 1, with keys of the API in `spec`."""
    template = {
        "type": "Scala", "mode": "cluster", "sparkVersion": "4.1.1", "image": "a",
        "mainClass": "Main", "mainApplicationFile": "local:///a.jar", "driver": {}, "executor": {},
    }  # fmt: skip
    metadata = {"name": "hourly", "namespace": "default", "uid": "u", "generation": 1}
    spec = {"schedule": "0 * * * *", "template": template, **spec}
    return parse_scheduled({"metadata": metadata, "spec": spec})


@dataclass
class Clockwork:
    """What is really there; runs last until a test ends them."""

    schedule: ScheduledSparkApplication = field(default_factory=schedule)
    runs: dict[str, RunFacts] = field(default_factory=dict)
    now: datetime = BEGINNING
    created: list[str] = field(default_factory=list)

    def turn(self, *, writes: int = 100, lag: bool = False) -> Wait | None:
        """Let an operator have a turn; it dies after so many writes (then None).

        With `lag` its caches know of no run and of no status.
        """
        schedule, runs, confirmed = self.schedule, tuple(self.runs.values()), False
        if lag:
            schedule, runs = self._with(ScheduledStatus()), ()
        for _ in range(20):
            spec = schedule.spec
            cron = Cron.parse(spec.schedule, spec.time_zone)
            step = decide(ScheduleSeen(schedule, cron, (), runs, confirmed), self.now)
            if isinstance(step, Wait):
                return step
            if isinstance(step, Confirm):
                confirmed = True
            elif writes == 0:
                return None
            else:
                writes -= 1
                stale = isinstance(step, WriteStatus) and schedule.status != self.schedule.status
                if not stale:
                    self._take(step)
            schedule, runs = self.schedule, tuple(self.runs.values())
        raise AssertionError(f"no rest: {step}")

    def _take(self, step: CreateRun | DeleteRun | WriteStatus) -> None:
        match step:
            case CreateRun(name):
                if name not in self.runs:
                    self.created.append(name)
                    self.runs[name] = RunFacts(name, name, State.RUNNING, self.now)
            case DeleteRun(run):
                self.runs.pop(run.name, None)
            case WriteStatus(status):
                self.schedule = self._with(
                    ScheduledStatus.model_validate(scheduled_status_document(status))
                )

    def _with(self, status: ScheduledStatus) -> ScheduledSparkApplication:
        return self.schedule.model_copy(update={"status": status})

    def pass_time(self, **duration: float) -> None:
        """Let time pass."""
        self.now += timedelta(**duration)

    def end(self, state: State = State.COMPLETED) -> None:
        """End all runs."""
        for name, run in self.runs.items():
            if run.is_active:
                self.runs[name] = replace(run, state=state)

    def edit(self, **spec: Any) -> None:
        """Edit the spec; keys are attributes of the model."""
        metadata = self.schedule.metadata
        metadata = metadata.model_copy(update={"generation": metadata.generation + 1})
        update = {"spec": self.schedule.spec.model_copy(update=spec), "metadata": metadata}
        self.schedule = self.schedule.model_copy(update=update)

    def active(self) -> list[str]:
        """The runs that go on."""
        return [run.name for run in self.runs.values() if run.is_active]
