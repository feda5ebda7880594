"""Real HTTP servers on loopback for the tests of `yeoul_ingest`."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from yeoul_ingest.poller_settings import PollerSettings
from yeoul_ingest.simulator.faults import Control
from yeoul_ingest.simulator.fleet import Fleet
from yeoul_ingest.simulator.server import SimulatorServer
from yeoul_ingest.simulator.settings import SimulatorSettings
from yeoul_ingest.simulator.simulation import Simulation
from yeoul_ingest.simulator.synthetic import synthetic_tracks
from yeoul_ingest.simulator.window import Window
from yeoul_ingest.source import HttpSource

KEY = SecretStr("s3cret/key+1")
START = 1_800_000_000.0


@dataclass(frozen=True)
class Answer:
    """What a scripted API answers."""

    body: bytes = b"[]"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Script = Callable[[dict[str, str]], Answer]
Serve = Callable[[Script], str]
MakeSource = Callable[..., HttpSource]


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    """Serve until the block ends."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    with server:
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


class _Scripted(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    script: Script

    def do_GET(self) -> None:
        answer = self.script(dict(parse_qsl(urlsplit(self.path).query)))
        self.send_response(answer.status)
        for name, value in ({"Content-Length": str(len(answer.body))} | answer.headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start an API that answers as a function of the query's parameters; gives its URL."""
    with ExitStack() as stack:

        def start(script: Script) -> str:
            handler = type("Handler", (_Scripted,), {"script": staticmethod(script)})
            server = _Server(("127.0.0.1", 0), handler)
            stack.enter_context(serving(server))
            return f"http://127.0.0.1:{server.server_port}/api"

        yield start


@pytest.fixture
def make_source() -> Iterator[MakeSource]:
    """An HTTP source for a URL and further settings."""
    with ExitStack() as stack:

        def make(url: str, **settings: Any) -> HttpSource:
            source = HttpSource(poller_settings(url, **settings), lambda: KEY)
            return stack.enter_context(closing(source))

        yield make


def poller_settings(url: str = "http://127.0.0.1:1/", **settings: Any) -> PollerSettings:
    """Settings whose pauses are too short to notice."""
    quick = {"first_pause": 0.001, "longest_pause": 0.002}
    required = {"url": url, "topic": "records", "bootstrap_servers": "127.0.0.1:1"}
    return PollerSettings.model_validate(required | quick | settings)


def steady_random() -> random.Random:
    """Chance that is the same in every run."""
    return random.Random(1)


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Simulated:
    """A simulated API whose time the test moves."""

    url: str
    clock: Clock
    simulation: Simulation
    client: httpx.Client

    @property
    def origin(self) -> str:
        return self.url.partition("/apig")[0]

    def pass_time(self, seconds: float) -> None:
        """Let `seconds` go by, in steps that a real clock would take."""
        for _ in range(round(seconds * 10)):
            self.clock.now += 0.1
            self.simulation.tick(self.clock.now)


@pytest.fixture
def simulated() -> Iterator[Simulated]:
    """The simulator with 20 synthetic vehicles at 30 times life: 100 records/s."""
    settings = SimulatorSettings(vehicles=20, max_rows=100)
    clock = Clock()
    fleet = Fleet(synthetic_tracks(20, seed=1), settings.speed, clock.now, seed=1)
    simulation = Simulation(fleet, Window(settings.window), Control(), clock.now, seed=1)
    server = SimulatorServer(settings, KEY, simulation, clock)
    with serving(server), httpx.Client(trust_env=False, verify=False) as client:  # noqa: S501
        yield Simulated(server.url, clock, simulation, client)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """A file that holds the key."""
    path = tmp_path / "api-key"
    path.write_text(KEY.get_secret_value() + "\n", encoding="utf-8")
    return path
