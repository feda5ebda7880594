"""How a status goes on: one function for each thing that can happen to an application. Pure."""

from datetime import datetime

from yeoul_operator.api.status import (
    ApplicationState,
    ApplicationStatus,
    AttemptRecord,
    ConditionType,
    DriverInfo,
    Outcome,
    Retries,
    State,
)
from yeoul_operator.build.names import spark_app_id
from yeoul_operator.reconcile.budget import (
    Moment,
    backoff_s,
    charge,
    due_after,
    is_stable,
    may_retry,
)
from yeoul_operator.reconcile.classify import Verdict
from yeoul_operator.reconcile.conditions import with_condition, without_condition
from yeoul_operator.reconcile.executors import executor_states, final_states
from yeoul_operator.reconcile.facts import PodFacts
from yeoul_operator.reconcile.history import cut_log, with_attempt
from yeoul_operator.reconcile.observed import Observed, Refusal, Serving
from yeoul_stream.pipeline import Problem

ACCEPTED, SUBMITTED = ConditionType.ACCEPTED, ConditionType.SUBMITTED
RUNNING, COMPLETED = ConditionType.RUNNING, ConditionType.COMPLETED


def stated(status: ApplicationStatus, state: State, message: str = "") -> ApplicationStatus:
    """Return the status with that state and error message."""
    return status.model_copy(
        update={"application_state": ApplicationState(state=state, error_message=message)}
    )


def accepted(seen: Observed, status: ApplicationStatus, now: datetime) -> ApplicationStatus:
    """Return the status with a verdict on the present generation of the spec."""
    status = status.model_copy(update={"observed_generation": seen.app.metadata.generation})
    if seen.problems:
        return with_condition(
            status, ACCEPTED, False, "InvalidSpec", problems_text(seen.problems), now
        )
    return with_condition(status, ACCEPTED, True, "Valid", "the spec can be run", now)


def problems_text(problems: tuple[Problem, ...]) -> str:
    """Return all problems as one message."""
    return "the spec cannot be run: " + "; ".join(str(problem) for problem in problems)


def submitted(seen: Observed, pod: PodFacts, number: int, now: datetime) -> ApplicationStatus:
    """Return the status with a new attempt, whose driver pod is there."""
    metadata, before = seen.app.metadata, seen.status
    record = AttemptRecord(
        number=number,
        submission_id=pod.submission_id,
        spark_application_id=pod.spark_app_id or spark_app_id(pod.submission_id),
        pod_uid=pod.uid,
        generation=pod.generation or metadata.generation,
        spec_hash=pod.inputs or seen.spec_hash,
        restarted_at=pod.restarted_at,
        submitted_at=pod.created_at,
    )
    status = with_attempt(accepted(seen, before, now), record).model_copy(
        update={
            "submission_id": record.submission_id,
            "spark_application_id": record.spark_application_id,
            "driver_info": driver_info(before.driver_info, pod.name, seen.serving),
            "executor_state": {},
            "execution_attempts": before.execution_attempts + 1,
            "submission_attempts": before.retries.submission_failures + 1,
            "last_submission_attempt_time": pod.created_at,
            "termination_time": None,
            "retries": before.retries.model_copy(
                update={"submission_failures": 0, "next_attempt_at": None, "refused_since": None}
            ),
        }
    )
    status = with_condition(
        stated(status, State.SUBMITTED), SUBMITTED, True, "DriverCreated",
        f"driver pod {pod.name} was created", now,
    )  # fmt: skip
    status = with_condition(
        status, RUNNING, False, "Starting", "the driver has not started yet", now
    )
    return without_condition(status, COMPLETED)


def driver_info(before: DriverInfo, pod_name: str, serving: Serving | None) -> DriverInfo:
    """Return the driver's name and how its web interface is reached."""
    if serving is None:
        return before.model_copy(update={"pod_name": pod_name})
    return DriverInfo(
        pod_name=pod_name,
        web_ui_service_name=serving.service,
        web_ui_address=serving.address,
        web_ui_port=serving.port,
        web_ui_ingress_name=serving.ingress,
        web_ui_ingress_address=serving.ingress_address,
    )


