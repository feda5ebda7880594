"""The poller's metrics on their way to Prometheus: as increments, by Airflow's own StatsD."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

from yeoul_ingest.metrics import PollerMetrics

log = logging.getLogger(__name__)

EVERY_S = 10.0

Tell = Callable[[str, float, dict[str, str]], None]
"""Name, value and labels of a counter's increment, or of a gauge."""


class Teller:
    """Tells what came since it last told; `count` and `gauge` are Airflow's."""

    def __init__(self, metrics: PollerMetrics, feed: str, count: Tell, gauge: Tell) -> None:
        self._metrics = metrics
        self._labels = {"feed": feed}
        self._count = count
        self._gauge = gauge
        self._told: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
        self._lock = threading.Lock()

    def tell(self) -> None:
        """Tell once."""
        with self._lock:
            for family in self._metrics.registry.collect():
                for sample in family.samples:
                    # StatsD's names hold no plus.
                    texts = {key: text.removeprefix("+") for key, text in sample.labels.items()}
                    labels = {**texts, **self._labels}
                    if family.type == "gauge":
                        # A run that had no success yet does not make earlier ones unhappened.
                        if sample.value or not sample.name.endswith("_timestamp_seconds"):
                            self._gauge(sample.name, sample.value, labels)
                    elif not sample.name.endswith("_created"):
                        key = (sample.name, frozenset(labels.items()))
                        more = sample.value - self._told.get(key, 0.0)
                        self._told[key] = sample.value
                        if more:
                            self._count(sample.name, more, labels)


@contextlib.contextmanager
def telling(teller: Teller, every: float = EVERY_S) -> Iterator[None]:
    """Tell again and again, and once more when the block ends, however it ends."""
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(every):
            teller.tell()

    thread = threading.Thread(target=go_on, name="tell-metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        teller.tell()
