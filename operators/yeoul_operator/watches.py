"""The watches of pods and of what outlives attempts; only what we launched is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from yeoul_operator.build import labels
from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.kinds import PODS, Key, Object
from yeoul_operator.kube.watch import Reflector
from yeoul_operator.reconcile.facts import PodFacts, Role, project_pod
from yeoul_operator.reconcile.lasting import ChildFacts, project_child
from yeoul_operator.reconcile.reconcile import WATCHED

_LAUNCHED = f"{labels.LAUNCHED}=true"
Changed = Callable[[Key], None]


@dataclass(frozen=True, slots=True)
class Watches:
    """Drivers and executors apart, so that a thousand executors do not hold up a driver."""

    drivers: Reflector[PodFacts]
    executors: Reflector[PodFacts]
    lasting: tuple[Reflector[ChildFacts], ...]

    @classmethod
    def of(
        cls,
        kube: Kube,
        namespaces: Sequence[str],
        rng: Random,
        driver_changed: Changed,
        other_changed: Changed,
    ) -> "Watches":
        """Return watches that have yet to run; `changed` is called with `Caches.label_key`."""

        def pods(role: Role, changed: Changed) -> Reflector[PodFacts]:
            selector = f"{_LAUNCHED},{labels.ROLE}={role}"
            return reflector(kube, PODS, _facts, changed, selector)

        def reflector(
            kube: Kube, kind: Any, project: Any, changed: Changed, selector: str
        ) -> Reflector[Any]:
            return Reflector(
                kube,
                kind,
                project,
                changed,
                selector=selector,
                namespaces=namespaces,
                index=_label_of,
                rng=rng,
            )

        ours = f"{_LAUNCHED},app.kubernetes.io/managed-by={labels.MANAGER}"
        return cls(
            pods(Role.DRIVER, driver_changed),
            pods(Role.EXECUTOR, other_changed),
            tuple(
                reflector(kube, kind, partial(project_child, kind=kind), other_changed, ours)
                for kind in WATCHED
            ),
        )

    def by_name(self) -> dict[str, Reflector[Any]]:
        """Return all of them, by what they watch."""
        lasting = {kind.plural: one for kind, one in zip(WATCHED, self.lasting, strict=True)}
        return {"drivers": self.drivers, "executors": self.executors, **lasting}


def _facts(raw: Object) -> PodFacts:
    facts = project_pod(raw)
    if facts is None:
        raise ValueError("the selector lets no other pods through")
    return facts


def _label_of(one: PodFacts | ChildFacts) -> Key:
    return one.namespace, one.app_name
