"""Which drivers are given up because their node is: the sinks refuse them if they still run. Pure.

A node that does not answer may still run its pods. Kubernetes therefore keeps such a pod, and its
name, until somebody vouches that it has ended. Here nobody needs to: a new driver claims a newer
epoch, under which no sink takes anything from the old one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Driver(Protocol):
    """What of a driver pod counts here."""

    @property
    def node(self) -> str:
        """Return the node's name; empty while it has none."""

    @property
    def is_ended(self) -> bool:
        """Whether its container has come to its end."""


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """A node; `is_ready` is what its kubelet, or the lack of one, says."""

    name: str
    is_ready: bool


def project_node(raw: Mapping[str, Any]) -> NodeFacts:
    """Return what of a node counts here. A status that nobody renews any more is Unknown."""
    conditions = (raw.get("status") or {}).get("conditions") or ()
    is_ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return NodeFacts(raw["metadata"]["name"], is_ready)


@dataclass(frozen=True, slots=True)
class Unready:
    """Since when nodes have not been ready, in monotonic seconds as this process saw it.

    The times in a node's status are those of other clocks.
    """

    since: Mapping[str, float]

    def follow(self, node: str, facts: NodeFacts | None, moment: float) -> Unready:
        """Return what is known after a change of a node; None: it is gone, its pods go too."""
        if facts is None or facts.is_ready:
            return Unready({name: at for name, at in self.since.items() if name != node})
        return Unready({node: moment, **self.since})

    def due_in(self, driver: Driver, after: float, moment: float) -> float | None:
        """Return in how many seconds a driver is to be given up (0: now; None: it is not)."""
        since = self.since.get(driver.node)
        if since is None or driver.is_ended or not driver.node:
            return None
        return max(0.0, since + after - moment)

    def first_due(self, drivers: Iterable[Driver], after: float, moment: float) -> float | None:
        """Return in how many seconds the first of them is due."""
        dues = [self.due_in(driver, after, moment) for driver in drivers]
        return min((due for due in dues if due is not None), default=None)
