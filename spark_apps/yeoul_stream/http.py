"""The driver's HTTP endpoint: /progress, /metrics, /healthz."""

import json
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from yeoul_stream.metrics import families
from yeoul_stream.progress import Progress

_UNHEALTHY = ("backoff", "failed")


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


def serve(host: str, port: int, snapshot: Callable[[datetime], Progress]) -> ThreadingHTTPServer:
    """Start the endpoint in a daemon thread and return its server (port 0 picks a free one)."""
    registry = CollectorRegistry()
    registry.register(_ProgressCollector(lambda: snapshot(datetime.now(UTC))))

    def answer(path: str) -> tuple[HTTPStatus, str, bytes]:
        now = datetime.now(UTC)
        match path.split("?", 1)[0]:
            case "/progress":
                body = snapshot(now).model_dump_json(by_alias=True)
                return HTTPStatus.OK, "application/json", body.encode()
            case "/metrics":
                return HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(registry)
            case "/healthz":
                status, text = health(snapshot(now))
                return status, "application/json", text.encode()
            case _:
                known = b"try /progress, /metrics or /healthz\n"
                return HTTPStatus.NOT_FOUND, "text/plain", known

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Stay quiet: probes and scrapes come every few seconds."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    return server
