"""Which revision of a pipeline is to run: the spec's, or the one that runs, or none. Pure."""

from __future__ import annotations

from yeoul_operator.pipeline.changes import refused_changes
from yeoul_operator.pipeline.observed import Plan, Seen
from yeoul_operator.pipeline.revision import Revision
from yeoul_operator.pipeline.status import (
    ConditionType,
    Phase,
    PipelineStatus,
    Restarts,
    with_condition,
)
from yeoul_stream.pipeline import Problem

ACCEPTED, READY = ConditionType.ACCEPTED, ConditionType.READY
PROGRESSING, ROLLED_BACK = ConditionType.PROGRESSING, ConditionType.ROLLED_BACK
_NAME_TAKEN_S = 5.0


def name_taken(seen: Seen, status: PipelineStatus) -> Plan | None:
    """Something of that name is there that is not ours."""
    app = seen.app
    if app is None or (app.owner_uid == seen.uid and not app.is_going):
        return None
    if app.owner_uid or app.is_going:
        # That of an earlier pipeline of this name: its driver drains, and goes.
        status = with_condition(
            status, READY, False, "Draining", "an earlier driver of this name ends", seen.now
        )
        return Plan(status.model_copy(update={"phase": Phase.PENDING}), again=_NAME_TAKEN_S)
    text = (
        f"SparkApplication {seen.name} is there and belongs to nobody: delete it, or give the "
        "pipeline another name"
    )
    status = with_condition(status, ACCEPTED, False, "NameTaken", text, seen.now)
    return Plan(status.model_copy(update={"phase": Phase.REFUSED}), again=_NAME_TAKEN_S)


def choose(seen: Seen, status: PipelineStatus) -> tuple[PipelineStatus, Revision | None]:
    """Return the revision to run, with the verdict on the spec in the status."""
    desired, now = seen.desired, seen.now
    if seen.is_healthy_lost:
        status = status.model_copy(update={"healthy_revision": ""})
    if desired is None:
        return _refused(seen, status, "InvalidSpec", seen.problems), seen.current
    if seen.healthy is not None and desired.name not in (status.revision, status.failed_revision):
        problems = refused_changes(seen.healthy.pipeline, desired.pipeline)
        if problems:
            return _refused(seen, status, "ChangeRefused", problems), seen.current
    status = with_condition(status, ACCEPTED, True, "Valid", "the spec can be run", now)
    status = status.model_copy(update={"refused_generation": None})
    if desired.name == status.failed_revision and seen.healthy is not None:
        return status, seen.current or seen.healthy
    if desired.name == status.revision:
        return status, desired
    before = status.revision
    update = {"revision": desired.name, "revision_since": now, "failed_revision": ""}
    status = status.model_copy(update={**update, "restarts": Restarts()})
    text = (
        f"revision {before} finishes its batches, then {desired.name} starts"
        if before
        else f"revision {desired.name} starts"
    )
    status = with_condition(status, PROGRESSING, True, "RollingOut", text, now)
    return with_condition(status, ROLLED_BACK, False, "NotNeeded", "", now), desired


def _refused(
    seen: Seen, status: PipelineStatus, reason: str, problems: tuple[Problem, ...]
) -> PipelineStatus:
    goes_on = f"; revision {status.revision} goes on running" if status.revision else ""
    text = "; ".join(str(problem) for problem in problems) + goes_on
    status = with_condition(status, ACCEPTED, False, reason, text[:2000], seen.now)
    return status.model_copy(update={"refused_generation": seen.generation})
