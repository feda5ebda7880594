"""Trials: lives of applications, each with an operator of its own to which something is done.

Several go on side by side, since most of their time is waiting.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bed.proxy import WRITES, FaultyProxy
from fix_cluster import Cluster
from fix_history import History, history_of
from fix_lives import Ground, Life, Step
from fix_operator import SPARK, Object
from fix_replicas import PAUSE_S, Replica, Replicas

_STEP_S = 120.0


@pytest.fixture(scope="module")
def history(kubeconfig: Path, crds: None) -> Iterator[History]:
    """All driver pods since the module began."""
    del crds
    with history_of(kubeconfig) as found:
        yield found


Trouble = Callable[[FaultyProxy, Replica], object]
"""What is done to the operator, once it has been started."""


def undisturbed(proxy: FaultyProxy, replica: Replica) -> None:
    """Nothing."""
    del proxy, replica


def killed_at(number: int, *, after: bool) -> Trouble:
    """Killed at its so many-th write."""
    return lambda proxy, replica: proxy.kill_at(replica.pid, number, after=after)


def moments(writes: int) -> list[tuple[int, bool]]:
    """At which of so many writes to kill, and whether after the server has seen it.

    Each is hit once, before and after in turns; with YEOUL_FAULT_ROUNDS above 1 both ways.
    """
    rounds = int(os.environ.get("YEOUL_FAULT_ROUNDS", "1"))
    each = [(number, after) for number in range(1, writes + 1) for after in (False, True)]
    return each if rounds > 1 else [one for one in each if one[1] == bool(one[0] % 2)]


@dataclass(frozen=True, slots=True)
class Result:
    """How a trial came out.

    Attributes:
        label: which trial.
        status: the application's at the end, without moments and made-up ids; empty if it is gone.
        writes: how many requests of the operator asked for a change.
        wrong: what must never be: driver pods side by side, or two of one attempt.
        again: writes of a further look at the end, where nothing was to be done.
        killed: whether the operator was killed.
        drivers: the names of all driver pods that there were, in the order of their creation.
    """

    label: str
    status: Object
    writes: int
    wrong: list[str]
    again: list[str]
    killed: bool
    drivers: list[str]


class Trial:
    """One life with one trouble."""

    def __init__(
        self,
        label: str,
        life: Life,
        trouble: Trouble,
        *environments: Mapping[str, str],
        **settings: str,
    ) -> None:
        """Each start takes the next of the environments; the last one is for all that follow."""
        self.label = label
        self._environments = environments or ({},)
        self._life = life
        self._trouble = trouble
        self._settings = settings
        self._stack = ExitStack()
        self._starts = 0
        self._writes = 0

    def begin(self, cluster: Cluster, replicas: Replicas, history: History) -> None:
        """Start its operator and its life."""
        namespace = f"t-{uuid.uuid4().hex[:12]}"
        self._history = history
        self._replicas = replicas
        folder = replicas.folder / namespace
        folder.mkdir()
        cluster.api.create(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        )
        self._stack.callback(cluster.api.delete, "Namespace", None, namespace)
        self._proxy = self._stack.enter_context(FaultyProxy(cluster.kubeconfig, folder))
        self._ground = Ground(cluster.api, namespace, self._proxy)
        self._start()
        self._trouble(self._proxy, self._replica)
        self._steps = self._course()
        self._next()

    def advance(self) -> Result | None:
        """Go on as far as it can; return the result once there is one."""
        if not self._replica.process.alive:
            if not self._proxy.killed.is_set():
                raise AssertionError(f"{self.label}: the operator ended\n{self._report()}")
            self._start()
        while self._look():
            if not self._next():
                return self._result
        if time.monotonic() > self._deadline:
            raise AssertionError(f"{self.label}: not within time: {self._wait}\n{self._report()}")
        return None

    def end(self) -> None:
        """Stop what it started."""
        if self._starts:
            self._replica.process.kill()
        self._stack.close()

    def _start(self) -> None:
        self._starts += 1
        self._replica = self._replicas.start(
            self._proxy.kubeconfig,
            f"{self._ground.namespace}-{self._starts}",
            {
                "namespaces": self._ground.namespace,
                "leader_election": "false",
                "ingress_url_format": "{{$appName}}.example.org",
                **self._settings,
            },
            self._environments[min(self._starts, len(self._environments)) - 1],
        )

    def _next(self) -> bool:
        step = next(self._steps, None)
        if step is None:
            return False
        self._wait, self._look = step
        self._deadline = time.monotonic() + _STEP_S
        return True

    def _course(self) -> Iterator[Step]:
        yield from self._life(self._ground)
        applications, namespace = self._ground.applications, self._ground.namespace
        self._writes = self._proxy.count(WRITES)
        self._proxy.clear()
        # The life may have seen the last write before the operator has, which asks again where the
        # answer was lost.
        yield "an operator at rest", lambda: self._replica.is_at_rest
        # What is on its way back has been asked for before, and stands there only later.
        since = time.monotonic()
        if applications.api.get(SPARK, namespace, "pi") is not None:
            yield "an operator that is ready", lambda: self._replica.answers("/readyz")
            turns = self._replica.turns
            # A label is a change that is looked at, and that asks for nothing.
            applications.patch({"metadata": {"labels": {"looked": "at"}}})
            yield "another look", lambda: self._replica.turns > turns
        asked = [one for one in self._proxy.records if one.at > since and WRITES(one.call)]
        again = [str(one.call) for one in asked]
        self._result = Result(
            self.label,
            comparable(applications.status(), namespace),
            self._writes,
            self._history.doubled(namespace),
            again,
            self._proxy.killed.is_set(),
            [one.name for one in self._history.of(namespace)],
        )

    def _report(self) -> str:
        ground = self._ground
        pods = [(one["metadata"]["name"], one["metadata"].get("deletionTimestamp"),
                 one["spec"].get("nodeName"), one.get("status"))
                for one in ground.api.list("Pod", ground.namespace)]  # fmt: skip
        return f"{ground.applications.status()}\n{pods}\n{self._replica.process.tail()}"


def run_trials(
    trials: Iterable[Trial],
    cluster: Cluster,
    replicas: Replicas,
    history: History,
    *,
    at_once: int = 6,
) -> list[Result]:
    """Run them all, some of them side by side."""
    waiting = list(trials)[::-1]
    running: list[Trial] = []
    results: list[Result] = []
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(waiting.pop())
                running[-1].begin(cluster, replicas, history)
            for trial in list(running):
                result = trial.advance()
                if result is not None:
                    results.append(result)
                    running.remove(trial)
                    trial.end()
            time.sleep(PAUSE_S)
    finally:
        for trial in running:
            trial.end()
    return results


_MADE_UP = ("submissionID", "sparkApplicationId", "podUID", "specHash")


def comparable(status: Any, namespace: str) -> Any:
    """A status without what differs from run to run."""
    if isinstance(status, dict):
        return {
            key: comparable(value, namespace)
            for key, value in status.items()
            if key not in _MADE_UP and not key.endswith(("Time", "At"))
        }
    if isinstance(status, list):
        return [comparable(each, namespace) for each in status]
    return status.replace(namespace, "NAMESPACE") if isinstance(status, str) else status


def differences(one: Any, other: Any, place: str = "") -> list[str]:
    """Where two statuses differ, and in what."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted({*one, *other})
        pairs = [(f"{place}.{key}", one.get(key), other.get(key)) for key in keys]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(f"{place}[{i}]", *pair) for i, pair in enumerate(zip(one, other, strict=True))]
    else:
        return [] if one == other else [f"{place}: {one!r}, not {other!r}"]
    return [found for at, left, right in pairs for found in differences(left, right, at)]
