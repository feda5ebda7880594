"""Whether a pipeline works: what its driver reports, over time, against its limits. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from yeoul_operator.pipeline.progress import Progress, Report, SinkProgress
from yeoul_stream.pipeline import StreamPipeline

_WORKING = ("running", "finished")
_ENDED = ("failed", "finished", "drained")
# An endpoint that misses a few polls is busy; one that misses more is not known to work.
_SILENT_S = 30.0
# A lag that goes to and fro around its limit is one event, not one a minute.
_RELEASE = 0.8


@dataclass(frozen=True, slots=True)
class Limits:
    """When a pipeline counts as unhealthy, in seconds; `intervals` are the sinks' triggers."""

    batch_age: float
    lag: float
    intervals: Mapping[str, float] = field(default_factory=dict)

    def of(self, limit: float, sink: str) -> float:
        """Return a limit for a sink: between two batches it waits for its trigger."""
        return limit + self.intervals.get(sink, 0.0)


def limits_of(pipeline: StreamPipeline) -> Limits:
    """Return the limits that a pipeline sets."""
    health = pipeline.spec.health
    intervals = {sink.name: sink.trigger.seconds or 0.0 for sink in pipeline.spec.sinks}
    return Limits(health.max_batch_age, health.max_lag, intervals)


@dataclass(frozen=True, slots=True)
class SinkWatch:
    """A sink over time. `behind_since`: it has had work since then and completed no batch."""

    batches: int
    behind_since: datetime | None


@dataclass(frozen=True, slots=True)
class Watch:
    """One driver pod over time, from the first report about it."""

    pod_uid: str
    since: datetime
    silent_since: datetime | None = None
    error: str = ""
    progress: Progress | None = None
    """The last that was heard, silent or not."""
    sinks: Mapping[str, SinkWatch] = field(default_factory=dict)


def follow(before: Watch | None, report: Report) -> Watch:
    """Return what is known after a report; another pod begins anew."""
    if before is None or before.pod_uid != report.pod_uid:
        before = Watch(report.pod_uid, report.at)
    if report.progress is None:
        silent_since = before.silent_since or report.at
        return replace(before, silent_since=silent_since, error=report.error)
    sinks = {
        name: _follow_sink(before.sinks.get(name), sink, report.at)
        for name, sink in report.progress.sinks.items()
    }
    return replace(before, silent_since=None, error="", progress=report.progress, sinks=sinks)


def _follow_sink(before: SinkWatch | None, sink: SinkProgress, at: datetime) -> SinkWatch:
    # A lag that is not known may be any.
    has_work = sink.lag_rows != 0 and sink.state not in _ENDED
    if not has_work:
        return SinkWatch(sink.batches, None)
    if before is None or before.batches != sink.batches or before.behind_since is None:
        return SinkWatch(sink.batches, at)
    return before


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of a driver. Texts are empty where there is nothing to say.

    `works`: every sink runs, and has either completed a batch or has nothing to read.
    `is_known`: the driver answers. `failed`: sinks that stopped for good.
    """

    works: bool = False
    is_known: bool = False
    stalled: str = ""
    degraded: str = ""
    degraded_reason: str = ""
    failed: tuple[str, ...] = ()
    waiting: str = ""
    """What keeps it from working, in a sentence."""


def judge(watch: Watch, limits: Limits, now: datetime, *, was_lagging: bool = False) -> Verdict:
    """Return the verdict on a driver as of `now`.

    `was_lagging`: it was too far behind at the last look; then it has to get well below the limit.
    """
    silence = _seconds(watch.silent_since, now)
    if silence > limits.batch_age:
        text = f"the driver does not answer /progress since health.maxBatchAge: {watch.error}"
        return Verdict(stalled=text, waiting=text)
    if watch.progress is None or silence > _SILENT_S:
        text = f"the driver does not answer /progress: {watch.error}"
        return Verdict(waiting=text if watch.error else "the driver starts")
    progress = watch.progress
    stalled = _join(
        f'sink "{name}" has records to read and completed no batch within health.maxBatchAge'
        for name, sink in watch.sinks.items()
        if _seconds(sink.behind_since, now) > limits.of(limits.batch_age, name)
    )
    failed = tuple(name for name, sink in progress.sinks.items() if sink.state == "failed")
    reason, degraded = _degraded(progress, limits, was_lagging)
    waiting = _join(_waiting(progress))
    return Verdict(
        works=bool(progress.sinks) and not (waiting or stalled),
        is_known=True,
        stalled=stalled,
        degraded=degraded,
        degraded_reason=reason,
        failed=failed,
        waiting=stalled or waiting,
    )


def _waiting(progress: Progress) -> Iterator[str]:
    for name, sink in progress.sinks.items():
        error = f": {sink.last_error}" if sink.last_error else ""
        if sink.state not in _WORKING:
            yield f'sink "{name}" is in state {sink.state}{error}'
        elif not sink.batches and sink.lag_rows != 0 and sink.state != "finished":
            yield f'sink "{name}" has not completed a batch yet'


def _degraded(progress: Progress, limits: Limits, was_lagging: bool) -> tuple[str, str]:
    """Return reason and text of what is worst."""
    failed = {name: sink for name, sink in progress.sinks.items() if sink.state == "failed"}
    if failed:
        return "SinkFailed", _join(
            f'sink "{name}" stopped for good: {sink.last_error}' for name, sink in failed.items()
        )
    if progress.source_error:
        return "SourceAway", f"Kafka does not answer: {progress.source_error}"
    trying = {name: sink for name, sink in progress.sinks.items() if sink.state == "backoff"}
    if trying:
        return "SinkRetrying", _join(
            f'sink "{name}" failed and is tried again: {sink.last_error}'
            for name, sink in trying.items()
        )
    share = _RELEASE if was_lagging else 1.0
    behind = [
        name
        for name, sink in progress.sinks.items()
        if sink.lag_rows and (sink.lag_seconds or 0.0) > share * limits.of(limits.lag, name)
    ]
    if behind:
        return "Lagging", _join(
            f'sink "{name}" is behind by more than health.maxLag' for name in behind
        )
    return "", ""


def _join(texts: Iterator[str]) -> str:
    return "; ".join(texts)


def _seconds(since: datetime | None, now: datetime) -> float:
    return (now - since).total_seconds() if since is not None else 0.0
