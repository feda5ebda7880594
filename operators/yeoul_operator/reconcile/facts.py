"""What the operator remembers of a pod: a slim projection, taken once, at the edge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from sys import intern
from typing import Any

from yeoul_operator.api.meta import RESTARTED_AT

DRIVER_CONTAINER = "spark-kubernetes-driver"
LABEL_APP_NAME = "sparkoperator.k8s.io/app-name"
LABEL_SUBMISSION = "sparkoperator.k8s.io/submission-id"
LABEL_SPARK_APP = "spark-app-selector"
LABEL_ROLE = "spark-role"
LABEL_ATTEMPT = "yeoul.dev/attempt"
LABEL_EXECUTOR_ID = "spark-exec-id"
LABEL_REVISION = "yeoul.dev/revision"
# Stamped on the driver pod when it is created; what it says holds for the attempt's whole life.
NOTE_INPUTS = "yeoul.dev/inputs"
NOTE_GENERATION = "yeoul.dev/generation"


class Role(StrEnum):
    """What a pod is in a Spark application."""

    DRIVER = "driver"
    EXECUTOR = "executor"


class Phase(StrEnum):
    """The pod's phase; `Unknown` is what a node that does not answer leaves behind."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a container came to its end."""

    container: str
    exit_code: int
    reason: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PodFacts:
    """A driver or executor pod. Times are aware; empty strings mean that nothing is said."""

    namespace: str
    name: str
    uid: str
    resource_version: int = field(compare=False)
    role: Role
    app_name: str
    submission_id: str
    owner_uid: str
    owner_name: str
    created_at: datetime
    spark_app_id: str = ""
    attempt: int = 0
    executor_id: int = 0
    inputs: str = ""
    restarted_at: str = ""
    generation: int = 0
    phase: Phase = Phase.PENDING
    node: str = ""
    started_at: datetime | None = None
    ending: Ending | None = None
    is_waiting: bool = False
    waiting_container: str = ""
    waiting_reason: str = ""
    waiting_message: str = ""
    pod_reason: str = ""
    pod_message: str = ""
    unschedulable: str = ""
    disruption: str = ""
    disruption_message: str = ""
    deletion_asked_at: datetime | None = None
    is_unreachable: bool = False
    ip: str = ""
    revision: str = ""

    @property
    def is_ended(self) -> bool:
        """Whether the container that matters has come to its end, sidecars or not."""
        return self.phase in (Phase.SUCCEEDED, Phase.FAILED) or (
            self.ending is not None and self.ending.container == DRIVER_CONTAINER
        )

    @property
    def is_running(self) -> bool:
        """Whether the container that matters runs now."""
        return self.phase is Phase.RUNNING and not self.is_waiting and not self.is_ended

    @property
    def is_terminating(self) -> bool:
        """Whether somebody has asked for its deletion."""
        return self.deletion_asked_at is not None

    @property
    def finished_at(self) -> datetime | None:
        """When its container ended, as far as the kubelet says."""
        return self.ending.finished_at if self.ending else None


def project_pod(raw: Mapping[str, Any]) -> PodFacts | None:
    """Return the facts of a driver's or an executor's pod; None for a pod that is neither."""
    metadata = raw["metadata"]
    labels: Mapping[str, str] = metadata.get("labels") or {}
    role = labels.get(LABEL_ROLE)
    if role not in (Role.DRIVER, Role.EXECUTOR):
        return None
    notes: Mapping[str, str] = metadata.get("annotations") or {}
    owner = controller_of(metadata)
    return PodFacts(
        namespace=intern(metadata["namespace"]),
        name=metadata["name"],
        uid=metadata["uid"],
        resource_version=int(metadata.get("resourceVersion") or 0),
        role=Role(role),
        app_name=intern(labels.get(LABEL_APP_NAME, "")),
        submission_id=intern(labels.get(LABEL_SUBMISSION, "")),
        owner_uid=intern(owner.get("uid", "")),
        owner_name=intern(owner.get("name", "")),
        created_at=_time(metadata["creationTimestamp"]),
        spark_app_id=intern(labels.get(LABEL_SPARK_APP, "")),
        attempt=_number(labels.get(LABEL_ATTEMPT)),
        executor_id=_number(labels.get(LABEL_EXECUTOR_ID)),
        # Only drivers are asked for anything, and there are ten times as many executors.
        ip=(raw.get("status") or {}).get("podIP", "") if role == Role.DRIVER else "",
        revision=intern(labels.get(LABEL_REVISION, "")),
        inputs=notes.get(NOTE_INPUTS, ""),
        restarted_at=notes.get(RESTARTED_AT, ""),
        generation=_number(notes.get(NOTE_GENERATION)),
        deletion_asked_at=_deletion_asked_at(metadata),
        **_state(raw, Role(role)),
    )


