"""The poller's own metrics, for Prometheus."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

# Of an API that answers in tens of milliseconds, up to one that hangs.
_LATENCY_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class PollerMetrics:
    """One set of metrics in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._counter("requests", "Requests to the API.", "outcome")
        self.latency = Histogram(
            "yeoul_poller_request_seconds",
            "How long requests to the API took, failed ones included.",
            buckets=_LATENCY_S,
            registry=self.registry,
        )
        self.polled = self._counter("records_polled", "Records in good answers, repeats included.")
        self.duplicates = self._counter(
            "records_duplicate", "Records not sent because they were sent within the window."
        )
        self.sent = self._counter("records_sent", "Records that Kafka confirmed.")
        self.delivery_errors = self._counter(
            "delivery_errors", "Records that Kafka did not take.", "error"
        )
        self.last_success = self._gauge(
            "last_success_timestamp_seconds", "When the API last gave a good answer."
        )
        self.backoff = self._gauge(
            "backoff_seconds", "Pause after failures at the moment; 0: none."
        )
        self.waiting = self._gauge("records_in_flight", "Records that Kafka has not confirmed yet.")
        self.known = self._gauge("window_records", "Records remembered as sent.")

    def summary(self) -> str:
        """The totals in a line, for the log."""
        names = ("records_polled", "records_duplicate", "records_sent")
        totals = (self.registry.get_sample_value(f"yeoul_poller_{name}_total") for name in names)
        polled, duplicates, sent = (f"{total or 0:.0f}" for total in totals)
        return f"{polled} records polled, {duplicates} known before, {sent} sent"

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"yeoul_poller_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"yeoul_poller_{name}", text, registry=self.registry)


@contextlib.contextmanager
def serving(metrics: PollerMetrics, host: str, port: int | None) -> Iterator[int | None]:
    """Answer `GET /metrics` until the block ends; yields the port. No port, no server."""
    if port is None:
        yield None
        return
    server, thread = start_http_server(port, host, metrics.registry)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
