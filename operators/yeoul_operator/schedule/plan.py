"""What to do next for a schedule: one step, decided from facts alone. Pure.

A run's name says when it was due, and the due time stands in the status before it comes. So a
process that dies between making a run and writing that down makes the same run again, which is
there already.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from yeoul_operator.api.cron import Cron
from yeoul_operator.api.scheduled import (
    ConcurrencyPolicy,
    ScheduledSparkApplication,
    ScheduledStatus,
    ScheduleState,
)
from yeoul_operator.api.status import Condition, ConditionStatus, State
from yeoul_stream.pipeline import Problem

_WELL = (State.COMPLETED,)
_BADLY = (State.FAILED, State.SUBMISSION_FAILED)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A SparkApplication that a schedule owns."""

    name: str
    uid: str
    state: State
    created_at: datetime
    is_going: bool = False
    """Whether it is being deleted."""

    @property
    def is_active(self) -> bool:
        """Whether it has not ended."""
        return self.state not in (*_WELL, *_BADLY)


@dataclass(frozen=True, slots=True)
class ScheduleSeen:
    """Everything a decision depends on. `cron` is None exactly when there are problems."""

    schedule: ScheduledSparkApplication
    cron: Cron | None
    problems: tuple[Problem, ...] = ()
    runs: tuple[RunFacts, ...] = ()
    is_confirmed: bool = False
    """Whether all this was read from the API server in this turn."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do, for `seconds` or (None) until something happens."""

    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Confirm:
    """Read schedule and runs past all caches, then decide again."""


@dataclass(frozen=True, slots=True)
class CreateRun:
    """Create the run of that name."""

    name: str


@dataclass(frozen=True, slots=True)
class DeleteRun:
    """Delete that very run."""

    run: RunFacts


@dataclass(frozen=True, slots=True)
class WriteStatus:
    """Store the status."""

    status: ScheduledStatus


Step = Wait | Confirm | CreateRun | DeleteRun | WriteStatus


def decide(seen: ScheduleSeen, now: datetime) -> Step:
    """Return the next step."""
    if seen.schedule.metadata.deletion_timestamp is not None:
        return Wait()
    step = _next(seen, now)
    if isinstance(step, CreateRun | DeleteRun) and not seen.is_confirmed:
        return Confirm()
    return step


def run_name(schedule: str, due: datetime) -> str:
    """Return the name of the run that was due then."""
    return f"{schedule}-{int(due.timestamp())}"


def _next(seen: ScheduleSeen, now: datetime) -> Step:
    stored = seen.schedule.status
    target = _judged(seen, stored, now)
    if seen.cron is None:
        return _write(stored, target) or Wait()
    kept, surplus = _history(seen, target)
    target = _timed(seen, kept, seen.cron, now)
    due = target.next_run
    if due is None or now < due or stored.next_run != due:
        written = _write(stored, target)
        if written is not None:
            return written
        if surplus:
            return DeleteRun(surplus[0])
        return Wait((due - now).total_seconds() if due else None)
    return _due(seen, target, seen.cron, due, now)


def _due(
    seen: ScheduleSeen, target: ScheduledStatus, cron: Cron, due: datetime, now: datetime
) -> Step:
    """A run is due; if several have been missed, one makes up for all."""
    name = run_name(seen.schedule.metadata.name, due)
    if any(run.name == name for run in seen.runs):
        update = {"last_run": now, "last_run_name": name, "next_run": cron.next_after(now)}
        return WriteStatus(target.model_copy(update=update))
    active = [run for run in seen.runs if run.is_active]
    policy = seen.schedule.spec.concurrency_policy
    if active and policy is ConcurrencyPolicy.FORBID:
        # It follows when the one before has ended, which is a change that wakes us.
        return _write(seen.schedule.status, target) or Wait()
    if active and policy is ConcurrencyPolicy.REPLACE:
        going = [run for run in active if not run.is_going]
        return DeleteRun(going[0]) if going else Wait()
    return CreateRun(name)


def _write(stored: ScheduledStatus, target: ScheduledStatus) -> WriteStatus | None:
    return None if target == stored else WriteStatus(target)


def _judged(seen: ScheduleSeen, stored: ScheduledStatus, now: datetime) -> ScheduledStatus:
    """Return the status with the verdict on the spec."""
    generation = seen.schedule.metadata.generation
    said = "; ".join(str(problem) for problem in seen.problems)
    state = ScheduleState.FAILED_VALIDATION if said else ScheduleState.SCHEDULED
    update = {
        "schedule_state": state,
        "reason": said,
        "observed_generation": generation,
        "conditions": (_accepted(stored, said, generation, now),),
    }
    if said:
        update["next_run"] = None
    return stored.model_copy(update=update)


def _accepted(stored: ScheduledStatus, said: str, generation: int, now: datetime) -> Condition:
    status = ConditionStatus.FALSE if said else ConditionStatus.TRUE
    before = next((each for each in stored.conditions if each.type == "Accepted"), None)
    same = before is not None and before.status == status
    return Condition(
        type="Accepted",
        status=status,
        reason="InvalidSpec" if said else "Valid",
        message=said or "the schedule is in force",
        last_transition_time=before.last_transition_time if before and same else now,
        observed_generation=generation,
    )


def _timed(
    seen: ScheduleSeen, status: ScheduledStatus, cron: Cron, now: datetime
) -> ScheduledStatus:
    """Return the status with the next run's time.

    A time that has come stays until its run is made. Another schedule is followed from now on.
    While suspended nothing is due, and nothing is made up for afterwards.
    """
    if seen.schedule.spec.suspend:
        return status.model_copy(update={"next_run": None})
    due = status.next_run
    is_edited = seen.schedule.status.observed_generation != seen.schedule.metadata.generation
    if due is None or (is_edited and due > now):
        due = cron.next_after(now)
    return status.model_copy(update={"next_run": due})


def _history(
    seen: ScheduleSeen, status: ScheduledStatus
) -> tuple[ScheduledStatus, Sequence[RunFacts]]:
    """Return the status with the names of the runs that are kept, and the runs to delete."""
    spec = seen.schedule.spec
    well, badly = _newest_first(seen.runs, _WELL), _newest_first(seen.runs, _BADLY)
    limits = spec.successful_run_history_limit, spec.failed_run_history_limit
    update = {
        "past_successful_run_names": tuple(run.name for run in well[: limits[0]]),
        "past_failed_run_names": tuple(run.name for run in badly[: limits[1]]),
    }
    surplus = [run for run in (*well[limits[0] :], *badly[limits[1] :]) if not run.is_going]
    return status.model_copy(update=update), surplus


def _newest_first(runs: Sequence[RunFacts], states: Sequence[State]) -> list[RunFacts]:
    ended = [run for run in runs if run.state in states]
    return sorted(ended, key=lambda run: (run.created_at, run.name), reverse=True)
