from __future__ import annotations

import httpx

from yeoul_ingest.metrics import PollerMetrics, serving


def test_metrics_are_served_over_http() -> None:
    metrics = PollerMetrics()
    metrics.sent.inc(3)
    with serving(metrics, "127.0.0.1", 0) as port:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    assert "yeoul_poller_records_sent_total 3.0" in text


def test_without_a_port_nothing_is_served() -> None:
    with serving(PollerMetrics(), "127.0.0.1", None) as port:
        assert port is None


def test_two_pollers_in_one_process_count_apart() -> None:
    first, second = PollerMetrics(), PollerMetrics()
    first.sent.inc()
    assert "0 sent" in second.summary()


def test_the_summary_tells_the_totals() -> None:
    metrics = PollerMetrics()
    metrics.polled.inc(5)
    metrics.duplicates.inc(2)
    metrics.sent.inc(3)
    assert metrics.summary() == "5 records polled, 2 known before, 3 sent"
