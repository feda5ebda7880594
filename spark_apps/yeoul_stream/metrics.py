"""The job's progress as Prometheus metrics. Pure: a snapshot in, metric families out."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from yeoul_stream.progress import Progress, SinkProgress

_LABELS = ("pipeline", "query", "sink", "topic")
_STATES = ("starting", "running", "backoff", "failed", "finished", "drained")
_COUNTERS = {
    "yeoul_rows_read": ("Records read from Kafka and accounted for.", "rows_read"),
    "yeoul_rows_written": ("Rows written.", "rows_written"),
    "yeoul_rows_filtered": ("Records that `where` excluded.", "rows_filtered"),
    "yeoul_rows_dead": ("Dead letters.", "rows_dead"),
    "yeoul_rows_lost": ("Offsets that Kafka dropped before they were read.", "rows_lost"),
    "yeoul_unknown_keys": ("Values under undeclared keys.", "unknown_keys"),
    "yeoul_batches": ("Batches committed since this driver started.", "batches"),
    "yeoul_restarts": ("Restarts of the sink's query since this driver started.", "restarts"),
}
_GAUGES = {
    "yeoul_lag_rows": ("Offsets not yet committed: an upper bound of records.", "lag_rows"),
    "yeoul_lag_seconds": ("Age of the newest committed record while there is lag.", "lag_seconds"),
    "yeoul_rows_per_second": ("Records read a second, over the last minute.", "rows_per_second"),
    "yeoul_last_batch_seconds": ("Duration of the last batch.", "last_batch_seconds"),
    "yeoul_last_batch_age_seconds": ("Time since the last batch.", "last_batch_age_seconds"),
    "yeoul_epoch": ("The epoch this driver writes under.", "epoch"),
    "yeoul_files": ("Files committed by the sink.", "files"),
}
_WHOLE_LABELS = ("pipeline", "topic")
_WHOLE_GAUGES = {
    "yeoul_partitions": ("Partitions of the topic.", "partitions"),
    "yeoul_executors": ("Executors that are registered with the driver.", "executors"),
    "yeoul_executors_target": ("Executors that were asked for last.", "executors_target"),
}


def families(progress: Progress) -> Iterable[Metric]:
    """Yield the metric families of a snapshot, labelled pipeline, query, sink, topic.

    What is said of the whole pipeline is labelled pipeline, topic, and left out while not known.
    """
    for name, (text, attribute) in _COUNTERS.items():
        counter = CounterMetricFamily(name, text, labels=_LABELS)
        for labels, value in _values(progress, attribute):
            counter.add_metric(labels, value)
        yield counter
    for name, (text, attribute) in _GAUGES.items():
        gauge = GaugeMetricFamily(name, text, labels=_LABELS)
        for labels, value in _values(progress, attribute):
            gauge.add_metric(labels, value)
        yield gauge
    for name, (text, attribute) in _WHOLE_GAUGES.items():
        gauge = GaugeMetricFamily(name, text, labels=_WHOLE_LABELS)
        value = getattr(progress, attribute)
        if value is not None:
            gauge.add_metric((progress.pipeline, progress.topic), float(value))
        yield gauge
    states = GaugeMetricFamily(
        "yeoul_state", "1 for the sink's present state.", labels=(*_LABELS, "state")
    )
    for sink, row in progress.sinks.items():
        for state in _STATES:
            states.add_metric((*_labels(progress, sink, row), state), float(row.state == state))
    yield states


def _values(progress: Progress, attribute: str) -> Iterable[tuple[tuple[str, ...], float]]:
    for sink, row in progress.sinks.items():
        value = getattr(row, attribute)
        if value is not None:
            yield _labels(progress, sink, row), float(value)


def _labels(progress: Progress, sink: str, row: SinkProgress) -> tuple[str, ...]:
    return (progress.pipeline, row.query, sink, progress.topic)