def served(status: ApplicationStatus, serving: Serving) -> ApplicationStatus:
    """Return the status with how the web interface is reached now."""
    info = driver_info(status.driver_info, status.driver_info.pod_name, serving)
    return status.model_copy(update={"driver_info": info})


def started(
    seen: Observed, status: ApplicationStatus, record: AttemptRecord, pod: PodFacts, now: datetime
) -> ApplicationStatus:
    """Return the status of an attempt whose driver runs."""
    if record.started_at is None:
        record = record.model_copy(update={"started_at": pod.started_at or now})
    status = stated(with_attempt(status, record), State.RUNNING)
    status = status.model_copy(
        update={"executor_state": executor_states(status.executor_state, seen.executors)}
    )
    if pod.is_unreachable:
        reason, text = (
            "NodeNotAnswering",
            (
                f"node {pod.node} of driver pod {pod.name} does not answer. Until it does, or "
                "its Node object is deleted, nobody can tell whether the driver still runs, and "
                "no other is started. For a node that is off for good: kubectl delete node"
            ),
        )
    elif pod.is_terminating:
        reason, text = "DriverTerminating", f"driver pod {pod.name} is being deleted"
    else:
        reason, text = "DriverRunning", f"driver pod {pod.name} runs"
    return with_condition(status, RUNNING, True, reason, text, now)


def not_started(
    status: ApplicationStatus, problem: tuple[str, str] | None, now: datetime
) -> ApplicationStatus:
    """Return the status of an attempt whose driver has yet to start, and what is in its way."""
    reason, text = problem or ("Starting", "the driver has not started yet")
    return with_condition(stated(status, State.SUBMITTED), RUNNING, False, reason, text, now)


def stopping(status: ApplicationStatus, state: State, now: datetime) -> ApplicationStatus:
    """Return the status while the driver is ended on purpose: SUSPENDING or INVALIDATING."""
    status = stated(status, state)
    if state is State.INVALIDATING:
        status = renewed(status)
    reason = "Suspending" if state is State.SUSPENDING else "Replacing"
    return with_condition(
        without_condition(status, COMPLETED), RUNNING, False, reason, "the driver is ended", now
    )


def renewed(status: ApplicationStatus) -> ApplicationStatus:
    """Return the status with nothing held against the application: its spec is another."""
    return status.model_copy(
        update={"retries": Retries(), "execution_attempts": 0, "termination_time": None}
    )


def stopped(
    status: ApplicationStatus, record: AttemptRecord, state: State, now: datetime
) -> ApplicationStatus:
    """Return the status after a driver that was ended on purpose is gone."""
    why = "Suspended" if state is State.SUSPENDED else "Replaced"
    record = record.model_copy(
        update={"outcome": Outcome.STOPPED, "reason": why, "finished_at": now}
    )
    states = final_states(status.executor_state, succeeded=True)
    status = with_attempt(status, record).model_copy(update={"executor_state": states})
    return suspended(status, now) if state is State.SUSPENDED else stated(status, state)


def suspended(status: ApplicationStatus, now: datetime) -> ApplicationStatus:
    """Return the status of an application that is held."""
    status = stated(status, State.SUSPENDED, status.application_state.error_message)
    status = with_condition(status, RUNNING, False, "Suspended", "spec.suspend is true", now)
    return without_condition(status, COMPLETED)


