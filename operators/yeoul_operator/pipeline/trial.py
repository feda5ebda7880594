"""Whether a revision has proved itself, is to be gone back from, or needs a new driver. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from yeoul_operator.pipeline.health import Verdict
from yeoul_operator.pipeline.observed import HOPELESS, Seen
from yeoul_operator.pipeline.revision import Revision
from yeoul_operator.pipeline.status import (
    ConditionType,
    PipelineStatus,
    Restarts,
    with_condition,
)

READY, PROGRESSING = ConditionType.READY, ConditionType.PROGRESSING
ROLLED_BACK = ConditionType.ROLLED_BACK

_STABLE_S = 1800.0
_RESTART_S, _RESTART_CAP_S = 60.0, 3600.0


def settled(
    seen: Seen, status: PipelineStatus, revision: Revision, verdict: Verdict
) -> tuple[PipelineStatus, Revision]:
    """Count the revision as healthy, or go back to the one that was."""
    now = seen.now
    if seen.is_suspended:
        status = status.model_copy(update={"revision_since": None})
        return with_condition(
            status, PROGRESSING, False, "Suspended", "spec.suspend is true", now
        ), revision
    if status.revision_since is None:
        status = status.model_copy(update={"revision_since": now})
    is_done = verdict.works or (seen.app is not None and seen.app.state == "COMPLETED")
    runs_it = seen.app is not None and seen.app.revision == revision.name
    if is_done and runs_it:
        status = status.model_copy(update={"healthy_revision": revision.name})
        text = f"revision {revision.name} works"
        return with_condition(status, PROGRESSING, False, "Done", text, now), revision
    if status.healthy_revision == revision.name:
        return status, revision
    why = _failure(seen, status, revision, verdict) if runs_it else ""
    if not why:
        text = f"revision {revision.name} starts"
        return with_condition(status, PROGRESSING, True, "RollingOut", text, now), revision
    if seen.healthy is None or seen.healthy.name == revision.name:
        text = f"{why}; there is no earlier revision to go back to"
        return with_condition(status, PROGRESSING, False, "DeadlineExceeded", text, now), revision
    return _rolled_back(status, revision, seen.healthy, why, now), seen.healthy


def _failure(seen: Seen, status: PipelineStatus, revision: Revision, verdict: Verdict) -> str:
    """Return why the revision has failed; empty while it may yet work."""
    if seen.app is not None and seen.app.state in HOPELESS:
        return f"revision {revision.name} cannot run: {seen.app.error}"
    if verdict.failed:
        return f"revision {revision.name}: {verdict.degraded}"
    since = status.revision_since
    if since is None or (seen.now - since).total_seconds() < _deadline(seen, revision):
        return ""
    reason = f": {verdict.waiting}" if verdict.waiting else ""
    return f"revision {revision.name} did not work within health.startDeadline{reason}"


def _deadline(seen: Seen, revision: Revision) -> float:
    return (seen.pipeline or revision.pipeline).spec.health.start_deadline


def _rolled_back(
    status: PipelineStatus, failed: Revision, healthy: Revision, why: str, now: datetime
) -> PipelineStatus:
    status = status.model_copy(
        update={
            "revision": healthy.name,
            "failed_revision": failed.name,
            "revision_since": now,
            "restarts": Restarts(),
        }
    )
    text = f"{why}; {healthy.name} runs again until the spec changes"
    status = with_condition(status, ROLLED_BACK, True, "RevisionFailed", text[:2000], now)
    back = f"revision {healthy.name} runs again"
    return with_condition(status, PROGRESSING, True, "RollingBack", back, now)


def restarted(seen: Seen, status: PipelineStatus, verdict: Verdict) -> PipelineStatus:
    """Ask for a new driver where the present one stalls, less and less often.

    So also where the application has used up its own retries: nobody is to be needed for that.
    """
    restarts, now = status.restarts, seen.now
    if verdict.works and restarts.count:
        ready = status.condition(READY)
        since = ready.last_transition_time if ready else None
        if since is not None and (now - since).total_seconds() >= _STABLE_S:
            return status.model_copy(update={"restarts": Restarts(last_at=restarts.last_at)})
    is_other = status.revision != seen.status.revision
    is_early = restarts.next_at is not None and now < restarts.next_at
    # A revision that has yet to prove itself has until its deadline, and may go back then.
    progressing = status.condition(PROGRESSING)
    is_on_trial = progressing is not None and progressing.reason == "RollingOut"
    is_idle = bool(verdict.stalled) or (seen.app is not None and seen.app.state in HOPELESS)
    if not is_idle or is_other or is_early or is_on_trial:
        return status
    wait = min(_RESTART_S * 2**restarts.count, _RESTART_CAP_S)
    made = Restarts(
        count=restarts.count + 1,
        last_at=now,
        next_at=now + timedelta(seconds=wait),
    )
    return status.model_copy(update={"restarts": made})