def _state(raw: Mapping[str, Any], role: Role) -> dict[str, Any]:
    """Return what `status` says."""
    status: Mapping[str, Any] = raw.get("status") or {}
    conditions = {each["type"]: each for each in status.get("conditions") or ()}
    scheduled, ready = conditions.get("PodScheduled", {}), conditions.get("Ready", {})
    disrupted = conditions.get("DisruptionTarget", {})
    is_disrupted = disrupted.get("status") == "True"
    return {
        "phase": Phase(status.get("phase") or Phase.PENDING),
        "node": intern((raw.get("spec") or {}).get("nodeName") or ""),
        "pod_reason": intern(status.get("reason") or ""),
        "pod_message": status.get("message") or "",
        "unschedulable": scheduled.get("message", "") or scheduled.get("reason", "")
        if scheduled.get("status") == "False"
        else "",
        "disruption": intern(disrupted.get("reason") or "") if is_disrupted else "",
        "disruption_message": disrupted.get("message") or "" if is_disrupted else "",
        "is_unreachable": status.get("reason") == "NodeLost" or _is_written_off(status, ready),
        **_containers(status, role),
    }


def _is_written_off(status: Mapping[str, Any], ready: Mapping[str, Any]) -> bool:
    """Whether the control plane has said "not ready" of a pod whose node is silent.

    A kubelet gives a reason when it says so; the control plane, which knows none, does not.
    https://github.com/kubernetes/kubernetes/blob/v1.35.0/pkg/controller/util/node/controller_utils.go
    """
    is_running = status.get("phase") == Phase.RUNNING
    return is_running and ready.get("status") == "False" and not ready.get("reason")


def _containers(status: Mapping[str, Any], role: Role) -> dict[str, Any]:
    """Return the main container's state, or that of an init container which stands in its way."""
    statuses: Sequence[Mapping[str, Any]] = status.get("containerStatuses") or ()
    main = next((each for each in statuses if each["name"] == DRIVER_CONTAINER), None)
    if main is None and statuses and (role is Role.EXECUTOR or len(statuses) == 1):
        main = statuses[0]
    inits: Sequence[Mapping[str, Any]] = status.get("initContainerStatuses") or ()
    blocking = next((each for each in inits if _blocks(each)), None)
    state: Mapping[str, Any] = (main or {}).get("state") or {}
    shown = blocking if blocking is not None and "running" not in state else main
    shown_state: Mapping[str, Any] = (shown or {}).get("state") or {}
    waiting: Mapping[str, Any] = shown_state.get("waiting") or {}
    running: Mapping[str, Any] = state.get("running") or {}
    ending = _ending(shown)
    return {
        "is_waiting": "waiting" in state,
        "waiting_container": intern((shown or {}).get("name", "")) if waiting else "",
        "waiting_reason": intern(waiting.get("reason") or ""),
        "waiting_message": waiting.get("message") or "",
        "started_at": _maybe_time(running.get("startedAt"))
        or (ending.started_at if ending and shown is main else None),
        "ending": ending,
    }


def _blocks(init: Mapping[str, Any]) -> bool:
    """Whether an init container has failed, or waits for something of its own."""
    state = init.get("state") or {}
    failed = (state.get("terminated") or {}).get("exitCode", 0) != 0
    waits = (state.get("waiting") or {}).get("reason") not in (None, "PodInitializing")
    return failed or waits


def _ending(container: Mapping[str, Any] | None) -> Ending | None:
    ended = ((container or {}).get("state") or {}).get("terminated")
    if container is None or not ended:
        return None
    return Ending(
        container=intern(container["name"]),
        exit_code=int(ended.get("exitCode", 0)),
        reason=intern(ended.get("reason") or ""),
        message=ended.get("message") or "",
        started_at=_maybe_time(ended.get("startedAt")),
        finished_at=_maybe_time(ended.get("finishedAt")),
    )


def controller_of(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the owner in charge; the first where none is marked."""
    owners: Sequence[Mapping[str, Any]] = metadata.get("ownerReferences") or ()
    in_charge = next((each for each in owners if each.get("controller")), None)
    return in_charge or (owners[0] if owners else {})


def _deletion_asked_at(metadata: Mapping[str, Any]) -> datetime | None:
    """`deletionTimestamp` is when the grace period ends, not when deletion was asked for."""
    ends_at = _maybe_time(metadata.get("deletionTimestamp"))
    if ends_at is None:
        return None
    return ends_at - timedelta(seconds=metadata.get("deletionGracePeriodSeconds") or 0)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _maybe_time(text: str | None) -> datetime | None:
    return _time(text) if text else None


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
