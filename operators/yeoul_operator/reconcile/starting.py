"""What keeps a driver from starting, and what to do about it. Pure."""

from collections.abc import Sequence

from yeoul_operator.api.status import Outcome
from yeoul_operator.reconcile.classify import Verdict, said
from yeoul_operator.reconcile.facts import PodFacts

# What never heals while the pod stays as it is: waiting for the time-out would be for nothing.
_HOPELESS = {"InvalidImageName", "ErrImageNeverPull"}
_IMAGE = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}
_CONFIG = {"CreateContainerConfigError", "CreateContainerError"}


def is_hopeless(pod: PodFacts) -> bool:
    """Whether a pod that has not started never will."""
    return pod.waiting_reason in _HOPELESS


def classify_start(pod: PodFacts, waited_s: float, warnings: Sequence[str] = ()) -> Verdict:
    """Return the verdict on a driver pod that has not started within the time it is given.

    `warnings` are the messages of the pod's Warning events, newest last: only they name a
    ConfigMap or Secret whose volume cannot be mounted.
    """
    reason, what = start_problem(pod, warnings)
    after = f"within {waited_s:.0f} s" if not is_hopeless(pod) else "at all"
    return Verdict(
        Outcome.APPLICATION_FAILURE,
        reason,
        f"driver pod {pod.name} did not start {after}: {what}",
    )


def start_problem(pod: PodFacts, warnings: Sequence[str] = ()) -> tuple[str, str]:
    """Return (reason, sentence with remedy) of what keeps a pod from starting."""
    if pod.waiting_reason in _IMAGE:
        return "ImageNotFound", (
            f"its image cannot be pulled (container {pod.waiting_container}, "
            f"{pod.waiting_reason}){said(pod.waiting_message)} "
            "Correct spec.image or spec.driver.image, or name the registry's secret in "
            "spec.imagePullSecrets."
        )
    if pod.waiting_reason in _CONFIG:
        return "MissingReference", (
            f"container {pod.waiting_container} cannot be set up "
            f"({pod.waiting_reason}){said(pod.waiting_message)} "
            "Create the ConfigMap, Secret or key that it names, or correct the reference."
        )
    if pod.waiting_reason == "CrashLoopBackOff":
        return "InitContainerFailed", (
            f"container {pod.waiting_container} fails again and again{said(pod.waiting_message)}"
        )
    if pod.unschedulable:
        return "Unschedulable", (
            f"no node can take it{said(pod.unschedulable)} "
            "Lower spec.driver.memory or cores, correct nodeSelector, affinity or tolerations, "
            "or add nodes."
        )
    mounts = [text for text in warnings if "MountVolume" in text or "not found" in text]
    if mounts:
        return "MissingReference", (
            f"a volume cannot be mounted{said(mounts[-1])} "
            "Create the ConfigMap, Secret or claim that it names, or correct the reference."
        )
    words = warnings[-1] if warnings else pod.waiting_message
    where = f"it is on node {pod.node}" if pod.node else "it has not been given a node"
    return "StartTimeout", (
        f"{where}{said(words)} Look at `kubectl describe pod -n {pod.namespace} {pod.name}`."
    )
