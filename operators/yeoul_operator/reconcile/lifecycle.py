"""What to do next for an application: one step, decided from facts alone. Pure.

`decide` is called again after each step with what is then known, until it says to wait. So every
write stands alone, and a process that dies between any two is continued by the next one from the
facts: the submission id of an attempt follows from its number, and its driver pod says what it
runs.
"""

from dataclasses import replace

from yeoul_operator.api.status import (
    AttemptRecord,
    status_document,
)
from yeoul_operator.build.inputs import Attempt
from yeoul_operator.reconcile import changes
from yeoul_operator.reconcile.between import between, refused
from yeoul_operator.reconcile.budget import Moment
from yeoul_operator.reconcile.facts import PodFacts
from yeoul_operator.reconcile.history import last_attempt, with_attempt
from yeoul_operator.reconcile.observed import (
    CompleteChildren,
    Course,
    CreateDriver,
    DeleteApplication,
    DeletePod,
    Look,
    Need,
    Observed,
    Step,
    Wait,
    WriteStatus,
)
from yeoul_operator.reconcile.under_way import under_way


def decide(seen: Observed, moment: Moment) -> Step:
    """Return the next step. `Wait(0)` never comes out of it."""
    if seen.app.metadata.deletion_timestamp is not None:
        return Wait()
    record = last_attempt(seen)
    course = _course(_with_history(seen, record), record, moment)
    before, after = status_document(seen.status), status_document(course.status)
    if before == after:
        cannot_be_undone = isinstance(course.then, CreateDriver | DeletePod | DeleteApplication)
        if cannot_be_undone and not seen.is_confirmed:
            return Look(Need.CONFIRM)
        return course.then
    wait = _until_worth_it(seen, before, after, moment)
    if wait > 0 and isinstance(course.then, Wait):
        return Wait(wait if course.then.seconds is None else min(wait, course.then.seconds))
    return WriteStatus(course.status)


def _until_worth_it(
    seen: Observed, before: dict[str, object], after: dict[str, object], moment: Moment
) -> float:
    """Return the seconds before a change in executors alone is written.

    Each write carries all executors: with 1,000 of them that start within a minute, one write a
    change would move 100 MB.
    """
    if {**before, "executorState": None} != {**after, "executorState": None}:
        return 0.0
    spacing = max(1.0, len(seen.executors) / moment.policy.executors_per_second)
    return spacing - seen.quiet_s


def _with_history(seen: Observed, record: AttemptRecord | None) -> Observed:
    """Put an attempt that was taken over from another operator on record."""
    if record is None or seen.status.attempts:
        return seen
    status = with_attempt(seen.status, record)
    return replace(seen, app=seen.app.model_copy(update={"status": status}))


def _course(seen: Observed, record: AttemptRecord | None, moment: Moment) -> Course:
    following = Attempt.of(seen.app.metadata.uid, record.number + 1 if record else 1, moment.now)
    known = {following.submission_id, record.submission_id if record else ""}
    stray = next((pod for pod in seen.drivers if pod.submission_id not in known), None)
    if stray is not None:
        # Nothing of ours that runs may be forgotten, or two drivers would work side by side.
        return Course(seen.status, Wait() if stray.is_terminating else DeletePod(stray))
    newer = _pod_of(seen, following.submission_id)
    if newer is not None:
        return _not_on_record(seen, newer, following, moment)
    pod = _pod_of(seen, record.submission_id) if record else None
    if record is not None and record.outcome is None:
        return under_way(seen, record, pod, moment)
    return between(seen, record, pod, following, moment)


def _pod_of(seen: Observed, submission_id: str) -> PodFacts | None:
    return next((pod for pod in seen.drivers if pod.submission_id == submission_id), None)


def _not_on_record(seen: Observed, pod: PodFacts, attempt: Attempt, moment: Moment) -> Course:
    """The driver pod is there, and the status does not know yet."""
    metadata = seen.app.metadata
    runs_the_spec = pod.generation == metadata.generation or pod.inputs == seen.spec_hash
    if not runs_the_spec or seen.problems:
        # The spec was edited in between. Nobody was told of this pod: it can go.
        return Course(seen.status, Wait() if pod.is_terminating else DeletePod(pod))
    due = seen.status.retries.next_attempt_at
    if due is not None and moment.now < due:
        return Course(seen.status, Wait((due - moment.now).total_seconds()))
    if seen.refusal is not None:
        return refused(seen, attempt, moment)
    can_start = not (pod.is_ended or pod.is_terminating)
    if can_start and seen.completed != pod.submission_id:
        return Course(seen.status, CompleteChildren(attempt, pod))
    return Course(changes.submitted(seen, pod, attempt.number, moment.now))
