"""`python -m yeoul_airflow.exporter`: StatsD's datagrams in, `GET /metrics` for Prometheus out.

A task of Airflow lives for a minute and cannot be asked for numbers; the totals are kept here.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import socketserver
import threading
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from yeoul_airflow.statsd_lines import Totals


class _Kept(Collector):
    def __init__(self) -> None:
        self._totals = Totals()
        self._lock = threading.Lock()

    def add(self, datagram: bytes) -> None:
        with self._lock:
            self._totals.add(datagram.decode("utf-8", "replace").splitlines())

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            yield from self._totals.metrics()
            dropped = "Lines that were no metrics, or series too many."
            yield CounterMetricFamily("yeoul_statsd_dropped", dropped, self._totals.dropped)


class _Server(socketserver.UDPServer):
    allow_reuse_address = True
    max_packet_size = 65_535

    def __init__(self, address: tuple[str, int], kept: _Kept) -> None:
        self.kept = kept
        super().__init__(address, _Handler)


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Server)  # noqa: S101 - for the type
        self.server.kept.add(self.request[0])


@contextlib.contextmanager
def exporting(host: str, statsd_port: int, port: int) -> Iterator[tuple[int, int]]:
    """Take datagrams and answer `/metrics` until the block ends; both ports (0: free ones)."""
    kept = _Kept()
    registry = CollectorRegistry()
    registry.register(kept)
    with _Server((host, statsd_port), kept) as server:
        taking = threading.Thread(target=server.serve_forever, args=(0.1,), name="statsd")
        taking.start()
        http, answering = start_http_server(port, host, registry)
        try:
            yield server.server_address[1], http.server_port
        finally:
            http.shutdown()
            http.server_close()
            answering.join()
            server.shutdown()
            taking.join()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m yeoul_airflow.exporter", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address of both")
    parser.add_argument("--statsd-port", type=int, default=8125, help="UDP port of StatsD")
    parser.add_argument("--port", type=int, default=9102, help="port of /metrics")
    given = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with exporting(given.host, given.statsd_port, given.port) as (statsd, http):
        print(f"StatsD on {given.host}:{statsd}, metrics on {given.host}:{http}", flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
