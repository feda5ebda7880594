"""What is to be done next about a pipeline that is deleted and to be erased. Pure.

Its driver drains, its application goes, another one erases what the sinks hold, and the finalizer
is taken away. Which of these is due is seen from what is there, so whoever comes next goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from yeoul_operator.api.base import show_time
from yeoul_operator.pipeline.observed import HOPELESS, ApplicationFacts
from yeoul_operator.pipeline.revision import Revision
from yeoul_operator.pipeline.status import (
    ApplicationRef,
    ConditionType,
    Phase,
    PipelineStatus,
    Restarts,
    with_condition,
)

FINALIZER = "yeoul.dev/erase"
_DRAINED = ("SUSPENDED", "COMPLETED", "FAILED")
_AGAIN_S = 5.0
_RETRY_S, _RETRY_CAP_S = 60.0, 3600.0
_REMEDY = (
    "mend it, and it is tried again; or set spec.deletionPolicy to Retain, and the pipeline goes "
    "without"
)


class Step(StrEnum):
    """What is done about it."""

    WAIT = "wait"
    SUSPEND = "suspend"
    DELETE = "delete"
    """Delete the application that ran the pipeline."""
    ERASE = "erase"
    """Bring the application that erases about, as `restarted_at` says."""
    RELEASE = "release"
    """Take the finalizer away."""


@dataclass(frozen=True, slots=True)
class Going:
    """A pipeline that is deleted.

    `revision` tells where its data is: the last that ran, or else the spec's; None: nobody knows.
    `app` is the application that ran it, `eraser` the one that erases, or others of their names.
    """

    uid: str
    policy: str
    generation: int
    status: PipelineStatus
    now: datetime
    revision: Revision | None = None
    app: ApplicationFacts | None = None
    eraser: ApplicationFacts | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """The step, the status that is stored before it, and after how many seconds to look again."""

    step: Step
    status: PipelineStatus
    restarted_at: str = ""
    again: float | None = None


def next_step(going: Going) -> Course:
    """Return what is due."""
    status = going.status
    has_run = bool(status.revision) or (going.app is not None and going.app.owner_uid == going.uid)
    if going.policy != "Delete" or not has_run:
        return Course(Step.RELEASE, status)
    status = status.model_copy(update={"observed_generation": going.generation})
    if going.app is not None:
        return _drain(going, status, going.app)
    if status.phase is not Phase.ERASING:
        update = {"phase": Phase.ERASING, "restarts": Restarts(), "application": ApplicationRef()}
        status = status.model_copy(update=update)
    if going.revision is None:
        text = f"no revision is stored, and the spec cannot be read: {_REMEDY}"
        return Course(Step.WAIT, _told(status, "RevisionLost", text, going.now))
    return _erase(going, status, going.eraser)


def _drain(going: Going, status: PipelineStatus, app: ApplicationFacts) -> Course:
    status = status.model_copy(update={"phase": Phase.DRAINING})
    if app.owner_uid != going.uid:
        text = f"a SparkApplication of its name is there and belongs to somebody else: {_REMEDY}"
        return Course(Step.WAIT, _told(status, "NameTaken", text, going.now), again=_AGAIN_S)
    text = "the driver finishes its batches"
    status = _told(status, "Draining", text, going.now)
    if app.is_going:
        return Course(Step.WAIT, status, again=_AGAIN_S)
    if app.state in _DRAINED:
        return Course(Step.DELETE, status, again=_AGAIN_S)
    return Course(Step.WAIT if app.run.suspend else Step.SUSPEND, status, again=_AGAIN_S)


def _erase(going: Going, status: PipelineStatus, eraser: ApplicationFacts | None) -> Course:
    now = going.now
    if eraser is None:
        status = _told(status, "Erasing", "what the sinks hold is removed", now)
        return Course(Step.ERASE, status, again=_AGAIN_S)
    if eraser.owner_uid != going.uid or eraser.is_going:
        if not eraser.owner_uid:
            text = f"the SparkApplication that would erase it belongs to nobody: {_REMEDY}"
            status = _told(status, "NameTaken", text, now)
        return Course(Step.WAIT, status, again=_AGAIN_S)
    if eraser.state == "COMPLETED":
        return Course(Step.RELEASE, status)
    if eraser.error:
        status = _told(status, "Failed", f"{eraser.error}; {_REMEDY}", now)
    elif eraser.state not in ("SUBMITTED", "RUNNING", "INVALIDATING", "PENDING_RERUN"):
        status = _told(status, "Erasing", "what the sinks hold is removed", now)
    status, again = _retried(status, eraser, now)
    asked = show_time(status.restarts.last_at) if status.restarts.last_at else ""
    return Course(Step.ERASE, status, max(asked, eraser.run.restarted_at), again)


def _retried(
    status: PipelineStatus, eraser: ApplicationFacts, now: datetime
) -> tuple[PipelineStatus, float | None]:
    """Ask for another try where the application has used up its own, less and less often."""
    before = status.restarts
    if eraser.state not in HOPELESS:
        return status, None
    if before.next_at is None:
        # It has just failed for good: the first wait begins now.
        due = now + timedelta(seconds=_RETRY_S)
        return status.model_copy(update={"restarts": Restarts(next_at=due)}), _RETRY_S + 1
    left = (before.next_at - now).total_seconds()
    if left > 0:
        return status, left + 1
    wait = min(_RETRY_S * 2 ** (before.count + 1), _RETRY_CAP_S)
    after = Restarts(count=before.count + 1, last_at=now, next_at=now + timedelta(seconds=wait))
    return status.model_copy(update={"restarts": after}), wait + 1


def _told(status: PipelineStatus, reason: str, text: str, now: datetime) -> PipelineStatus:
    status = with_condition(status, ConditionType.READY, False, "Deleted", "it is deleted", now)
    return with_condition(status, ConditionType.ERASED, False, reason, text[:2000], now)
