"""Everything held in memory between turns. All of it can be lost: the API server has it all."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from yeoul_operator.build import names
from yeoul_operator.kube.kinds import Key
from yeoul_operator.reconcile.facts import Phase, PodFacts
from yeoul_operator.reconcile.lasting import ChildFacts
from yeoul_operator.reconcile.read import Judged
from yeoul_operator.reconcile.recent import KEPT_S, Recent
from yeoul_operator.reconcile.store import Applications

T_co = TypeVar("T_co", covariant=True)
_DELETING_S = 30.0


class Watched(Protocol[T_co]):
    """What a watch holds, by the key that its index gives: here `Caches.label_key`."""

    def by_index(self, owner: Key) -> Sequence[T_co]:
        """Return what belongs to the key."""


@dataclass(frozen=True, slots=True)
class Served:
    """What was last made to outlive attempts: for which attempt and spec, and which objects."""

    submission_id: str
    generation: int
    children: frozenset[tuple[str, str, str]]


def label_key(key: Key) -> Key:
    """Return (namespace, value of the application's label) of an application.

    A label is shorter than a name may be, so objects are found by what the label can hold.
    """
    return key[0], names.label_value(key[1])


class Caches:
    """Applications, pods and lasting children, with our own writes laid over them."""

    def __init__(
        self,
        drivers: Watched[PodFacts],
        executors: Watched[PodFacts],
        lasting: Sequence[Watched[ChildFacts]],
        monotonic: Callable[[], float],
    ) -> None:
        self.applications = Applications()
        self.pods: Recent[PodFacts] = Recent(monotonic)
        self.children: Recent[ChildFacts] = Recent(monotonic)
        self.served: dict[Key, Served] = {}
        self.to_serve: set[Key] = set()
        """Whose next turn is to see to what outlives attempts, unless something changes first."""
        self.judged: dict[Key, Judged] = {}
        self._drivers = drivers
        self._executors = executors
        self._lasting = lasting
        self._monotonic = monotonic
        self._wrote: dict[Key, float] = {}
        self._deleting: dict[str, float] = {}
        self._cut: dict[Key, Key] = {}
        self._pending: dict[Key, tuple[str, float]] = {}

    def named(self, key: Key) -> None:
        """Learn the name behind a label that cannot hold it."""
        label = label_key(key)
        if label != key:
            self._cut[label] = key

    def application_of(self, label: Key) -> Key | None:
        """Return the application that a label stands for."""
        if self.applications.get(label) is not None:
            return label
        return self._cut.get(label)

    def forget(self, key: Key) -> None:
        """Drop what is known of an application that is gone."""
        self._wrote.pop(key, None)
        self.served.pop(key, None)
        self.to_serve.discard(key)
        self.judged.pop(key, None)
        self._cut.pop(label_key(key), None)
        self._pending.pop(key, None)
        self.pods.drop(label_key(key))
        self.children.drop(label_key(key))

    def has_driver(self, key: Key) -> bool:
        """Whether a driver pod is known; cheap."""
        return bool(self._drivers.by_index(label_key(key)))

    def drivers_of(self, key: Key, uid: str) -> tuple[PodFacts, ...]:
        """Return the driver pods that this very application owns."""
        label = label_key(key)
        pods = self.pods.over(label, self._drivers.by_index(label))
        return tuple(self._as_deleted(pod) for pod in pods if pod.owner_uid == uid)

    def executors_of(self, key: Key, submission_id: str) -> tuple[PodFacts, ...]:
        """Return the executor pods of a submission."""
        watched = self._executors.by_index(label_key(key))
        return tuple(pod for pod in watched if pod.submission_id == submission_id)

    def lasting_of(self, key: Key) -> tuple[ChildFacts, ...]:
        """Return what outlives attempts, as far as it is watched."""
        label = label_key(key)
        watched: Iterable[ChildFacts] = (
            one for each in self._lasting for one in each.by_index(label)
        )
        return self.children.over(label, watched)

    def is_served(self, key: Key, submission_id: str, generation: int) -> bool:
        """Whether what should outlive attempts is there as it was made."""
        served = self.served.get(key)
        if served is None:
            return False
        if (served.submission_id, served.generation) != (submission_id, generation):
            return False
        if not served.children:
            return True
        there = {(one.kind, one.name, one.digest) for one in self.lasting_of(key)}
        return served.children <= there

    def pending_s(self, key: Key, pod: PodFacts | None) -> float:
        """Return for how long this process has seen that driver pod wait for its start.

        The API server's clock and ours may differ by more than a pod is waited for.
        """
        if pod is None or pod.phase is not Phase.PENDING:
            self._pending.pop(key, None)
            return 0.0
        uid, since = self._pending.get(key, ("", 0.0))
        if uid != pod.uid:
            since = self._monotonic()
            self._pending[key] = pod.uid, since
        return self._monotonic() - since

    def wrote(self, key: Key) -> None:
        """Note that the application's status was written now."""
        self._wrote[key] = self._monotonic()

    def quiet_s(self, key: Key) -> float:
        """Return the seconds since its status was written by this process."""
        return self._monotonic() - self._wrote.get(key, float("-inf"))

    def until_heard(self, key: Key, seconds: float | None) -> float | None:
        """Return after how many seconds to look again, where `seconds` would do otherwise.

        A watch that lags may tell in one breath that something came and that it went. Then it is
        held for being just written, and nothing more is ever told of it.
        """
        label = label_key(key)
        if not (self.pods.holds(label) or self.children.holds(label)):
            return seconds
        return KEPT_S + 1.0 if seconds is None else min(seconds, KEPT_S + 1.0)

    def deleting(self, uid: str) -> None:
        """Note that a pod was asked to go: the watch will say so a little later."""
        horizon = self._monotonic() - _DELETING_S
        for old in [one for one, since in self._deleting.items() if since < horizon]:
            del self._deleting[old]
        self._deleting[uid] = self._monotonic()

    def _as_deleted(self, pod: PodFacts) -> PodFacts:
        since = self._deleting.get(pod.uid)
        if pod.is_terminating or since is None or since < self._monotonic() - _DELETING_S:
            return pod
        # Whenever it was: an attempt that we end on purpose is not judged by its end.
        return replace(pod, deletion_asked_at=pod.created_at)
