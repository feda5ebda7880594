"""What people are told as events, from how a status has changed. Pure."""

from dataclasses import dataclass
from typing import Literal

from yeoul_operator.api.status import ApplicationStatus, ConditionType, State
from yeoul_operator.reconcile.conditions import is_false


@dataclass(frozen=True, slots=True)
class Notice:
    """An event about an application, as the Recorder takes it."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


# The reasons of the well-known operator, which people filter by.
_WARNINGS = {
    State.FAILED: "SparkApplicationFailed",
    State.SUBMISSION_FAILED: "SparkApplicationSubmissionFailed",
    State.PENDING_RERUN: "SparkApplicationPendingRerun",
}
_NORMAL = {
    State.RUNNING: "SparkDriverRunning",
    State.COMPLETED: "SparkApplicationCompleted",
    State.SUSPENDING: "SparkApplicationSuspending",
    State.SUSPENDED: "SparkApplicationSuspended",
    State.RESUMING: "SparkApplicationResuming",
    State.INVALIDATING: "SparkApplicationInvalidating",
}


def notices(before: ApplicationStatus, after: ApplicationStatus) -> tuple[Notice, ...]:
    """Return the events that the change from `before` to `after` is worth."""
    found = []
    if after.state is not before.state or after.attempt != before.attempt:
        told = _of_state(before, after)
        if told is not None:
            found.append(told)
    for kind in (ConditionType.ACCEPTED, ConditionType.SUBMITTED, ConditionType.RUNNING):
        told = _of_condition(before, after, kind)
        if told is not None:
            found.append(told)
    return tuple(found)


def _of_state(before: ApplicationStatus, after: ApplicationStatus) -> Notice | None:
    state, pod = after.state, after.driver_info.pod_name
    if state is State.SUBMITTED and after.attempt != before.attempt:
        text = f"driver pod {pod} was created (attempt {after.attempt})"
        return Notice("Normal", "SparkApplicationSubmitted", text)
    if (
        state is State.PENDING_RERUN
        and after.attempts
        and not after.application_state.error_message
    ):
        return Notice("Normal", _WARNINGS[state], "the driver has ended, and runs again")
    if state in _WARNINGS:
        # Logs do not belong into events: they are cut, and read by more people.
        text = after.application_state.error_message.partition("\n\n")[0]
        return Notice("Warning", _WARNINGS[state], text)
    if state not in _NORMAL:
        return None
    return Notice("Normal", _NORMAL[state], _TEXTS[state].format(pod=pod))


_TEXTS = {
    State.RUNNING: "driver pod {pod} runs",
    State.COMPLETED: "driver pod {pod} ended with success",
    State.SUSPENDING: "spec.suspend is true: driver pod {pod} is ended",
    State.SUSPENDED: "spec.suspend is true: nothing runs until it is false",
    State.RESUMING: "spec.suspend is false: the application is submitted",
    State.INVALIDATING: "the spec has changed or a restart was asked for: it runs anew",
}


def _of_condition(
    before: ApplicationStatus, after: ApplicationStatus, kind: ConditionType
) -> Notice | None:
    """Return a warning for what keeps an application from running, when it is new."""
    new, old = after.condition(kind), before.condition(kind)
    if new is None or not is_false(after, kind) or after.state in _WARNINGS:
        return None
    if old is not None and (old.status, old.reason) == (new.status, new.reason):
        return None
    if new.reason in _ORDINARY:
        return None
    return Notice("Warning", new.reason, new.message)


_ORDINARY = ("Starting", "Suspending", "Replacing", "Suspended", "PendingRerun", "Succeeded")
