"""The events that a change of the status is told by. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from yeoul_operator.pipeline.status import ConditionType, Phase, PipelineStatus, VerifyStatus


@dataclass(frozen=True, slots=True)
class Notice:
    """One event."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


_WHEN_TRUE = {
    ConditionType.STALLED: ("Warning", "Stalled"),
    ConditionType.DEGRADED: ("Warning", ""),
    ConditionType.ROLLED_BACK: ("Warning", "RolledBack"),
    ConditionType.READY: ("Normal", "Ready"),
}


def notices(before: PipelineStatus, after: PipelineStatus) -> tuple[Notice, ...]:
    """Return what is to be said about the step from one status to the next, in order."""
    if after.condition(ConditionType.ERASED) is not None:
        return tuple(_of_erasing(before, after))
    found = [*_of_revision(before, after), *_of_conditions(before, after), *_others(before, after)]
    return (*found, *_of_proof(before.verify, after.verify))


def _of_erasing(before: PipelineStatus, after: PipelineStatus) -> Iterator[Notice]:
    new, old = after.condition(ConditionType.ERASED), before.condition(ConditionType.ERASED)
    if new is None or (old is not None and (old.reason, old.message) == (new.reason, new.message)):
        return
    if new.reason in ("Draining", "Erasing"):
        yield Notice("Normal", new.reason, new.message)
    else:
        yield Notice("Warning", f"Erase{new.reason}", new.message)


def _of_revision(before: PipelineStatus, after: PipelineStatus) -> Iterator[Notice]:
    if before.healthy_revision and not after.healthy_revision:
        text = (
            f"revision {before.healthy_revision} worked last and is stored nowhere any more: it "
            "cannot be gone back to, and the next change is not judged against it"
        )
        yield Notice("Warning", "RevisionLost", text)
    if after.revision == before.revision or after.holds(ConditionType.ROLLED_BACK):
        return
    text = (
        f"revision {before.revision} finishes its batches, then {after.revision} starts"
        if before.revision
        else f"revision {after.revision} starts"
    )
    yield Notice("Normal", "RollingOut", text)


def _of_conditions(before: PipelineStatus, after: PipelineStatus) -> Iterator[Notice]:
    accepted, was = (
        after.condition(ConditionType.ACCEPTED),
        before.condition(ConditionType.ACCEPTED),
    )
    if accepted is not None and accepted != was and not after.holds(ConditionType.ACCEPTED):
        yield Notice("Warning", accepted.reason, accepted.message)
    for kind, (type_, reason) in _WHEN_TRUE.items():
        new, old = after.condition(kind), before.condition(kind)
        if new is None or not after.holds(kind):
            continue
        if before.holds(kind) and old is not None and old.reason == new.reason:
            continue
        yield Notice(
            "Warning" if type_ == "Warning" else "Normal", reason or new.reason, new.message
        )
    if before.holds(ConditionType.DEGRADED) and not after.holds(ConditionType.DEGRADED):
        yield Notice("Normal", "Recovered", "no sink is degraded any more")
    progressing = after.condition(ConditionType.PROGRESSING)
    earlier = before.condition(ConditionType.PROGRESSING)
    late = progressing is not None and progressing.reason == "DeadlineExceeded"
    if (
        late
        and progressing is not None
        and (earlier is None or earlier.reason != "DeadlineExceeded")
    ):
        yield Notice("Warning", "DeadlineExceeded", progressing.message)


def _others(before: PipelineStatus, after: PipelineStatus) -> Iterator[Notice]:
    if after.restarts.last_at is not None and after.restarts.last_at != before.restarts.last_at:
        text = f"the driver is restarted (restart {after.restarts.count} in a row)"
        yield Notice("Normal", "Restarting", text)
    if before.executors and after.executors != before.executors:
        yield Notice("Normal", "Scaled", f"executors: {before.executors} -> {after.executors}")
    if after.phase is before.phase:
        return
    if after.phase is Phase.SUSPENDED:
        yield Notice("Normal", "Suspended", "nothing runs until spec.suspend is false")
    elif before.phase is Phase.SUSPENDED:
        yield Notice("Normal", "Resumed", "the sinks go on where they stand")
    elif after.phase is Phase.FINISHED:
        yield Notice("Normal", "Finished", "every sink has taken what was there")


def _of_proof(before: VerifyStatus, after: VerifyStatus) -> Iterator[Notice]:
    """Tell of each proof that failed or could not be given, and of the first that holds."""
    if after.tried_at is None or after.tried_at == before.tried_at:
        return
    if after.problem:
        yield Notice("Warning", "ProofNotGiven", after.problem)
    elif after.verdict == "fails":
        yield Notice("Warning", "ProofFailed", after.message)
    elif after.verdict == "holds" != before.verdict:
        yield Notice("Normal", "ProofHolds", after.message)
