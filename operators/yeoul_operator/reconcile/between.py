"""Between attempts: at rest, held, waiting, or to be submitted. Pure."""

from datetime import timedelta

from yeoul_operator.api.status import (
    AttemptRecord,
    Outcome,
    State,
)
from yeoul_operator.build.inputs import Attempt
from yeoul_operator.reconcile import changes
from yeoul_operator.reconcile.budget import Moment, backoff_s, charge, due_after, may_retry
from yeoul_operator.reconcile.classify import (
    Verdict,
)
from yeoul_operator.reconcile.facts import PodFacts
from yeoul_operator.reconcile.history import TERMINAL, is_changed
from yeoul_operator.reconcile.observed import (
    Course,
    CreateDriver,
    DeleteApplication,
    DeletePod,
    Observed,
    RefusalKind,
    Wait,
)


def between(
    seen: Observed,
    record: AttemptRecord | None,
    pod: PodFacts | None,
    following: Attempt,
    moment: Moment,
) -> Course:
    """No attempt is under way: the application has ended, is held, or is to be submitted."""
    status, state = seen.status, seen.status.state
    changed = is_changed(seen, record)
    if pod is not None and not pod.is_ended:
        # It was given up before it started, and must not start now.
        return Course(status, Wait() if pod.is_terminating else DeletePod(pod))
    if state in TERMINAL:
        return _at_rest(seen, changed, moment)
    if seen.problems:
        return _cannot_run(seen, moment)
    if seen.app.spec.suspend:
        if state is not State.SUSPENDED:
            status = changes.suspended(changes.accepted(seen, status, moment.now), moment.now)
        return Course(status, Wait())
    if state in (State.SUSPENDED, State.SUSPENDING):
        status = changes.accepted(seen, status, moment.now)
        return Course(changes.stated(changes.renewed(status), State.RESUMING))
    return _to_submit(seen, pod, following, changed, moment)


def _at_rest(seen: Observed, changed: bool, moment: Moment) -> Course:
    """The application has ended: it runs again when its spec changes, or its time is up."""
    status, now = seen.status, moment.now
    known = changes.accepted(seen, status, now)
    if changed:
        return Course(changes.stopping(known, State.INVALIDATING, now))
    ended_at = status.termination_time
    if ended_at is None:
        return Course(known, Wait())
    if status.state is State.SUBMISSION_FAILED:
        left = (ended_at - now).total_seconds() + moment.policy.settle_s
        if left > 0:
            return Course(known, Wait(left))
        message = status.application_state.error_message
        return Course(changes.stated(known, State.FAILED, message))
    ttl = seen.app.spec.time_to_live_seconds
    if ttl is None:
        return Course(known, Wait())
    left = (ended_at + timedelta(seconds=ttl) - now).total_seconds()
    return Course(known, Wait(left) if left > 0 else DeleteApplication(ended_at))


def _cannot_run(seen: Observed, moment: Moment) -> Course:
    """The spec is invalid and nothing runs."""
    verdict = Verdict(
        Outcome.SUBMISSION_FAILURE, "InvalidSpec", changes.problems_text(seen.problems)
    )
    return Course(changes.submission_failed(seen, seen.status, None, verdict, moment.now))


def _to_submit(
    seen: Observed,
    pod: PodFacts | None,
    following: Attempt,
    changed: bool,
    moment: Moment,
) -> Course:
    """The next attempt is due, or will be."""
    status, now = seen.status, moment.now
    retries = status.retries
    if changed and _waits_for_the_past(seen):
        return Course(changes.renewed(changes.accepted(seen, status, now)))
    if retries.next_attempt_at is not None and now < retries.next_attempt_at:
        return Course(status, Wait((retries.next_attempt_at - now).total_seconds()))
    if pod is not None:
        return Course(status, Wait() if pod.is_terminating else DeletePod(pod))
    if seen.refusal is not None:
        return refused(seen, following, moment)
    return Course(status, CreateDriver(following))


def _waits_for_the_past(seen: Observed) -> bool:
    """Whether a wait is due to what an older spec did, for which a new one need not wait.

    A wait since the present spec was refused stays: there is no other sign of what it is due to.
    """
    retries = seen.status.retries
    if seen.status.observed_generation != seen.app.metadata.generation:
        return retries.next_attempt_at is not None or retries.refused_since is not None
    is_refused = retries.refused_since is not None or retries.submission_failures > 0
    return retries.next_attempt_at is not None and not is_refused


def refused(seen: Observed, following: Attempt, moment: Moment) -> Course:
    """The API server has just said no to the attempt's objects."""
    refusal, now, policy = seen.refusal, moment.now, moment.policy
    assert refusal is not None  # noqa: S101 by the caller
    status = changes.refused(seen, seen.status, refusal, now)
    waited = (now - (status.retries.refused_since or now)).total_seconds()
    is_patient = not policy.refused_timeout_s or waited < policy.refused_timeout_s
    if refusal.kind is not RefusalKind.REJECTED and is_patient:
        return Course(status, Wait(min(2.0 + waited / 4, 30.0) * (1 + moment.jitter / 5)))
    verdict = Verdict(Outcome.SUBMISSION_FAILURE, refusal.kind, refusal.message)
    retries = charge(status.retries, verdict.outcome, stable=False)
    if may_retry(seen.app.spec, retries, verdict.outcome, policy):
        wait = backoff_s(seen.app.spec, retries, verdict.outcome, policy, moment.jitter)
        due = due_after(now, wait)
        retries = retries.model_copy(update={"next_attempt_at": due, "refused_since": None})
        update = {"retries": retries, "submission_attempts": retries.submission_failures}
        return Course(status.model_copy(update=update))
    status = seen.status.model_copy(update={"retries": retries})
    failed = AttemptRecord(
        number=following.number,
        submission_id=following.submission_id,
        generation=seen.app.metadata.generation,
        spec_hash=seen.spec_hash,
        restarted_at=seen.app.metadata.restarted_at,
        submitted_at=now,
    )
    return Course(changes.submission_failed(seen, status, failed, verdict, now))
