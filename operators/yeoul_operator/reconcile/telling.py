"""Who is told of a change of status: people by events, charts by metrics."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from yeoul_operator.api.status import ApplicationStatus, ExecutorState, Outcome, State
from yeoul_operator.kube.events import EventRecorder
from yeoul_operator.reconcile.notices import notices

Described = tuple[str, Mapping[str, str]]
"""The namespace and the labels of an application."""


class Meter(Protocol):
    """Counts what happens to applications."""

    def submitted(self, app: Described) -> None:
        """A driver was created."""

    def submission_failed(self, app: Described) -> None:
        """A driver could not be created."""

    def started(self, app: Described, seconds: float) -> None:
        """A first driver runs, so many seconds after the application was created."""

    def succeeded(self, app: Described, seconds: float) -> None:
        """A run of so many seconds succeeded."""

    def failed(self, app: Described, seconds: float) -> None:
        """A run of so many seconds failed."""

    def executor_ended(self, app: Described, *, well: bool) -> None:
        """An executor came to its end."""


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells of a status that has just been stored."""

    recorder: EventRecorder
    meter: Meter

    def tell(
        self,
        document: Mapping[str, Any],
        before: ApplicationStatus,
        after: ApplicationStatus,
        now: datetime,
    ) -> None:
        """Record events and count, by what has changed."""
        for notice in notices(before, after):
            self.recorder.event(document, notice.type, notice.reason, notice.message)
        metadata = document["metadata"]
        app: Described = (metadata["namespace"], metadata.get("labels") or {})
        if after.attempt > before.attempt and after.state is State.SUBMITTED:
            self.meter.submitted(app)
        if after.retries.submission_failures > before.retries.submission_failures:
            self.meter.submission_failed(app)
        self._count_run(app, metadata, before, after, now)
        self._count_executors(app, before, after)

    def warn(self, document: Mapping[str, Any], reason: str, message: str) -> None:
        """Record an event about what is in the way and has no place in the status."""
        self.recorder.event(document, "Warning", reason, message)

    def _count_run(
        self,
        app: Described,
        metadata: Mapping[str, Any],
        before: ApplicationStatus,
        after: ApplicationStatus,
        now: datetime,
    ) -> None:
        if not after.attempts:
            return
        record = after.attempts[-1]
        known = next((each for each in before.attempts if each.number == record.number), None)
        if record.started_at and record.number == 1 and not (known and known.started_at):
            created = datetime.fromisoformat(metadata["creationTimestamp"])
            self.meter.started(app, (now - created).total_seconds())
        if record.outcome is None or known is None or known.outcome is not None:
            return
        began = record.started_at or record.submitted_at or now
        seconds = max(0.0, ((record.finished_at or now) - began).total_seconds())
        if record.outcome is Outcome.SUCCEEDED:
            self.meter.succeeded(app, seconds)
        elif record.outcome is not Outcome.STOPPED:
            self.meter.failed(app, seconds)

    def _count_executors(
        self, app: Described, before: ApplicationStatus, after: ApplicationStatus
    ) -> None:
        over = (ExecutorState.COMPLETED, ExecutorState.FAILED)
        for name, state in after.executor_state.items():
            if state in over and before.executor_state.get(name) not in over:
                self.meter.executor_ended(app, well=state is ExecutorState.COMPLETED)
