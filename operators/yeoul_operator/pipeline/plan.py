"""What is to be done next about a pipeline, from what is known of it. Pure.

The steps follow each other: which revision is to run, how its driver fares, whether to go back or
to begin anew, and at last what all that means to the application and in the status.
"""

from __future__ import annotations

from datetime import timedelta

from yeoul_operator.api.base import show_time
from yeoul_operator.pipeline.application import Run, ends, executor_selector
from yeoul_operator.pipeline.choice import choose, name_taken
from yeoul_operator.pipeline.observed import HOPELESS, Plan, Seen
from yeoul_operator.pipeline.report import reported, verdict_on
from yeoul_operator.pipeline.revision import Revision
from yeoul_operator.pipeline.scaling import Load, wanted_executors
from yeoul_operator.pipeline.status import ApplicationRef, Phase, PipelineStatus
from yeoul_operator.pipeline.trial import restarted, settled
from yeoul_stream.pipeline import Executors

# That of the model, for a spec that cannot be read.
_DEADLINE_S = 600.0
_DRAINING = ("INVALIDATING", "SUSPENDING", "SUCCEEDING", "FAILING")


def decide(seen: Seen) -> Plan:
    """Return what is to be so; the same input gives the same plan."""
    status = seen.status.model_copy(update={"observed_generation": seen.generation})
    taken = name_taken(seen, status)
    if taken is not None:
        return taken
    status, revision = choose(seen, status)
    if revision is None:
        phase = Phase.REFUSED if seen.problems else Phase.PENDING
        return Plan(status.model_copy(update={"phase": phase}))
    verdict = verdict_on(seen, status, revision)
    status = reported(seen, status, verdict)
    status, revision = settled(seen, status, revision, verdict)
    status = restarted(seen, status, verdict)
    status = status.model_copy(
        update={
            "executors": _executors(seen, status, revision),
            "selector": executor_selector(seen.name),
            "application": ApplicationRef(name=seen.name, state=seen.app.state if seen.app else ""),
            "phase": _phase(seen, status, revision),
        }
    )
    return Plan(status, revision, _run(seen, status, revision), _again(seen, status))


def _executors(seen: Seen, status: PipelineStatus, revision: Revision) -> int:
    size: Executors = (seen.pipeline or revision.pipeline).spec.runtime.executors
    progress = seen.watch.progress if seen.watch else None
    # A job that does not tell how many there are is of an image that cannot change them.
    is_served = progress is not None and progress.executors is not None
    load = seen.load if is_served else Load()
    partitions = progress.partitions if progress is not None else None
    return wanted_executors(size, status.executors, load, partitions, seen.now)


def _run(seen: Seen, status: PipelineStatus, revision: Revision) -> Run:
    """Return how the application is to run.

    The number of executors changes without a new driver, so what stands in the application stays
    until there is a new one anyway. The epoch's floor is the next driver's, whatever replaces this.
    """
    app = seen.app
    suspend = seen.is_suspended
    asked = status.restarts.last_at
    restarted_at = show_time(asked) if asked else ""
    if app is None:
        return Run(max(status.executors, 1), status.epoch_floor, suspend, restarted_at)
    restarted_at = max(restarted_at, app.run.restarted_at)
    is_new = (
        app.revision != revision.name
        or restarted_at != app.run.restarted_at
        or app.run.suspend != suspend
    )
    return Run(
        executors=max(status.executors, 1) if is_new else app.run.executors,
        epoch_floor=max(status.epoch_floor, app.run.epoch_floor),
        suspend=suspend,
        restarted_at=restarted_at,
    )


def _phase(seen: Seen, status: PipelineStatus, revision: Revision) -> Phase:
    state = seen.app.state if seen.app else ""
    if state in _DRAINING:
        return Phase.DRAINING
    if seen.is_suspended:
        return Phase.SUSPENDED if state in ("", "SUSPENDED") else Phase.DRAINING
    if state == "COMPLETED" and ends(revision.pipeline):
        return Phase.FINISHED
    if state in HOPELESS:
        return Phase.FAILED
    if state == "RUNNING" and status.healthy_revision == status.revision:
        return Phase.RUNNING
    return Phase.STARTING if state else Phase.PENDING


def _again(seen: Seen, status: PipelineStatus) -> float | None:
    """Return when a deadline passes; all else is told by polls and watches."""
    moments = [status.restarts.next_at]
    if status.revision_since is not None and status.healthy_revision != status.revision:
        limit = seen.pipeline.spec.health.start_deadline if seen.pipeline else _DEADLINE_S
        moments.append(status.revision_since + timedelta(seconds=limit))
    waits = [(moment - seen.now).total_seconds() for moment in moments if moment is not None]
    return min((wait + 1.0 for wait in waits if wait >= 0), default=None)
