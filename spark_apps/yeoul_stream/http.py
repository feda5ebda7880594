"""The driver's HTTP endpoint: GET /progress, /metrics, /healthz; POST /executors, /proof."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from yeoul_stream.metrics import families
from yeoul_stream.pipeline.runtime import MOST_EXECUTORS
from yeoul_stream.progress import Progress, Proof

_UNHEALTHY = ("backoff", "failed")
_JSON = "application/json"
# Bytes of a request's body, and seconds in which a client has to go on with sending it.
_LONGEST_BODY = 4096
_PATIENCE_S = 10.0


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    status: HTTPStatus
    kind: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Respond = Callable[[bytes], Answer]


class _Wish(BaseModel):
    # Further keys are left to newer callers.
    model_config = ConfigDict(frozen=True, strict=True)

    target: Annotated[int, Field(ge=1, le=MOST_EXECUTORS)]


class _Proofs(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)

    sinks: dict[str, Proof]


Prove = Callable[[str, Proof], bool]


class _ProgressCollector(Collector):
    def __init__(self, snapshot: Callable[[], Progress]) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterable[Metric]:
        return families(self._snapshot())


def health(progress: Progress) -> tuple[HTTPStatus, str]:
    """Return 200 while every sink works, else 503 with the reason of each that does not."""
    broken = {
        name: f"{sink.state}: {sink.last_error}"
        for name, sink in progress.sinks.items()
        if sink.state in _UNHEALTHY
    }
    status = HTTPStatus.SERVICE_UNAVAILABLE if broken else HTTPStatus.OK
    return status, json.dumps({"ok": not broken, "sinks": broken})


def scale(body: bytes, ask: Callable[[int], str | None]) -> Answer:
    """Ask for the executors that a body names; answer 202, 400 or, where that cannot be, 409."""
    try:
        target = _Wish.model_validate_json(body).target
    except ValidationError:
        return _refusal(
            HTTPStatus.BAD_REQUEST,
            f'the body must be {{"target": N}} with a whole number N of executors from 1 to '
            f"{MOST_EXECUTORS}; it was {body[:80].decode(errors='replace')!r}",
        )
    reason = ask(target)
    if reason is not None:
        return _refusal(HTTPStatus.CONFLICT, reason)
    return Answer(HTTPStatus.ACCEPTED, _JSON, json.dumps({"target": target}).encode())


def prove(body: bytes, tell: Prove) -> Answer:
    """Take what `verify` has found of each sink; answer 202, 400, or 409 for a sink unknown."""
    try:
        found = _Proofs.model_validate_json(body).sinks
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        return _refusal(HTTPStatus.BAD_REQUEST, f"{place or 'the body'}: {first['msg']}")
    unknown = [name for name, proof in found.items() if not tell(name, proof)]
    if unknown:
        return _refusal(HTTPStatus.CONFLICT, f"this pipeline has no sink {', '.join(unknown)}")
    return Answer(HTTPStatus.ACCEPTED, _JSON, json.dumps({"sinks": len(found)}).encode())


def _refusal(status: HTTPStatus, error: str, **headers: str) -> Answer:
    return Answer(status, _JSON, json.dumps({"error": error}).encode(), headers)


def routes(
    snapshot: Callable[[datetime], Progress],
    ask: Callable[[int], str | None],
    tell: Prove,
) -> dict[str, tuple[str, Respond]]:
    """Return the verb of each path, and what answers it."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_ProgressCollector(lambda: snapshot(datetime.now(UTC))))

    def progress(_: bytes) -> Answer:
        body = snapshot(datetime.now(UTC)).model_dump_json(by_alias=True)
        return Answer(HTTPStatus.OK, _JSON, body.encode())

    def metrics(_: bytes) -> Answer:
        return Answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(registry))

    def healthz(_: bytes) -> Answer:
        status, text = health(snapshot(datetime.now(UTC)))
        return Answer(status, _JSON, text.encode())

    return {
        "/progress": ("GET", progress),
        "/metrics": ("GET", metrics),
        "/healthz": ("GET", healthz),
        "/executors": ("POST", lambda body: scale(body, ask)),
        "/proof": ("POST", lambda body: prove(body, tell)),
    }


def serve(
    host: str,
    port: int,
    snapshot: Callable[[datetime], Progress],
    ask: Callable[[int], str | None],
    tell: Prove,
) -> ThreadingHTTPServer:
    """Start the endpoint in a daemon thread and return its server (port 0 picks a free one).

    `ask` takes the number of executors that are wanted, and returns why there cannot be so many;
    it must not wait for them. `tell` takes what `verify` has found of a sink.
    """
    known = routes(snapshot, ask, tell)

    class Handler(BaseHTTPRequestHandler):
        timeout = _PATIENCE_S

        def _serve(self) -> None:
            answer = self._answer()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

        def _answer(self) -> Answer:
            length = self.headers.get("Content-Length", "0")
            if "Transfer-Encoding" in self.headers or not length.isdecimal():
                return _refusal(HTTPStatus.LENGTH_REQUIRED, "say the body's length in bytes")
            if len(length) > 9 or int(length) > _LONGEST_BODY:
                text = f"a body has at most {_LONGEST_BODY} bytes"
                return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text)
            body = self.rfile.read(int(length))
            route = known.get(self.path.split("?", 1)[0])
            if route is None:
                paths = ", ".join(f"{verb} {path}" for path, (verb, _) in known.items())
                return _refusal(HTTPStatus.NOT_FOUND, f"there is no such page; there are {paths}")
            verb, respond = route
            if self.command != verb:
                text = f"this page takes {verb} only"
                return _refusal(HTTPStatus.METHOD_NOT_ALLOWED, text, Allow=verb)
            return respond(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Stay quiet: probes and scrapes come every few seconds."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    return server
