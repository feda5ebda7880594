"""The attempts of an application, and what its spec asks of the last of them. Pure."""

from yeoul_operator.api.status import (
    ATTEMPTS_KEPT,
    LOG_TAIL_BYTES,
    ApplicationStatus,
    AttemptRecord,
    ConditionType,
    Outcome,
    State,
)
from yeoul_operator.reconcile.conditions import is_false
from yeoul_operator.reconcile.observed import Observed

TERMINAL = (State.COMPLETED, State.FAILED, State.SUBMISSION_FAILED)


def last_attempt(seen: Observed) -> AttemptRecord | None:
    """Return the newest attempt on record.

    An application that another operator of the same API has submitted has a submission id and no
    history; its attempt is taken over as it is, and is not repeated.
    """
    status, metadata = seen.status, seen.app.metadata
    if status.attempts:
        return status.attempts[-1]
    if not status.submission_id:
        return None
    return AttemptRecord(
        number=max(status.attempt, status.execution_attempts, 1),
        submission_id=status.submission_id,
        spark_application_id=status.spark_application_id,
        generation=metadata.generation,
        spec_hash=seen.spec_hash,
        restarted_at=metadata.restarted_at,
        submitted_at=status.last_submission_attempt_time,
        finished_at=status.termination_time,
        outcome=_outcome(status.state),
    )


def _outcome(state: State) -> Outcome | None:
    """Return how an attempt of another operator ended, by the state it left behind."""
    return {
        State.COMPLETED: Outcome.SUCCEEDED,
        State.FAILED: Outcome.APPLICATION_FAILURE,
        State.SUBMISSION_FAILED: Outcome.SUBMISSION_FAILURE,
        State.PENDING_RERUN: Outcome.APPLICATION_FAILURE,
        State.SUSPENDED: Outcome.STOPPED,
        State.RESUMING: Outcome.STOPPED,
    }.get(state)


def with_attempt(status: ApplicationStatus, record: AttemptRecord) -> ApplicationStatus:
    """Return the status with that record, in the place of an older one of its number."""
    others = tuple(each for each in status.attempts if each.number != record.number)
    return status.model_copy(
        update={"attempt": record.number, "attempts": (*others, record)[-ATTEMPTS_KEPT:]}
    )


def is_changed(seen: Observed, record: AttemptRecord | None) -> bool:
    """Whether the spec, or the annotation made for it, asks for another attempt than the last."""
    status, metadata = seen.status, seen.app.metadata
    if seen.problems:
        return False
    if status.state in (State.FAILED, State.SUBMISSION_FAILED) and is_false(
        status, ConditionType.ACCEPTED
    ):
        return True
    if record is None:
        return status.observed_generation not in (0, metadata.generation)
    if metadata.restarted_at and metadata.restarted_at != record.restarted_at:
        return True
    # The same generation is the same spec, whatever an older version of the digest said.
    return metadata.generation != record.generation and seen.spec_hash != record.spec_hash


def cut_log(text: str) -> str:
    """Return the end of a log that still fits the record, whole lines where it can be."""
    raw = text.strip().encode()
    if len(raw) <= LOG_TAIL_BYTES:
        return raw.decode()
    tail = raw[-LOG_TAIL_BYTES:].decode(errors="ignore")
    _, newline, rest = tail.partition("\n")
    return rest if newline and rest else tail
