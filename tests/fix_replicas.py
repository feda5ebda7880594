"""Operators for trials: started in no time by a nursery, asked what they do, held and let go."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bed.prefork import Forked, Nursery, nursery
from fix_operator import arguments

_BEGUN, _TURNS = "yeoul_queue_wait_seconds_count", "yeoul_reconcile_seconds_count"
_START_S = 60.0
PAUSE_S = 0.1
"""Between two looks."""
_HTTP = httpx.Client(trust_env=False, verify=False)  # noqa: S501 plain HTTP on loopback


@dataclass(frozen=True, slots=True)
class Replica:
    """A running operator, and where it answers."""

    process: Forked
    health_port: int
    metrics_port: int

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid

    def answers(self, path: str) -> bool:
        """Whether `/readyz` or `/healthz` says that all is well."""
        try:
            return _HTTP.get(f"http://127.0.0.1:{self.health_port}{path}").status_code == 200
        except httpx.TransportError:
            return False

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels; 0 while it does not answer."""
        try:
            text = _HTTP.get(f"http://127.0.0.1:{self.metrics_port}/metrics").text
        except httpx.TransportError:
            return 0.0
        lines = [line for line in text.splitlines() if line.split("{")[0].split(" ")[0] == name]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    @property
    def turns(self) -> float:
        """How many reconciles have ended."""
        return self.metric(_TURNS)

    @property
    def is_at_rest(self) -> bool:
        """Whether every reconcile that has begun has ended."""
        ended = self.turns
        return self.metric(_BEGUN) == ended

    @property
    def leads(self) -> bool:
        """Whether it holds the Lease."""
        return self.metric("yeoul_leader") == 1.0


@dataclass(frozen=True, slots=True)
class Replicas:
    """Starts operators. Their logs are in `folder`."""

    nursery: Nursery
    folder: Path

    def start(
        self,
        kubeconfig: Path,
        name: str,
        settings: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Replica:
        """Start one; `settings` are those of `yeoul-operator --help`, with `_` for `-`."""
        chosen, argv = arguments(settings or {})
        log = self.folder / f"{name}.log"
        environment = {"KUBECONFIG": str(kubeconfig), **(environment or {})}
        process = self.nursery.start(argv, log, environment)
        return Replica(process, chosen["health"], chosen["metrics"])


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory, crds: None) -> Iterator[Replicas]:
    """Operators of a module, started in no time; they end with it."""
    del crds
    folder = tmp_path_factory.mktemp("replicas")
    with nursery(folder) as made:
        yield Replicas(made, folder)


def wait_until(what: str, look: Callable[[], object], watched: Sequence[Replica] = (),
               seconds: float = _START_S) -> None:  # fmt: skip
    """Wait until it is so; an operator that ends meanwhile is a failure."""
    deadline = time.monotonic() + seconds
    while not look():
        for one in watched:
            if not one.process.alive:
                raise AssertionError(f"waiting for {what}: operator ended\n{one.process.tail()}")
        if time.monotonic() > deadline:
            tails = "\n".join(one.process.tail() for one in watched)
            raise AssertionError(f"{what}: not within {seconds:.0f} s\n{tails}")
        time.sleep(PAUSE_S)


def pause(replica: Replica) -> None:
    """Freeze it: it takes no step, and does not notice."""
    replica.process.send(signal.SIGSTOP)


def resume(replica: Replica) -> None:
    """Let it go on."""
    replica.process.send(signal.SIGCONT)
