"""Lives of applications: generators that act as users and nodes do, and yield their waits."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bed import stages
from bed.api import Api
from bed.proxy import FaultyProxy
from fix_operator import SPARK, Applications, Object, driver

Step = tuple[str, Callable[[], object]]
"""What is waited for: in words, and the look that tells whether it is so."""
Life = Callable[["Ground"], Iterator[Step]]

# KWOK leaves these pods alone: the life says when they run and how they end.
BY_HAND = driver(**{stages.PHASE: stages.BY_TEST})
LAUNCHED = "sparkoperator.k8s.io/launched-by-spark-operator=true"
_DRIVER = "spark-kubernetes-driver"


@contextmanager
def own_namespace(api: Api) -> Iterator[str]:
    """A namespace for the block, deleted after it."""
    name = f"t-{uuid.uuid4().hex[:12]}"
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    api.delete("Namespace", None, name)


@dataclass(frozen=True, slots=True)
class Ground:
    """A namespace in which a life takes place, and the hands of users and nodes."""

    api: Api
    namespace: str
    proxy: FaultyProxy

    @property
    def applications(self) -> Applications:
        """The applications of the namespace."""
        return Applications(self.api, self.namespace)

    def is_in(self, state: str, name: str = "pi") -> Step:
        """Wait for a state."""
        return f"{name} is {state}", lambda: self.applications.state(name) == state

    def has_placed(self, attempt: int, name: str = "pi") -> Step:
        """Wait until the driver pod of an attempt has a node."""

        def look() -> bool:
            pod = self.applications.pod(f"{name}-driver")
            if pod is None or "deletionTimestamp" in pod["metadata"]:
                return False
            mine = pod["metadata"]["labels"]["yeoul.dev/attempt"] == str(attempt)
            return mine and bool(pod["spec"].get("nodeName"))

        return f"driver of attempt {attempt} of {name} on a node", look

    def is_in_with(self, state: str, attempt: int, name: str = "pi") -> Step:
        """Wait for the state of an attempt."""

        def look() -> bool:
            status = self.applications.status(name)
            is_state = (status.get("applicationState") or {}).get("state") == state
            return is_state and status.get("attempt") == attempt

        return f"attempt {attempt} of {name} is {state}", look

    def is_served(self, name: str = "pi") -> Step:
        """Wait until its web interface can be reached; that is made when nothing else waits."""

        def look() -> bool:
            info = self.applications.status(name).get("driverInfo", {})
            made = (("Service", "webUIServiceName"), ("Ingress", "webUIIngressName"))
            return all(
                key in info and self.api.get(kind, self.namespace, info[key]) for kind, key in made
            )

        return f"{name} is served", look

    def is_gone(self, name: str = "pi") -> Step:
        """Wait until the application and all that came of it is gone."""

        def look() -> bool:
            kinds = ("Pod", "Service", "ConfigMap", "Ingress")
            return self.api.get(SPARK, self.namespace, name) is None and not any(
                self.api.list(kind, self.namespace, LAUNCHED) for kind in kinds
            )

        return f"nothing is left of {name}", look

    def run_driver(self, name: str = "pi") -> None:
        """The node says that the driver runs."""
        state = {"running": {"startedAt": _now()}}
        self._say(name, "Running", state, ready=True)

    def end_driver(self, exit_code: int, name: str = "pi") -> None:
        """The node says that the driver has ended."""
        reason = "Error" if exit_code else "Completed"
        ended = {"exitCode": exit_code, "reason": reason, "finishedAt": _now()}
        phase = "Failed" if exit_code else "Succeeded"
        self._say(name, phase, {"terminated": ended}, ready=False)

    def _say(self, name: str, phase: str, state: Object, *, ready: bool) -> None:
        status = {
            "phase": phase,
            "startTime": _now(),
            "containerStatuses": [
                {
                    "name": _DRIVER,
                    "image": "spark",
                    "imageID": "",
                    "restartCount": 0,
                    "ready": ready,
                    "state": state,
                }
            ],
        }
        self.api.patch("Pod", self.namespace, f"{name}-driver", {"status": status}, "status")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# The lives


def completes_and_expires(ground: Ground) -> Iterator[Step]:
    """To COMPLETED, and away when its time is up."""
    yield from by_hand(ground)
    ground.end_driver(0)
    yield ground.is_in("COMPLETED")
    ground.applications.patch({"spec": {"timeToLiveSeconds": 1}})
    yield ground.is_gone()


def fails_and_is_retried(ground: Ground) -> Iterator[Step]:
    """Two attempts, both in vain."""
    policy = {"type": "OnFailure", "onFailureRetries": 1, "onFailureRetryInterval": 1}
    yield from by_hand(ground, restartPolicy=policy)
    ground.end_driver(3)
    yield ground.has_placed(2)
    ground.run_driver()
    yield ground.is_in_with("RUNNING", 2)
    ground.end_driver(4)
    yield ground.is_in("FAILED")


def is_edited(ground: Ground) -> Iterator[Step]:
    """A new spec, hence another driver; then deleted while it runs."""
    yield from by_hand(ground)
    ground.applications.patch({"spec": {"arguments": ["1000"]}})
    yield ground.has_placed(2)
    ground.run_driver()
    yield ground.is_in_with("RUNNING", 2)
    ground.api.delete(SPARK, ground.namespace, "pi")
    yield ground.is_gone()


def is_suspended_and_restarted(ground: Ground) -> Iterator[Step]:
    """Held, let go, asked to start anew by the annotation, and completed."""
    yield from by_hand(ground)
    ground.applications.patch({"spec": {"suspend": True}})
    yield ground.is_in("SUSPENDED")
    ground.applications.patch({"spec": {"suspend": False}})
    yield ground.has_placed(2)
    ground.run_driver()
    yield ground.is_in_with("RUNNING", 2)
    asked = {"yeoul.dev/restartedAt": "2026-01-01T00:00:00Z"}
    ground.applications.patch({"metadata": {"annotations": asked}})
    yield ground.has_placed(3)
    ground.run_driver()
    yield ground.is_in_with("RUNNING", 3)
    ground.end_driver(0)
    yield ground.is_in("COMPLETED")


def by_hand(ground: Ground, *, is_told: bool = True, **spec: Any) -> Iterator[Step]:
    """A first attempt that runs; without `is_told` only its application is made."""
    ground.applications.create(driver=BY_HAND, **spec)
    if not is_told:
        return
    yield ground.has_placed(1)
    # Nothing comes between, so that the number of writes is the same in each run.
    yield ground.is_in_with("SUBMITTED", 1)
    ground.run_driver()
    yield ground.is_in_with("RUNNING", 1)
    yield ground.is_served()


LIVES: dict[str, Life] = {
    "completes": completes_and_expires,
    "is retried": fails_and_is_retried,
    "is edited": is_edited,
    "is suspended": is_suspended_and_restarted,
}
