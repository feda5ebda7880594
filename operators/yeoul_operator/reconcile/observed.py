"""What a decision is taken from, and what can be decided: facts in, one step out."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from yeoul_operator.api.application import SparkApplication
from yeoul_operator.api.status import ApplicationStatus
from yeoul_operator.build.inputs import Attempt
from yeoul_operator.reconcile.facts import PodFacts
from yeoul_stream.pipeline import Problem


class Need(StrEnum):
    """What must be read from the API server, past all caches, before the decision is taken."""

    CONFIRM = "confirm"
    """The application and its driver pod as they are now."""
    LOG = "log"
    """The end of the driver's log."""
    WARNINGS = "warnings"
    """The driver pod's Warning events."""


class RefusalKind(StrEnum):
    """Why an attempt's objects could not be created. REJECTED: and cannot as they are."""

    QUOTA = "QuotaExceeded"
    FORBIDDEN = "SubmissionForbidden"
    NAME_TAKEN = "PodNameTaken"
    REJECTED = "SubmissionRejected"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The API server's no to an attempt's objects, in a sentence with a remedy."""

    kind: RefusalKind
    message: str


@dataclass(frozen=True, slots=True)
class Serving:
    """What was made to reach the driver's web interface."""

    service: str = ""
    address: str = ""
    port: int = 0
    ingress: str = ""
    ingress_address: str = ""


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything a decision depends on."""

    app: SparkApplication
    spec_hash: str
    problems: tuple[Problem, ...] = ()
    drivers: tuple[PodFacts, ...] = ()
    """Driver pods that this very application owns."""
    executors: tuple[PodFacts, ...] = ()
    """Executor pods of the current attempt."""
    is_confirmed: bool = False
    """Whether all this was read from the API server in this turn, or nobody else can know more."""
    is_served: bool = True
    """Whether what outlives attempts (service, Ingress, budget) stands as the spec has it."""
    completed: str = ""
    """The submission whose other children are known to exist."""
    serving: Serving | None = None
    """None: not known in this turn; what the status says stays."""
    refusal: Refusal | None = None
    """What the API server has said in this turn to the attempt's objects."""
    log_tail: str | None = None
    warnings: tuple[str, ...] | None = None
    pending_s: float = float("inf")
    """Seconds for which this process has seen the driver wait for its start."""
    quiet_s: float = float("inf")
    """Seconds since this process last wrote the application's status."""

    @property
    def status(self) -> ApplicationStatus:
        """The status as it is stored."""
        return self.app.status


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do, for `seconds` or (None) until something happens."""

    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """Read that first, then decide again."""

    need: Need


@dataclass(frozen=True, slots=True)
class CreateDriver:
    """Create the attempt's driver pod."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class CompleteChildren:
    """Create what belongs to an attempt besides its driver pod."""

    attempt: Attempt
    pod: PodFacts


@dataclass(frozen=True, slots=True)
class Serve:
    """Bring service, Ingress and disruption budget to what the spec says."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class DeletePod:
    """Delete that very pod."""

    pod: PodFacts


@dataclass(frozen=True, slots=True)
class DeleteApplication:
    """Delete the application, whose time to live is over."""

    ended_at: datetime


@dataclass(frozen=True, slots=True)
class WriteStatus:
    """Store the status."""

    status: ApplicationStatus


Step = (
    Wait
    | Look
    | CreateDriver
    | CompleteChildren
    | Serve
    | DeletePod
    | DeleteApplication
    | WriteStatus
)

AT_ONCE = Wait(0.0)


@dataclass(frozen=True, slots=True)
class Course:
    """The status that should stand, and what follows once it does."""

    status: ApplicationStatus
    then: Step = AT_ONCE
