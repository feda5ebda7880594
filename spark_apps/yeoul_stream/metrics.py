"""The job's progress as Prometheus metrics. Pure: a snapshot in, metric families out.

The namespace is no label here: whoever scrapes a pod knows it, and adds it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from yeoul_stream.progress import BUCKETS, Progress, SinkProgress

SINK = ("pipeline", "query", "sink", "topic")
PIPELINE = ("pipeline", "topic")
STATES = ("starting", "running", "backoff", "failed", "finished", "drained")
_SOUND = {"holds": 1.0, "attested": 1.0, "empty": 1.0, "fails": 0.0}

Sample = tuple[tuple[str, ...], float]
"""Values of the labels, and the value."""
Read = Callable[[Progress], Iterable[Sample]]


@dataclass(frozen=True)
class Shown:
    """A metric.

    Attributes:
        name: with its unit; a counter's without `_total`.
        kind: its type.
        labels: the names of its labels.
        text: what it means.
        read: its values of a snapshot; what is not known is left out.
    """

    name: str
    kind: Literal["counter", "gauge"]
    labels: tuple[str, ...]
    text: str
    read: Read

    def family(self, progress: Progress) -> Metric:
        """Return the metric with its values."""
        make = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        family = make(self.name, self.text, labels=self.labels)
        for labels, value in self.read(progress):
            family.add_metric(labels, value)
        return family


def _labels(progress: Progress, sink: str, row: SinkProgress) -> tuple[str, ...]:
    return (progress.pipeline, row.query, sink, progress.topic)


def _each(read: Callable[[SinkProgress], float | None]) -> Read:
    """One value a sink."""

    def samples(progress: Progress) -> Iterator[Sample]:
        for sink, row in progress.sinks.items():
            value = read(row)
            if value is not None:
                yield _labels(progress, sink, row), float(value)

    return samples


def _several(read: Callable[[SinkProgress], Iterable[tuple[object, float]]]) -> Read:
    """Several values a sink, told apart by one more label."""

    def samples(progress: Progress) -> Iterator[Sample]:
        for sink, row in progress.sinks.items():
            for label, value in read(row):
                yield (*_labels(progress, sink, row), str(label)), float(value)

    return samples


def _once(read: Callable[[Progress], float | None]) -> Read:
    """One value of the whole pipeline."""

    def samples(progress: Progress) -> Iterator[Sample]:
        value = read(progress)
        if value is not None:
            yield (progress.pipeline, progress.topic), float(value)

    return samples


def _ends(progress: Progress) -> Iterator[Sample]:
    for partition, end in progress.ends.items():
        yield (progress.pipeline, progress.topic, str(partition)), float(end)


def _peaks(progress: Progress) -> Iterator[Sample]:
    for one in progress.executor_vitals:
        for kind, value in one.peaks.items():
            yield (progress.pipeline, progress.topic, one.name, kind), float(value)


def _executor_gc(progress: Progress) -> Iterator[Sample]:
    for one in progress.executor_vitals:
        yield (progress.pipeline, progress.topic, one.name), one.gc_seconds


def _executor_failures(progress: Progress) -> Iterator[Sample]:
    for one in progress.executor_vitals:
        yield (progress.pipeline, progress.topic, one.name), float(one.tasks_failed)


def _states(row: SinkProgress) -> Iterator[tuple[object, float]]:
    return ((state, float(row.state == state)) for state in STATES)


def _proof(name: Literal["at", "records", "findings", "seconds"]) -> Read:
    """Of the last proof that could be given."""
    return _each(
        lambda row: getattr(row.proof, name) if row.proof and row.proof.state in _SOUND else None
    )


SHOWN = (
    Shown("yeoul_rows_read", "counter", SINK, "Records read from Kafka and accounted for.",
          _each(lambda row: row.rows_read)),
    Shown("yeoul_rows_written", "counter", SINK, "Rows written.",
          _each(lambda row: row.rows_written)),
    Shown("yeoul_rows_filtered", "counter", SINK, "Records that `where` excluded.",
          _each(lambda row: row.rows_filtered)),
    Shown("yeoul_rows_dead", "counter", SINK, "Dead letters.", _each(lambda row: row.rows_dead)),
    Shown("yeoul_dead_letters", "counter", (*SINK, "reason"), "Dead letters by reason: decode, "
          "expression, target.", _several(lambda row: row.dead_reasons.items())),
    Shown("yeoul_rows_lost", "counter", SINK, "Offsets that Kafka dropped before they were read.",
          _each(lambda row: row.rows_lost)),
    Shown("yeoul_unknown_keys", "counter", SINK, "Values under undeclared keys.",
          _each(lambda row: row.unknown_keys)),
    Shown("yeoul_batches", "counter", SINK, "Batches committed since this driver started.",
          _each(lambda row: row.batches)),
    Shown("yeoul_batch_phase_seconds", "counter", (*SINK, "phase"), "Time that triggers spent, by "
          "phase: offsets (asking Kafka), plan, log (Spark's checkpoint), write (reading, decoding "
          "and committing), other.", _several(lambda row: row.phases.items())),
    Shown("yeoul_missed_triggers", "counter", SINK, "Triggers that were due while a batch ran.",
          _each(lambda row: row.missed_triggers)),
    Shown("yeoul_restarts", "counter", SINK, "Restarts of the sink's query since this driver "
          "started.", _each(lambda row: row.restarts)),
    Shown("yeoul_state", "gauge", (*SINK, "state"), "1 for the sink's present state.",
          _several(_states)),
    Shown("yeoul_lag_rows", "gauge", SINK, "Offsets not yet committed: an upper bound of records.",
          _each(lambda row: row.lag_rows)),
    Shown("yeoul_lag_seconds", "gauge", SINK, "Age of the newest committed record while there is "
          "lag, else 0.", _each(lambda row: row.lag_seconds)),
    Shown("yeoul_freshness_seconds", "gauge", SINK, "Age of the newest record that readers of the "
          "target see, by its time in Kafka.", _each(lambda row: row.freshness_seconds)),
    Shown("yeoul_freshness_objective_seconds", "gauge", SINK, "The lag in seconds that the "
          "pipeline allows: health.maxLag, and the trigger's interval.",
          _each(lambda row: row.objective_seconds)),
    Shown("yeoul_newest_record_timestamp_seconds", "gauge", SINK, "When the newest record that "
          "readers see came to Kafka.",
          _each(lambda row: row.newest_record_at.timestamp() if row.newest_record_at else None)),
    Shown("yeoul_rows_per_second", "gauge", SINK, "Records read a second, over the last minute.",
          _each(lambda row: row.rows_per_second)),
    Shown("yeoul_last_batch_seconds", "gauge", SINK, "Duration of the last batch.",
          _each(lambda row: row.last_batch_seconds)),
    Shown("yeoul_last_batch_age_seconds", "gauge", SINK, "Time since the last batch.",
          _each(lambda row: row.last_batch_age_seconds)),
    Shown("yeoul_position", "gauge", (*SINK, "partition"), "The sink's next offset.",
          _several(lambda row: row.positions.items())),
    Shown("yeoul_epoch", "gauge", SINK, "The epoch this driver writes under.",
          _each(lambda row: row.epoch)),
    Shown("yeoul_files", "gauge", SINK, "Files committed by the sink.",
          _each(lambda row: row.files)),
    Shown("yeoul_verify_ok", "gauge", SINK, "1 if the last proof held, 0 if it found a difference.",
          _each(lambda row: _SOUND.get(row.proof.state) if row.proof else None)),
    Shown("yeoul_verify_timestamp_seconds", "gauge", SINK, "When the last proof ended.",
          _proof("at")),
    Shown("yeoul_verify_duration_seconds", "gauge", SINK, "How long the last proof took.",
          _proof("seconds")),
    Shown("yeoul_verify_records", "gauge", SINK, "Records that the last proof compared.",
          _proof("records")),
    Shown("yeoul_verify_findings", "gauge", SINK, "Differences that the last proof found.",
          _proof("findings")),
    Shown("yeoul_partitions", "gauge", PIPELINE, "Partitions of the topic.",
          _once(lambda progress: progress.partitions)),
    Shown("yeoul_source_up", "gauge", PIPELINE, "1 while Kafka tells how far the topic goes.",
          _once(lambda progress: float(progress.source_error is None))),
    Shown("yeoul_topic_end", "gauge", (*PIPELINE, "partition"), "The topic's next offset.", _ends),
    Shown("yeoul_executors", "gauge", PIPELINE, "Executors that are registered with the driver.",
          _once(lambda progress: progress.executors)),
    Shown("yeoul_executors_target", "gauge", PIPELINE, "Executors that were asked for last.",
          _once(lambda progress: progress.executors_target)),
    Shown("yeoul_driver_heap_used_bytes", "gauge", PIPELINE, "The driver's Java heap in use.",
          _once(lambda progress: progress.java.heap_used if progress.java else None)),
    Shown("yeoul_driver_heap_max_bytes", "gauge", PIPELINE, "The most that this heap may grow to.",
          _once(lambda progress: progress.java.heap_max if progress.java else None)),
    Shown("yeoul_driver_off_heap_bytes", "gauge", PIPELINE, "The driver's Java memory beside the "
          "heap.", _once(lambda progress: progress.java.other_used if progress.java else None)),
    Shown("yeoul_driver_gc_seconds", "counter", PIPELINE, "Time of the driver's garbage collector.",
          _once(lambda progress: progress.java.gc_seconds if progress.java else None)),
    Shown("yeoul_driver_threads", "gauge", PIPELINE, "The driver's Java threads.",
          _once(lambda progress: progress.java.threads if progress.java else None)),
    Shown("yeoul_executor_memory_peak_bytes", "gauge", (*PIPELINE, "executor", "kind"), "The most "
          "memory that a live executor has had: heap, off_heap, java_resident, python_resident. Of "
          "a local run, the driver's.", _peaks),
    Shown("yeoul_executor_gc_seconds", "counter", (*PIPELINE, "executor"), "Time of a live "
          "executor's garbage collector.", _executor_gc),
    Shown("yeoul_executor_tasks_failed", "counter", (*PIPELINE, "executor"), "Tasks that failed on "
          "a live executor.", _executor_failures),
)  # fmt: skip
BATCH = ("yeoul_batch_seconds", "Duration of batches, of their own work: without Spark's planning.")


def families(progress: Progress) -> Iterable[Metric]:
    """Yield the metric families of a snapshot; what is not known is left out."""
    for shown in SHOWN:
        yield shown.family(progress)
    histogram = HistogramMetricFamily(*BATCH, labels=SINK)
    for sink, row in progress.sinks.items():
        histogram.add_metric(_labels(progress, sink, row), [*_buckets(row)], row.duration_sum)
    yield histogram


def _buckets(row: SinkProgress) -> Iterator[tuple[str, float]]:
    count = 0
    bounds = [*map(str, BUCKETS), "+Inf"]
    for bound, here in zip(bounds, row.durations or (0,) * len(bounds), strict=True):
        count += here
        yield bound, float(count)
