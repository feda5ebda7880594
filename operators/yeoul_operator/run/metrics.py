"""What is counted and measured: the names that users of this API chart already, and our own.

The names, labels and types of `spark_application_*` and `spark_executor_*` are those of the
well-known operator: counters without the suffix `_total`, labels taken from the application's own
(`Unknown` where it has none), and `namespace` for its namespace.
https://github.com/kubeflow/spark-operator/blob/v2.4.0/internal/metrics/sparkapplication_metrics.go
"""

import re
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    Summary,
    disable_created_metrics,
    generate_latest,
)

from yeoul_operator.run.bare import BareCounter, Gauges, Read, Values
from yeoul_operator.run.queue import Lane

Labels = Mapping[str, str]
Described = tuple[str, Labels]
"""The namespace and the labels of an application."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
UNKNOWN = "Unknown"
_NOBODY: Described = ("", {})
_START_LATENCY_BUCKETS = (1.0, 2.0, 5.0, 10.0, 20.0, *(30.0 * n for n in range(1, 11)))
_RECONCILE_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """All metrics of the process, in a registry of its own. Counters stand at 0 from the start."""

    def __init__(self, label_names: Sequence[str]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._names = tuple(label_names)
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._bare: list[BareCounter] = []
        self._known: set[Values] = set()
        self._count = self._counter("spark_application_count", "SparkApplications seen")
        self._submitted = self._counter("spark_application_submit_count", "Submissions")
        self._refused = self._counter(
            "spark_application_failed_submission_count", "Submissions that failed"
        )
        self._succeeded = self._counter("spark_application_success_count", "Runs that succeeded")
        self._failed = self._counter("spark_application_failure_count", "Runs that failed")
        self._success_seconds = self._summary(
            "spark_application_success_execution_time_seconds", "Duration of runs that succeeded"
        )
        self._failure_seconds = self._summary(
            "spark_application_failure_execution_time_seconds", "Duration of runs that failed"
        )
        self._latency = self._summary(
            "spark_application_start_latency_seconds", "From creation to a running driver"
        )
        self._latencies = Histogram(
            "spark_application_start_latency_seconds_histogram",
            "From creation to a running driver",
            self._names,
            buckets=_START_LATENCY_BUCKETS,
            registry=self.registry,
        )
        self._executor_succeeded = self._counter(
            "spark_executor_success_count", "Executors that succeeded"
        )
        self._executor_failed = self._counter(
            "spark_executor_failure_count", "Executors that failed"
        )
        self.reconcile = ReconcileMetrics(self.registry)
        self._values(_NOBODY)

    def seen(self, app: Described) -> None:
        """A new application."""
        self._count.add(self._values(app))

    def submitted(self, app: Described) -> None:
        """A driver was created."""
        self._submitted.add(self._values(app))

    def submission_failed(self, app: Described) -> None:
        """A driver could not be created."""
        self._refused.add(self._values(app))

    def started(self, app: Described, seconds: float) -> None:
        """A first driver runs, so many seconds after the application was created."""
        values = self._values(app)
        _of(self._latency, values).observe(seconds)
        _of(self._latencies, values).observe(seconds)

    def succeeded(self, app: Described, seconds: float) -> None:
        """A run of so many seconds succeeded."""
        values = self._values(app)
        self._succeeded.add(values)
        _of(self._success_seconds, values).observe(seconds)

    def failed(self, app: Described, seconds: float) -> None:
        """A run of so many seconds failed."""
        values = self._values(app)
        self._failed.add(values)
        _of(self._failure_seconds, values).observe(seconds)

    def executor_ended(self, app: Described, *, well: bool) -> None:
        """An executor came to its end."""
        counter = self._executor_succeeded if well else self._executor_failed
        counter.add(self._values(app))

    def running(
        self,
        applications: Callable[[], Iterable[Described]],
        executors: Callable[[], Iterable[Described]],
    ) -> None:
        """Count at each scrape what runs now: one entry for each application and executor."""
        for name, text, read in (
            ("spark_application_running_count", "Applications that run", applications),
            ("spark_executor_running_count", "Executors that run", executors),
        ):
            self.registry.register(Gauges(name, text, self._names, self._tally(read)))

    def exposition(self) -> bytes:
        """Return all metrics in the text format (CONTENT_TYPE)."""
        return (
            generate_latest(self.registry)
            + "".join(counter.exposition() for counter in self._bare).encode()
        )

    def _tally(self, read: Callable[[], Iterable[Described]]) -> Read:
        def count() -> Iterable[tuple[Values, float]]:
            tally = Tally(self._values(app) for app in read())
            return tally.items() if tally else [(self._values(_NOBODY), 0)]

        return count

    def _values(self, app: Described) -> Values:
        namespace, labels = app
        own = {re.sub(r"\W", "_", name): value for name, value in labels.items()}
        values = tuple(
            own.get(name) or (namespace if name == "namespace" and namespace else UNKNOWN)
            for name in self._names
        )
        if values not in self._known:
            self._known.add(values)
            self._start_at_zero(values)
        return values

    def _counter(self, name: str, text: str) -> BareCounter:
        counter = BareCounter(name, text, self._names)
        self._bare.append(counter)
        return counter

    def _summary(self, name: str, text: str) -> Summary:
        return Summary(name, text, self._names, registry=self.registry)

    def _start_at_zero(self, values: Values) -> None:
        """A counter that appears with its first event hides that event from `increase`."""
        for counter in self._bare:
            counter.add(values, 0)
        if values:
            for summary in (self._success_seconds, self._failure_seconds, self._latency):
                summary.labels(*values)
            self._latencies.labels(*values)


class ReconcileMetrics:
    """An observer of the queue: how long keys wait and how long their turns take."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._wait = Histogram(
            "yeoul_queue_wait_seconds",
            "From due to begun",
            ["lane"],
            buckets=_RECONCILE_BUCKETS,
            registry=registry,
        )
        self._seconds = Histogram(
            "yeoul_reconcile_seconds",
            "Duration of a reconcile",
            ["lane"],
            buckets=_RECONCILE_BUCKETS,
            registry=registry,
        )
        self._errors = Counter(
            "yeoul_reconcile_errors", "Reconciles that failed", ["lane"], registry=registry
        )
        for lane in Lane:
            self._wait.labels(lane)
            self._seconds.labels(lane)
            self._errors.labels(lane)

    def started(self, lane: Lane, waited: float) -> None:
        """See `queue.Observer`."""
        self._wait.labels(lane).observe(waited)

    def finished(self, lane: Lane, seconds: float, failed: bool) -> None:
        """See `queue.Observer`."""
        self._seconds.labels(lane).observe(seconds)
        if failed:
            self._errors.labels(lane).inc()


M = TypeVar("M", Summary, Histogram)


def _of(metric: M, values: Values) -> M:
    """A metric without labels is its own only child."""
    return metric.labels(*values) if values else metric
