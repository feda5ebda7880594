"""How a pipeline's driver fares: verdict, numbers and conditions. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from yeoul_operator.pipeline.health import Limits, Verdict, judge, limits_of
from yeoul_operator.pipeline.observed import HOPELESS, Seen
from yeoul_operator.pipeline.revision import Revision
from yeoul_operator.pipeline.shown import with_progress
from yeoul_operator.pipeline.status import ConditionType, PipelineStatus, with_condition

READY, STALLED = ConditionType.READY, ConditionType.STALLED
DEGRADED = ConditionType.DEGRADED


def verdict_on(seen: Seen, status: PipelineStatus, revision: Revision) -> Verdict:
    """Return the verdict on the driver of a revision; an empty one where none is to be asked."""
    is_there = seen.app is not None and seen.app.state == "RUNNING"
    if not is_there or seen.watch is None or seen.is_suspended:
        return Verdict(waiting="")
    degraded = status.condition(DEGRADED)
    was_lagging = degraded is not None and degraded.reason == "Lagging"
    return judge(seen.watch, _limits(seen, revision), seen.now, was_lagging=was_lagging)


def _limits(seen: Seen, revision: Revision) -> Limits:
    """Return the limits of the spec, for the sinks that run."""
    health = (seen.pipeline or revision.pipeline).spec.health
    return replace(limits_of(revision.pipeline), batch_age=health.max_batch_age, lag=health.max_lag)


def reported(seen: Seen, status: PipelineStatus, verdict: Verdict) -> PipelineStatus:
    """Return the status with numbers and the conditions about the driver."""
    now, watch = seen.now, seen.watch
    if watch is not None and watch.progress is not None:
        status = with_progress(status, watch.progress, now)
    ready, reason, text = _readiness(seen, verdict)
    status = with_condition(status, READY, ready, reason, text, now)
    status = with_condition(
        status,
        STALLED,
        bool(verdict.stalled),
        "NoBatch" if verdict.stalled else "AsExpected",
        verdict.stalled,
        now,
    )
    if not verdict.is_known and not verdict.stalled and not seen.is_suspended:
        return status if status.condition(DEGRADED) else _undegraded(status, now)
    if not verdict.degraded:
        return _undegraded(status, now)
    return with_condition(status, DEGRADED, True, verdict.degraded_reason, verdict.degraded, now)


def _undegraded(status: PipelineStatus, now: datetime) -> PipelineStatus:
    return with_condition(status, DEGRADED, False, "AsExpected", "", now)


def _readiness(seen: Seen, verdict: Verdict) -> tuple[bool | None, str, str]:
    state = seen.app.state if seen.app else ""
    if seen.is_suspended:
        return False, "Suspended", "spec.suspend is true"
    if state == "COMPLETED":
        return True, "Finished", "every sink has taken what was there"
    if verdict.works:
        return True, "Working", "every sink works"
    if verdict.stalled:
        return False, "Stalled", verdict.stalled
    if state in HOPELESS:
        return False, "ApplicationFailed", seen.app.error if seen.app else ""
    if state != "RUNNING":
        text = f"the SparkApplication is in state {state}" if state else "nothing runs yet"
        error = f": {seen.app.error}" if seen.app and seen.app.error else ""
        return False, "DriverNotRunning", text + error
    if verdict.is_known:
        return False, "SinksNotWorking", verdict.waiting
    return None, "NoAnswer", verdict.waiting or "the driver has not been asked yet"