def ended(
    seen: Observed,
    status: ApplicationStatus,
    record: AttemptRecord,
    verdict: Verdict,
    finished_at: datetime,
    moment: Moment,
) -> ApplicationStatus:
    """Return the status after an attempt's end: another attempt to come, or the final state."""
    spec, policy, now = seen.app.spec, moment.policy, moment.now
    record = record.model_copy(
        update={
            "outcome": verdict.outcome,
            "reason": verdict.reason,
            "message": verdict.message,
            "exit_code": verdict.exit_code,
            "finished_at": finished_at,
            "log_tail": cut_log(seen.log_tail or ""),
        }
    )
    stable = is_stable(policy, record.started_at, finished_at)
    retries = charge(status.retries, verdict.outcome, stable=stable)
    states = executor_states(status.executor_state, seen.executors)
    update = {
        "retries": retries,
        "executor_state": final_states(states, succeeded=not verdict.is_failure),
        "execution_attempts": 1 if stable else status.execution_attempts,
    }
    status = with_attempt(status, record).model_copy(update=update)
    message = error_message(verdict, record.log_tail)
    if not seen.problems and may_retry(spec, retries, verdict.outcome, policy):
        wait = backoff_s(spec, retries, verdict.outcome, policy, moment.jitter)
        return to_rerun(status, verdict, message, wait, now)
    return final(status, verdict, message, finished_at, now)


def error_message(verdict: Verdict, log_tail: str) -> str:
    """Return what happened, what to do, and the end of the log."""
    if not verdict.is_failure:
        return ""
    return f"{verdict.message}\n\nThe end of its log:\n{log_tail}" if log_tail else verdict.message


def to_rerun(
    status: ApplicationStatus, verdict: Verdict, message: str, wait_s: float, now: datetime
) -> ApplicationStatus:
    """Return the status between two attempts."""
    retries = status.retries.model_copy(update={"next_attempt_at": due_after(now, wait_s)})
    status = stated(status, State.PENDING_RERUN, message).model_copy(update={"retries": retries})
    return with_condition(
        status, RUNNING, False, "PendingRerun",
        f"another attempt follows in {wait_s:.0f} s; the last one: {verdict.reason}", now,
    )  # fmt: skip


def final(
    status: ApplicationStatus, verdict: Verdict, message: str, finished_at: datetime, now: datetime
) -> ApplicationStatus:
    """Return the status after the last attempt."""
    state = State.FAILED if verdict.is_failure else State.COMPLETED
    if verdict.outcome is Outcome.SUBMISSION_FAILURE:
        state = State.SUBMISSION_FAILED
    status = stated(status, state, message).model_copy(update={"termination_time": finished_at})
    reason = verdict.reason if verdict.is_failure else "Succeeded"
    text = verdict.message or "the driver ended with exit code 0"
    status = with_condition(status, RUNNING, False, reason, text, now)
    return with_condition(status, COMPLETED, not verdict.is_failure, reason, text, now)


def refused(
    seen: Observed, status: ApplicationStatus, refusal: Refusal, now: datetime
) -> ApplicationStatus:
    """Return the status while a submission is refused and tried again, no state published."""
    retries = status.retries
    if retries.refused_since is None:
        retries = retries.model_copy(update={"refused_since": now})
    status = accepted(seen, status, now).model_copy(update={"retries": retries})
    text = f"{refusal.message} It is tried again."
    return with_condition(status, SUBMITTED, False, refusal.kind, text, now)


def submission_failed(
    seen: Observed,
    status: ApplicationStatus,
    record: AttemptRecord | None,
    verdict: Verdict,
    now: datetime,
) -> ApplicationStatus:
    """Return the status of an application that cannot be submitted, for good."""
    status = accepted(seen, status, now)
    if record is not None:
        record = record.model_copy(
            update={
                "outcome": verdict.outcome,
                "reason": verdict.reason,
                "message": verdict.message,
                "finished_at": now,
            }
        )
        status = with_attempt(status, record)
    retries = status.retries.model_copy(update={"next_attempt_at": None, "refused_since": None})
    status = status.model_copy(
        update={
            "retries": retries,
            "submission_attempts": max(status.submission_attempts, retries.submission_failures),
        }
    )
    status = with_condition(status, SUBMITTED, False, verdict.reason, verdict.message, now)
    return final(status, verdict, verdict.message, now, now)
