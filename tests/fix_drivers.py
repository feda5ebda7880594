"""Drivers that only answer: one HTTP server that plays /progress of all pipelines of a test."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bed.api import Api, until
from fix_cluster import Cluster
from fix_operator import Operator, running_operator
from fix_pipelines import KIND, document

Object = dict[str, Any]
WORKS: Object = {
    "kind": "console", "query": "cars.out", "state": "running", "epoch": 1, "batches": 1,
    "rowsRead": 10, "rowsWritten": 10, "rowsPerSecond": 5.0, "lagRows": 0, "lagSeconds": 0.0,
}  # fmt: skip


@dataclass
class Drivers:
    """What each pipeline's driver says: its sinks, by namespace and name; none: it is silent."""

    port: int = 0
    said: dict[tuple[str, str], dict[str, Object]] = field(default_factory=dict)
    facts: dict[tuple[str, str], Object] = field(default_factory=dict)
    """Further keys of the answer."""
    asked_for: dict[tuple[str, str], int] = field(default_factory=dict)
    """Executors that the operator asked for."""
    looks: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often the operator has looked."""

    @property
    def url(self) -> str:
        """Where the operator finds them."""
        return f"http://127.0.0.1:{self.port}/{{namespace}}/{{name}}"

    def say(self, namespace: str, name: str = "cars", **sinks: Object) -> None:
        """From now on the driver says this of its sinks; without any, that `out` works."""
        shown = {sink: {**WORKS, **keys} for sink, keys in (sinks or {"out": {}}).items()}
        for sink in shown.values():
            sink.setdefault("lastBatchAt", datetime.now(UTC).isoformat())
        self.said[namespace, name] = shown

    def answer(self, key: tuple[str, str]) -> Object | None:
        """What is sent."""
        sinks = self.said.get(key)
        if sinks is None:
            return None
        epoch = max((sink["epoch"] for sink in sinks.values()), default=0)
        facts = self.facts.get(key, {})
        return {"namespace": key[0], "pipeline": key[1], "epoch": epoch, "sinks": sinks, **facts}


@pytest.fixture(scope="module")
def drivers() -> Iterator[Drivers]:
    """The drivers of a module's tests."""
    with serving(Drivers()) as all_of_them:
        yield all_of_them


class _Server(ThreadingHTTPServer):
    # It stands for many hosts. A connection that finds no place waits a second.
    request_queue_size = 256


@contextmanager
def serving(all_of_them: Drivers) -> Iterator[Drivers]:
    """Let those drivers answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(all_of_them.answer(self._key()))
            all_of_them.looks[self._key()] += 1

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            all_of_them.asked_for[self._key()] = body["target"]
            self._send({})

        def _key(self) -> tuple[str, str]:
            _, namespace, name, _ = self.path.split("/")
            return namespace, name

        def _send(self, answer: Object | None) -> None:
            body = json.dumps(answer or {}).encode()
            self.send_response(503 if answer is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            # Who has waited too long is gone.
            with suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Stay quiet."""

    server = _Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    all_of_them.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield all_of_them
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def pipeline_operator(
    cluster: Cluster,
    crds: None,
    pipeline_crd: None,
    drivers: Drivers,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Operator]:
    """An operator that asks those drivers, often."""
    del crds, pipeline_crd
    settings = {
        "progress_url": drivers.url,
        "progress_interval": "0.3",
        "fence_after": "2",
        "stream_image": "registry.example/yeoul-spark:1",
        "stream_service_account": "default",
    }
    folder = tmp_path_factory.mktemp("pipelines")
    with running_operator(cluster.kubeconfig, Path(folder), **settings) as one:
        yield one


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Pipelines:
    """The pipelines of a namespace, seen as clients see them."""

    api: Api
    namespace: str
    drivers: Drivers

    def create(self, name: str = "cars", **spec: Any) -> Object:
        """Create one whose driver works."""
        self.drivers.say(self.namespace, name)
        return self.api.create(document(self.namespace, name, **spec))

    def edit(self, name: str = "cars", **spec: Any) -> Object:
        """Merge into its spec."""
        return self.api.patch(KIND, self.namespace, name, {"spec": spec})

    def status(self, name: str = "cars") -> Object:
        """Its status, empty where there is none."""
        found = self.api.get(KIND, self.namespace, name) or {}
        return dict(found.get("status") or {})

    def condition(self, kind: str, name: str = "cars") -> Object:
        """A condition, empty where there is none."""
        found = self.status(name).get("conditions") or []
        return next((one for one in found if one["type"] == kind), {})

    def holds(self, kind: str, status: str = "True", name: str = "cars") -> Object:
        """Wait until the condition has the status, and return it."""
        until(f"{name} {kind}={status}", lambda: self.condition(kind, name).get("status") == status)
        return self.condition(kind, name)

    def reaches(self, phase: str, name: str = "cars") -> Object:
        """Wait for the phase, and return the status then."""
        until(f"{name} {phase}", lambda: self.status(name).get("phase") == phase)
        return self.status(name)

    def application(self, name: str = "cars") -> Object:
        """Its SparkApplication, empty where there is none."""
        return self.api.get("SparkApplication", self.namespace, name) or {}

    def config_map(self, revision: str, name: str = "cars") -> Object:
        """That of a revision, empty where there is none."""
        return self.api.get("ConfigMap", self.namespace, f"{name}-{revision}") or {}

    def driver(self, name: str = "cars") -> str:
        """The UID of its driver pod, empty where there is none."""
        pod = self.api.get("Pod", self.namespace, f"{name}-driver")
        return str(pod["metadata"]["uid"]) if pod else ""

    def end(self, pod: str, code: int, message: str = "") -> None:
        """Let a pod's container end, with last words."""
        ended = {"exitCode": code, "message": message, "finishedAt": _now(), "startedAt": _now()}
        container = {
            "name": "spark-kubernetes-driver", "ready": False, "restartCount": 0, "image": "i",
            "imageID": "", "state": {"terminated": ended},
        }  # fmt: skip
        phase = "Failed" if code else "Succeeded"
        until("it runs", lambda: self.api.read("Pod", self.namespace, pod)["status"].get("phase")
              == "Running")  # fmt: skip
        status = {"status": {"phase": phase, "containerStatuses": [container]}}
        self.api.patch("Pod", self.namespace, pod, status, subresource="status")

    def node(self, name: str = "cars") -> str:
        """The node of its driver pod."""
        pod = self.api.read("Pod", self.namespace, f"{name}-driver")
        return str(pod["spec"]["nodeName"])

    def events(self, name: str = "cars") -> list[str]:
        """The reasons of the events about it, oldest first."""
        return [one["reason"] for one in self._events(name)]

    def messages(self, name: str = "cars") -> list[str]:
        """What the events about it say, oldest first."""
        return [one["message"] for one in self._events(name)]

    def _events(self, name: str) -> list[Object]:
        found = [
            one
            for one in self.api.list("Event", self.namespace)
            if one["involvedObject"]["kind"] == KIND and one["involvedObject"]["name"] == name
        ]
        return sorted(found, key=lambda one: str(one["metadata"]["name"]))


@pytest.fixture
def pipelines(api: Api, namespace: str, drivers: Drivers, pipeline_operator: Operator) -> Pipelines:
    """The pipelines of the test's own namespace, with the module's operator at work."""
    del pipeline_operator
    return Pipelines(api, namespace, drivers)
