"""The operator as a real process, and the applications that tests give it."""

from __future__ import annotations

import copy
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bed import processes
from bed.api import Api, until
from bed.processes import Process
from fix_cluster import Cluster
from yeoul_local import ports

Object = dict[str, Any]
SPARK = "SparkApplication"
_START_S = 60.0
_GRACE_S = 15.0
_PROGRAM = Path(sys.executable).parent / "yeoul-operator"


@dataclass(slots=True)
class Operator:
    """A running operator, and where it answers."""

    process: Process
    health_port: int
    metrics_port: int

    def is_ready(self) -> bool:
        """Whether it says so."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.health_port}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def metrics(self) -> dict[str, float]:
        """Its metrics: the whole left side of each line, to the value."""
        text = httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics").text
        lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in lines}

    def writes(self) -> float:
        """How many writes it has sent, but for its Lease and events."""
        return sum(
            value
            for name, value in self.metrics().items()
            if name.startswith("yeoul_api_requests_total")
            and not any(f'verb="{verb}"' in name for verb in ("get", "list", "watch"))
            and not any(f'resource="{kind}"' in name for kind in ("leases", "events"))
        )


@contextmanager
def running_operator(
    kubeconfig: Path, folder: Path, name: str = "operator", **settings: str
) -> Iterator[Operator]:
    """Start an operator, wait until it is ready, and end it in order.

    `settings` are those of `yeoul-operator --help`, with `_` for `-`. Its log is
    `folder/<name>.log`.
    """
    with processes_of(kubeconfig, folder, name, **settings) as operator:
        processes.wait_for("a ready operator", operator.is_ready, _START_S, [operator.process])
        yield operator


def arguments(settings: Mapping[str, str]) -> tuple[dict[str, int], list[str]]:
    """Ports of health and metrics, and the command's flags for them and for the settings."""
    chosen = ports.choose(("health", "metrics"), (), random.Random())
    given = {
        "health_port": str(chosen["health"]),
        "metrics_port": str(chosen["metrics"]),
        "webhook": "false",
        "log_format": "text",
        **settings,
    }
    flags = [part for key, value in given.items() for part in (f"--{key.replace('_', '-')}", value)]
    return chosen, flags


@contextmanager
def processes_of(kubeconfig: Path, folder: Path, name: str, **settings: str) -> Iterator[Operator]:
    """As `running_operator`, without waiting."""
    chosen, flags = arguments(settings)
    environment = {"KUBECONFIG": str(kubeconfig)}
    folder.mkdir(parents=True, exist_ok=True)
    process = processes.start(name, [str(_PROGRAM), *flags], folder / f"{name}.log", environment)
    try:
        yield Operator(process, chosen["health"], chosen["metrics"])
    finally:
        process.stop(_GRACE_S)


@pytest.fixture(scope="module")
def operator(
    cluster: Cluster, crds: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Operator]:
    """An operator for the tests of a module."""
    del crds
    with running_operator(cluster.kubeconfig, tmp_path_factory.mktemp("operator")) as one:
        yield one


def states(api: Api, namespace: str) -> dict[str, str]:
    """The applications of a namespace by name, and their states."""
    found = api.list(SPARK, namespace)
    stati = {one["metadata"]["name"]: one.get("status") or {} for one in found}
    return {
        name: str((status.get("applicationState") or {}).get("state"))
        for name, status in stati.items()
    }


def application(namespace: str, name: str = "pi", **spec: Any) -> Object:
    """A SparkApplication; without more it computes pi. Keys of `spec` are the API's."""
    base: Object = {
        "type": "Scala",
        "mode": "cluster",
        "sparkVersion": "4.1.1",
        "image": "registry.example/spark:4.1.1",
        "mainClass": "org.apache.spark.examples.SparkPi",
        "mainApplicationFile": "local:///opt/spark/examples/jars/spark-examples.jar",
        "driver": {"memory": "512m", "serviceAccount": "default"},
        "executor": {"instances": 1, "memory": "512m"},
    }
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": SPARK,
        "metadata": {"name": name, "namespace": namespace},
        "spec": copy.deepcopy({**base, **spec}),
    }


def driver(**annotations: str) -> Object:
    """A `driver` section whose pod KWOK treats as the annotations say."""
    return {"memory": "512m", "serviceAccount": "default", "annotations": annotations}


@dataclass(frozen=True, slots=True)
class Applications:
    """The applications of a namespace, seen as clients see them."""

    api: Api
    namespace: str

    def create(self, name: str = "pi", **spec: Any) -> Object:
        """Create one."""
        return self.api.create(application(self.namespace, name, **spec))

    def status(self, name: str = "pi") -> Object:
        """Its status, empty where there is none."""
        found = self.api.get(SPARK, self.namespace, name) or {}
        return dict(found.get("status") or {})

    def state(self, name: str = "pi") -> str:
        """Its state; `none` where it has none."""
        state = self.status(name).get("applicationState") or {}
        return str(state.get("state", "none"))

    def reaches(self, state: str, name: str = "pi", seconds: float = 60.0) -> Object:
        """Wait for the state, and return the status then."""
        until(f"{name} {state}", lambda: self.state(name) == state, seconds)
        return self.status(name)

    def patch(self, patch: Object, name: str = "pi") -> Object:
        """Merge into the application."""
        return self.api.patch(SPARK, self.namespace, name, patch)

    def pod(self, name: str = "pi-driver") -> Object | None:
        """The driver pod, if there is one."""
        return self.api.get("Pod", self.namespace, name)

    def is_so(self, what: str, condition: Callable[[Object], Any], name: str = "pi") -> Object:
        """Wait until the status satisfies the condition, and return it."""
        until(f"{name}: {what}", lambda: bool(condition(self.status(name))))
        return self.status(name)


@pytest.fixture
def applications(api: Api, namespace: str, operator: Operator) -> Applications:
    """The applications of the test's own namespace, with the module's operator at work."""
    del operator
    return Applications(api, namespace)
