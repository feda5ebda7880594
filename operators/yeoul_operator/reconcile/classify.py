"""How an attempt ended, whose failure it was, and what to do about it. Pure."""

import re
from dataclasses import dataclass

from yeoul_operator.api.status import Outcome
from yeoul_operator.reconcile.facts import DRIVER_CONTAINER, Ending, Phase, PodFacts


@dataclass(frozen=True, slots=True)
class Verdict:
    """An attempt's end: `reason` in CamelCase for machines, `message` for people."""

    outcome: Outcome
    reason: str
    message: str
    exit_code: int | None = None

    @property
    def is_failure(self) -> bool:
        """Whether it went wrong, by whomever's fault."""
        return self.outcome in _FAILURES


_FAILURES = (
    Outcome.APPLICATION_FAILURE,
    Outcome.INFRASTRUCTURE_FAILURE,
    Outcome.SUBMISSION_FAILURE,
)

SUCCESS = Verdict(Outcome.SUCCEEDED, "Completed", "", 0)

# Reasons of the DisruptionTarget condition, all but the kubelet's own.
# https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
_DISRUPTIONS = {
    "PreemptionByScheduler": "a pod of higher priority took its place",
    "DeletionByTaintManager": "its node got a taint that it does not tolerate",
    "EvictionByEvictionAPI": "it was evicted, as a drain of the node does",
    "DeletionByPodGC": "its node is gone",
}
# Reasons of a failed pod's status that the node gives, not the application.
_NODE_REASONS = {
    "NodeLost": "its node stopped answering",
    "NodeShutdown": "its node was shut down",
    "Terminated": "its node was shut down",
    "Shutdown": "its node was shut down",
    "Preempting": "a critical pod took its place",
    "NodeAffinity": "its node no longer matches the affinity after a restart of the kubelet",
    "OutOfcpu": "the node had no CPU left for it",
    "OutOfmemory": "the node had no memory left for it",
    "OutOfpods": "the node had no room for another pod",
    "UnexpectedAdmissionError": "the node refused it",
    "Evicted": "the node ran short of resources",
}
# The kubelet's sentences when a pod outgrew its own limits, which is the application's doing.
# https://github.com/kubernetes/kubernetes/blob/v1.35.0/pkg/kubelet/eviction/eviction_manager.go
_OWN_LIMIT = re.compile(r"exceeds the (total )?limit|exceeded its local ephemeral storage")
_SIGNALS = {6: "SIGABRT", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM"}


def classify(pod: PodFacts) -> Verdict:
    """Return how the attempt of an ended driver pod came out."""
    if _ended_before_deletion(pod):
        if pod.phase is Phase.SUCCEEDED or (pod.ending and pod.ending.exit_code == 0):
            return SUCCESS
        disrupted = _disruption(pod)
        if disrupted:
            return disrupted
        return _application(pod)
    return _disruption(pod) or _deleted(pod)


def classify_gone(pod_name: str, node: str = "") -> Verdict:
    """Return the verdict on a driver pod that is no longer there and was never seen to end."""
    where = f" on node {node}" if node else ""
    return Verdict(
        Outcome.INFRASTRUCTURE_FAILURE,
        "DriverPodGone",
        f"driver pod {pod_name}{where} was deleted, or lost with its node, before it ended. "
        "Look for who deleted it in the audit log and the node's events.",
    )


def _ended_before_deletion(pod: PodFacts) -> bool:
    """An end that came after somebody asked for the pod's deletion is the deletion's doing."""
    if pod.deletion_asked_at is None:
        return True
    return pod.finished_at is not None and pod.finished_at < pod.deletion_asked_at


def _disruption(pod: PodFacts) -> Verdict | None:
    why = _DISRUPTIONS.get(pod.disruption)
    reason, words = pod.disruption, pod.disruption_message
    if why is None and pod.phase is Phase.FAILED:
        why, reason, words = _NODE_REASONS.get(pod.pod_reason), pod.pod_reason, pod.pod_message
        if why and _OWN_LIMIT.search(words):
            return None
    if why is None:
        return None
    return Verdict(
        Outcome.INFRASTRUCTURE_FAILURE,
        reason,
        f"driver pod {pod.name} was taken away{_on(pod)}: {why}{said(words)}",
        pod.ending.exit_code if pod.ending else None,
    )


def _deleted(pod: PodFacts) -> Verdict:
    return Verdict(
        Outcome.INFRASTRUCTURE_FAILURE,
        "DriverPodDeleted",
        f"driver pod {pod.name}{_on(pod)} was deleted while it ran, not by the operator. "
        "To stop an application, set spec.suspend or delete the SparkApplication.",
        pod.ending.exit_code if pod.ending else None,
    )


def _application(pod: PodFacts) -> Verdict:
    """Return the verdict on an end that nobody else is to blame for."""
    failure = Outcome.APPLICATION_FAILURE
    ending = pod.ending
    if pod.pod_reason == "Evicted":
        return Verdict(
            failure,
            "ExceededStorage",
            f"driver pod {pod.name} used more local storage than it may{said(pod.pod_message)} "
            "Raise its ephemeral-storage limit or the volume's sizeLimit, or write less.",
        )
    if pod.pod_reason == "DeadlineExceeded":
        return Verdict(
            failure,
            "DeadlineExceeded",
            f"driver pod {pod.name} ran longer than activeDeadlineSeconds in spec.driver.template.",
        )
    if ending is None:
        return Verdict(
            failure,
            pod.pod_reason or "DriverPodFailed",
            f"driver pod {pod.name} failed{said(pod.pod_message or pod.pod_reason)}",
        )
    if ending.container != DRIVER_CONTAINER:
        return Verdict(
            failure,
            "InitContainerFailed",
            f"init container {ending.container} of driver pod {pod.name} "
            f"ended with exit code {ending.exit_code}{said(ending.message)}",
            ending.exit_code,
        )
    return _driver_container(pod, ending)


def _driver_container(pod: PodFacts, ending: Ending) -> Verdict:
    """Return the verdict on the driver's own exit code."""
    failure, code = Outcome.APPLICATION_FAILURE, ending.exit_code
    if ending.reason == "OOMKilled":
        return Verdict(
            failure,
            "OOMKilled",
            f"driver pod {pod.name} needed more memory than its limit and was killed "
            f"(exit code {code}). Raise spec.driver.memory for the JVM's heap, or "
            "spec.driver.memoryOverhead for Python and other memory outside of it.",
            code,
        )
    if ending.reason in ("ContainerCannotRun", "StartError"):
        return Verdict(
            failure,
            ending.reason,
            f"the container of driver pod {pod.name} could not be started{said(ending.message)} "
            "The image must be a Spark image with /opt/entrypoint.sh.",
            code,
        )
    if code > 128 and code - 128 in _SIGNALS:
        return Verdict(
            failure,
            "KilledBySignal",
            f"driver pod {pod.name} ended with exit code {code} "
            f"({_SIGNALS[code - 128]}){_hint(code)}{said(ending.message)}",
            code,
        )
    return Verdict(
        failure,
        "ExitCode",
        f"driver pod {pod.name} ended with exit code {code}{said(ending.message)} "
        "The end of its log says why.",
        code,
    )


def _hint(code: int) -> str:
    return ", which the node does to a process that outgrows its memory" if code == 137 else ""


def _on(pod: PodFacts) -> str:
    return f" on node {pod.node}" if pod.node else ""


def said(text: str) -> str:
    """Return what somebody said as the end of a sentence: `: it said so.`, or a full stop."""
    text = text.strip()
    return f": {text if text.endswith('.') else text + '.'}" if text else "."
