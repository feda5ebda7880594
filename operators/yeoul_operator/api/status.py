"""What the operator knows of an application, as it stands in its status."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from yeoul_operator.api.base import Int, Model, Time

ATTEMPTS_KEPT = 10
"""How many attempts the history holds; the oldest go first."""
LOG_TAIL_BYTES = 2048
"""The longest log tail that is kept of an attempt, in bytes of UTF-8."""


class State(StrEnum):
    """The states that clients know."""

    NEW = ""
    SUBMITTED = "SUBMITTED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    SUBMISSION_FAILED = "SUBMISSION_FAILED"
    PENDING_RERUN = "PENDING_RERUN"
    INVALIDATING = "INVALIDATING"
    SUCCEEDING = "SUCCEEDING"
    FAILING = "FAILING"
    SUSPENDING = "SUSPENDING"
    SUSPENDED = "SUSPENDED"
    RESUMING = "RESUMING"
    UNKNOWN = "UNKNOWN"


class ExecutorState(StrEnum):
    """The states of an executor that clients know."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"


class Outcome(StrEnum):
    """How an attempt ended."""

    SUCCEEDED = "Succeeded"
    APPLICATION_FAILURE = "ApplicationFailure"
    INFRASTRUCTURE_FAILURE = "InfrastructureFailure"
    SUBMISSION_FAILURE = "SubmissionFailure"
    STOPPED = "Stopped"
    """Ended by the operator: suspended, or replaced after a change."""


class ConditionStatus(StrEnum):
    """Whether a condition holds."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class ConditionType(StrEnum):
    """The conditions of an application."""

    ACCEPTED = "Accepted"
    SUBMITTED = "Submitted"
    RUNNING = "Running"
    COMPLETED = "Completed"


class ApplicationState(Model):
    """The state as clients read it."""

    state: State = State.NEW
    """Where the application is in its life."""
    error_message: str = ""
    """What went wrong, and what to do."""


class DriverInfo(Model):
    """The driver pod, and where its UI is."""

    pod_name: str = ""
    """The driver pod of the current attempt, or of the last one."""
    web_ui_service_name: Annotated[str, Field(alias="webUIServiceName")] = ""
    """The service of the Spark UI."""
    web_ui_address: Annotated[str, Field(alias="webUIAddress")] = ""
    """Its address in the cluster, `host:port`."""
    web_ui_port: Annotated[Int, Field(alias="webUIPort")] = 0
    """Its port."""
    web_ui_ingress_name: Annotated[str, Field(alias="webUIIngressName")] = ""
    """The Ingress of the Spark UI."""
    web_ui_ingress_address: Annotated[str, Field(alias="webUIIngressAddress")] = ""
    """The address that the Ingress serves."""


class Condition(Model):
    """A condition, as `kubectl wait` reads it."""

    type: str
    """What it is about."""
    status: ConditionStatus
    """Whether it holds."""
    reason: str = ""
    """Why, in one word."""
    message: str = ""
    """Why, in a sentence."""
    last_transition_time: Time | None = None
    """When `status` changed."""
    observed_generation: Int = 0
    """The generation of the spec that it is about."""


class AttemptRecord(Model):
    """One attempt to run the application."""

    number: Int
    """Counts up for the life of the application; the first is 1."""
    submission_id: Annotated[str, Field(alias="submissionID")] = ""
    """The label `sparkoperator.k8s.io/submission-id` of its pods."""
    spark_application_id: str = ""
    """Spark's own name of it, `spark.app.id`."""
    pod_uid: Annotated[str, Field(alias="podUID")] = ""
    """The UID of its driver pod."""
    generation: Int = 0
    """The generation of the spec that it runs."""
    spec_hash: str = ""
    """A digest of what in the spec needs a new attempt when it changes."""
    restarted_at: str = ""
    """The annotation `yeoul.dev/restartedAt` when it was submitted."""
    submitted_at: Time | None = None
    """When its driver pod was made."""
    started_at: Time | None = None
    """When its driver began to run."""
    finished_at: Time | None = None
    """When its driver ended."""
    outcome: Outcome | None = None
    """How it ended; not given while it goes on."""
    exit_code: Int | None = None
    """The exit code of the driver's container."""
    reason: str = ""
    """Why it ended, in one word, such as `OOMKilled`."""
    message: str = ""
    """Why it ended, in a sentence."""
    log_tail: str = ""
    """The end of the driver's log, at most 2 KiB."""


class Retries(Model):
    """What is held against the application's budgets. A stable run sets all of it back."""

    application_failures: Int = 0
    """Failed runs of the application's own making since the last stable run."""
    infrastructure_failures: Int = 0
    """Runs lost to nodes, evictions or preemption since the last stable run."""
    submission_failures: Int = 0
    """Failed submissions since the last that succeeded."""
    next_attempt_at: Time | None = None
    """When the next attempt is due, while one is waited for."""
    refused_since: Time | None = None
    """Since when the present submission has been refused for want of room or of a free name."""


def _known(value: object) -> object:
    return value if value in set(ExecutorState) else ExecutorState.UNKNOWN


class ApplicationStatus(Model):
    """How an application fares."""

    application_state: ApplicationState = ApplicationState()
    """The state."""
    spark_application_id: str = ""
    """`spark.app.id` of the current attempt, or of the last one."""
    submission_id: Annotated[str, Field(alias="submissionID")] = ""
    """The label `sparkoperator.k8s.io/submission-id` of its pods."""
    driver_info: DriverInfo = DriverInfo()
    """The driver pod, and where its UI is."""
    executor_state: dict[str, Annotated[ExecutorState, BeforeValidator(_known)]] = Field(
        default_factory=dict
    )
    """Executor pods and their states."""
    execution_attempts: Int = 0
    """Attempts to run the application since its spec changed or it ran stably."""
    submission_attempts: Int = 0
    """Attempts to submit the current run."""
    last_submission_attempt_time: Time | None = None
    """When the application was last submitted."""
    termination_time: Time | None = None
    """When the application ended."""
    conditions: tuple[Condition, ...] = ()
    """Accepted, Submitted, Running, Completed."""
    observed_generation: Int = 0
    """The generation of the spec that the status is about."""
    attempt: Int = 0
    """The number of the latest attempt; 0 before the first."""
    attempts: tuple[AttemptRecord, ...] = ()
    """The last 10 attempts, the newest last."""
    retries: Retries = Retries()
    """What is held against the application's budgets."""

    @property
    def state(self) -> State:
        """Short for `application_state.state`."""
        return self.application_state.state

    def condition(self, type_: ConditionType) -> Condition | None:
        """The condition of that type, where there is one."""
        return next((entry for entry in self.conditions if entry.type == type_), None)


def status_document(status: ApplicationStatus) -> dict[str, Any]:
    """The status as JSON data, as it is stored: what is not known is left out.

    Before there is a state, `applicationState` is left out too: clients take an empty one for
    started, and a missing one for submitted. `driverInfo` is always there, because the well-known
    CRD requires it.
    """
    document = status.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    document.setdefault("driverInfo", {})
    return document
