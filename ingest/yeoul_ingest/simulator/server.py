"""The simulated API over HTTP, with `/stats`, `/control` and `/records` beside it."""

from __future__ import annotations

import hmac
import json
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

from yeoul_ingest.simulator.record import to_json
from yeoul_ingest.simulator.settings import SimulatorSettings
from yeoul_ingest.simulator.simulation import Simulation

LARGEST_POST_BYTES = 65_536
DEFAULT_ROWS = 10
HTML = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"
FAULT = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    "<Fault><faultcode>{code}</faultcode><faultstring>{text}</faultstring></Fault>"
)


class SimulatorServer(ThreadingHTTPServer):
    """Serves one simulation; nothing is kept of clients. `clock` gives epoch seconds."""

    daemon_threads = True

    def __init__(
        self,
        settings: SimulatorSettings,
        key: SecretStr,
        simulation: Simulation,
        clock: Callable[[], float],
    ) -> None:
        self.settings = settings
        self.key = key
        self.simulation = simulation
        self.clock = clock
        super().__init__((settings.host, settings.port), Handler)

    @property
    def url(self) -> str:
        """Where the API answers."""
        return f"http://{self.settings.host}:{self.server_address[1]}{self.settings.path}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print what went wrong; a client that went away is no error of ours."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """`GET <path>`, `GET /stats`, `GET /control`, `POST /control`, `POST /records`."""

    server: SimulatorServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60  # of an idle connection

    def do_GET(self) -> None:
        """Answer a page of records, the totals or the faults."""
        url = urlsplit(self.path)
        if url.path == self.server.settings.path:
            self._answer_records(parse_qs(url.query))
        elif url.path == "/stats":
            self._json(
                200, self.server.simulation.stats(self.server.clock()).model_dump(by_alias=True)
            )
        elif url.path == "/control":
            self._json(200, self.server.simulation.control.model_dump(by_alias=True))
        else:
            self._fault(404, "no such resource", "unknownPath")

    def do_POST(self) -> None:
        """Change the faults, or show a record."""
        given = self.headers.get("Content-Length", "")
        length = int(given) if given.isdigit() else 0
        does = {"/control": self._change, "/records": self._show}.get(self.path)
        if does is None or not 0 < length <= LARGEST_POST_BYTES:
            self.close_connection = True
            self._json(404, {"error": "POST a JSON object to /control or /records"})
            return
        try:
            self._json(200, does(self.rfile.read(length)))
        except ValueError as error:
            self._json(400, {"error": str(error)})

    def _change(self, body: bytes) -> dict[str, Any]:
        """Change the faults: the JSON object names only what changes, `generating` included."""
        simulation = self.server.simulation
        simulation.control = simulation.control.changed(body)
        return simulation.control.model_dump(by_alias=True)

    def _show(self, body: bytes) -> dict[str, Any]:
        record = json.loads(body)
        if not isinstance(record, dict):
            raise ValueError("accepted is a JSON object, which is shown as one record")  # noqa: TRY004
        self.server.simulation.show(to_json(record))
        return {"shown": 1}

    def _answer_records(self, query: dict[str, list[str]]) -> None:
        settings, simulation = self.server.settings, self.server.simulation
        given = query.get(settings.key_parameter, [""])[-1]
        if not hmac.compare_digest(given.encode(), self.server.key.get_secret_value().encode()):
            self._fault(401, "Unauthorized: the API key is missing or not registered", "badKey")
            return
        rows = _whole(query, "numOfRows", DEFAULT_ROWS)
        number = _whole(query, "pageNo", 1)
        if rows is None or number is None:
            self._fault(400, "numOfRows and pageNo must be whole numbers from 1", "badRequest")
            return
        if simulation.chance(simulation.control.slow_rate):
            simulation.count("slow")
            time.sleep(simulation.control.slow_seconds)
        if simulation.chance(simulation.control.error_rate):
            self._error()
            return
        records = simulation.page(number, min(rows, settings.max_rows), self.server.clock())
        body = b"[" + b",".join(records) + b"]"
        if simulation.chance(simulation.control.garbage_rate):
            self._garbage(body)
            return
        simulation.count("ok")
        self._send(200, "application/json;charset=UTF-8", body)

    def _error(self) -> None:
        kind = self.server.simulation.choose(("429", "500", "503"))
        self.server.simulation.count(kind)
        if kind == "429":
            retry_after = str(self.server.simulation.control.retry_after)
            self._send(429, "text/plain", b"too many requests", {"Retry-After": retry_after})
        else:
            self._send(int(kind), "text/html", HTML)

    def _garbage(self, body: bytes) -> None:
        kind = self.server.simulation.choose(("html", "xml", "truncated", "broken"))
        self.server.simulation.count(kind)
        if kind == "html":
            self._send(200, "text/html", HTML)
        elif kind == "xml":
            self._send(200, "text/xml", FAULT.format(code=99, text="unknown error").encode())
        elif kind == "truncated":
            self._send(200, "application/json;charset=UTF-8", body[: len(body) * 2 // 3 or 1])
        else:
            self.close_connection = True
            broken = body[: len(body) // 2]
            self._send(200, "application/json;charset=UTF-8", broken, length=len(body) + 1)

    def _fault(self, status: int, text: str, outcome: str) -> None:
        self.server.simulation.count(outcome)
        self._send(status, "text/xml", FAULT.format(code=status, text=text).encode())

    def _json(self, status: int, document: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(document).encode())

    def _send(
        self,
        status: int,
        content_type: str,
        body: bytes,
        headers: dict[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent: the default prints URLs, and those hold the key."""


def _whole(query: dict[str, list[str]], name: str, default: int) -> int | None:
    """A whole number from 1; None for anything else."""
    text = query.get(name, [str(default)])[-1]
    return int(text) if text.isascii() and text.isdigit() and int(text[:10]) > 0 else None
