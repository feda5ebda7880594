"""One run of a feed: what the task of its DAG does."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import threading
from collections.abc import Iterator
from typing import Any

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException
from airflow.sdk.observability import stats

from yeoul_airflow.connections import read_api, read_kafka
from yeoul_airflow.feeds import Feed
from yeoul_airflow.telling import Teller, telling
from yeoul_ingest.bounded import FeedError, run_bounded
from yeoul_ingest.metrics import PollerMetrics
from yeoul_ingest.options import OptionsError

FAILURES = "yeoul_feed_failures_total"


class FeedFailed(AirflowException):
    """The run failed; the message says which part, why, and what to do."""

    def __init__(self, text: str, kind: str = "other") -> None:
        super().__init__(text)
        self.kind = kind


def run_feed(feed: Feed, params: dict[str, Any]) -> dict[str, int]:
    """Poll until the run is over; how many records and requests there were.

    Raises FeedFailed.
    """
    metrics = PollerMetrics()
    where = f"feed {feed.name} (Connections {feed.connection} and {feed.kafka})"
    teller = Teller(metrics, feed.name, _count, _gauge)
    with telling(teller), _stopped_by_sigterm() as stop:
        try:
            api = read_api(_connection(feed.connection))
            kafka = read_kafka(_connection(feed.kafka))
            settings = feed.settings(api.url, kafka.bootstrap, params)
            counts = run_bounded(settings, kafka.options, lambda: api.key, metrics, stop)
        except FeedError as error:
            raise FeedFailed(f"{where}: {error}", error.kind) from None
        except (OptionsError, ValueError) as error:
            raise FeedFailed(f"{where}: {error}", "settings") from None
    return dataclasses.asdict(counts)


def note_failure(context: Any) -> None:
    """A task's callback: a failure, or a try that is tried again, becomes a metric."""
    ti = context["ti"]
    kind = getattr(context.get("exception"), "kind", "other")
    final = "false" if getattr(ti, "state", None) == "up_for_retry" else "true"
    _count(FAILURES, 1, {"feed": ti.dag_id.removesuffix("_ingest"), "kind": kind, "final": final})


def _connection(name: str) -> Any:
    try:
        return Connection.get(name)
    except AirflowNotFoundException:
        raise FeedError("connection", f"Connection {name}: there is none: make it") from None


def _count(name: str, more: float, labels: dict[str, str]) -> None:
    stats.incr(name, more, tags=labels)


def _gauge(name: str, value: float, labels: dict[str, str]) -> None:
    stats.gauge(name, value, tags=labels)


@contextlib.contextmanager
def _stopped_by_sigterm() -> Iterator[threading.Event]:
    """Airflow asks a task to end by SIGTERM; what was taken from the API is delivered first."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        yield stop
    finally:
        signal.signal(signal.SIGTERM, before)
