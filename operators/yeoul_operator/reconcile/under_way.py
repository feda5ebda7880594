"""While an attempt is under way: follow its driver, end it on purpose, judge its end. Pure."""

from yeoul_operator.api.status import (
    ApplicationStatus,
    AttemptRecord,
    State,
)
from yeoul_operator.build.inputs import Attempt
from yeoul_operator.reconcile import changes
from yeoul_operator.reconcile.budget import Moment
from yeoul_operator.reconcile.classify import Verdict, classify, classify_gone
from yeoul_operator.reconcile.facts import PodFacts
from yeoul_operator.reconcile.history import is_changed
from yeoul_operator.reconcile.observed import (
    Course,
    DeletePod,
    Look,
    Need,
    Observed,
    Serve,
    Step,
    Wait,
)
from yeoul_operator.reconcile.starting import classify_start, is_hopeless, start_problem

_STOPPING = (State.SUSPENDING, State.INVALIDATING)
_REFUSED_AGAIN_S = 60.0


def under_way(
    seen: Observed, record: AttemptRecord, pod: PodFacts | None, moment: Moment
) -> Course:
    """The attempt on record has not ended, as far as the status knows."""
    purpose = _purpose(seen, record, pod)
    if pod is None:
        if not seen.is_confirmed:
            return Course(seen.status, Look(Need.CONFIRM))
        return _gone(seen, record, purpose, moment)
    status = changes.accepted(seen, seen.status, moment.now)
    if seen.serving is not None:
        status = changes.served(status, seen.serving)
    if purpose is not None:
        status = changes.stopping(status, purpose, moment.now)
        return Course(status, Wait() if pod.is_terminating else DeletePod(pod))
    if pod.is_ended:
        verdict = classify(pod)
        return _ended(seen, status, record, pod, verdict, moment)
    if not pod.is_running and record.started_at is None:
        return _starting(seen, status, record, pod, moment)
    status = changes.started(seen, status, record, pod, moment.now)
    return Course(status, _serving(seen, record, Wait()))


def _purpose(seen: Observed, record: AttemptRecord, pod: PodFacts | None) -> State | None:
    """Return the state in which the attempt is ended on purpose; None to let it be."""
    state = seen.status.state
    if is_changed(seen, record):
        return State.INVALIDATING
    ended_by_itself = pod is not None and pod.is_ended and not pod.is_terminating
    if seen.app.spec.suspend and not ended_by_itself:
        return State.SUSPENDING
    # What we began to end is ended, even where the reason for it has been taken back.
    if state in _STOPPING and (pod is None or pod.is_terminating):
        return state
    return None


def _gone(seen: Observed, record: AttemptRecord, purpose: State | None, moment: Moment) -> Course:
    """The driver pod is no longer there."""
    status = changes.accepted(seen, seen.status, moment.now)
    if purpose is not None:
        after = State.SUSPENDED if purpose is State.SUSPENDING else State.INVALIDATING
        if after is State.INVALIDATING:
            status = changes.stopping(status, after, moment.now)
        return Course(changes.stopped(status, record, after, moment.now))
    verdict = classify_gone(seen.status.driver_info.pod_name)
    return Course(changes.ended(seen, status, record, verdict, moment.now, moment))


def _ended(
    seen: Observed,
    status: ApplicationStatus,
    record: AttemptRecord,
    pod: PodFacts,
    verdict: Verdict,
    moment: Moment,
) -> Course:
    """The driver's container has ended."""
    if verdict.is_failure and seen.log_tail is None:
        return Course(seen.status, Look(Need.LOG))
    if record.started_at is None:
        began = pod.ending.started_at if pod.ending else None
        record = record.model_copy(update={"started_at": began or pod.started_at})
    finished_at = pod.finished_at or moment.now
    return Course(changes.ended(seen, status, record, verdict, finished_at, moment))


def _starting(
    seen: Observed,
    status: ApplicationStatus,
    record: AttemptRecord,
    pod: PodFacts,
    moment: Moment,
) -> Course:
    """The driver pod has not started: wait for it, for a time."""
    policy = moment.policy
    limit = policy.unschedulable_timeout_s if pod.unschedulable else policy.start_timeout_s
    # Clocks differ; what we have seen of the wait ourselves is certain.
    waited = min((moment.now - pod.created_at).total_seconds(), seen.pending_s)
    if not pod.is_terminating and (is_hopeless(pod) or (limit and waited >= limit)):
        if seen.warnings is None:
            return Course(seen.status, Look(Need.WARNINGS))
        verdict = classify_start(pod, waited, seen.warnings)
        return Course(changes.ended(seen, status, record, verdict, moment.now, moment))
    hindered = bool(pod.waiting_reason or pod.unschedulable)
    problem = start_problem(pod) if hindered and _is_problem(pod) else None
    status = changes.not_started(status, problem, moment.now)
    return Course(status, Wait(limit - waited) if limit else Wait())


def _is_problem(pod: PodFacts) -> bool:
    """ContainerCreating and PodInitializing are how every pod begins."""
    return bool(pod.unschedulable) or pod.waiting_reason not in (
        "ContainerCreating",
        "PodInitializing",
    )


def _serving(seen: Observed, record: AttemptRecord, otherwise: Step) -> Step:
    """See to service, Ingress and budget once the driver runs: nobody needs them before."""
    if seen.is_served or seen.problems:
        return otherwise
    if seen.refusal is not None:
        return Wait(_REFUSED_AGAIN_S)
    submitted_at = record.submitted_at or seen.app.metadata.creation_timestamp
    assert submitted_at is not None  # noqa: S101 the API server sets both
    return Serve(Attempt(record.number, record.submission_id, submitted_at))
