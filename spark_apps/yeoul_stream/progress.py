"""What the job knows of itself: one row a sink, shown by /progress, /metrics and /healthz."""

import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from yeoul_stream.books import Totals
from yeoul_stream.sinks.protocol import Opened, Written

State = Literal["starting", "running", "backoff", "failed", "finished", "drained"]
_RATE_WINDOW_S = 60.0
BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Upper bounds of the classes into which batches are counted by duration, seconds."""


class Proof(BaseModel):
    """What a run of `verify` has found of one sink."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, strict=True
    )

    state: Literal["holds", "attested", "fails", "unproven", "unreachable", "empty"]
    at: float = Field(ge=0)
    """When it ended, seconds since 1970."""
    records: int = Field(ge=0)
    findings: int = Field(ge=0)
    seconds: float = Field(ge=0)


class JavaVitals(BaseModel):
    """The driver's Java process: bytes, seconds, threads."""

    model_config = ConfigDict(frozen=True)

    heap_used: int
    heap_max: int
    other_used: int
    gc_seconds: float
    collections: int
    threads: int


class ExecutorVitals(BaseModel):
    """One executor as Spark's scheduler knows it: peaks in bytes since it started."""

    model_config = ConfigDict(frozen=True)

    name: str
    peaks: Mapping[str, int]
    gc_seconds: float
    tasks_failed: int


@dataclass(frozen=True)
class Limits:
    """What is expected of a sink: seconds between batches, and the objective of its freshness."""

    trigger: float = 0.0
    freshness: float = 60.0


class SinkProgress(BaseModel):
    """One sink. Rows are totals since the sink exists; rates cover the last minute."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    kind: str
    query: str
    state: State
    epoch: int
    last_batch_id: int | None
    last_batch_at: datetime | None
    last_batch_age_seconds: float | None
    last_batch_seconds: float | None
    batches: int
    rows_read: int
    rows_written: int
    rows_filtered: int
    rows_dead: int
    rows_lost: int
    unknown_keys: int
    rows_per_second: float
    lag_rows: int | None
    lag_seconds: float | None
    restarts: int
    files: int
    last_error: str | None
    newest_record_at: datetime | None = None
    freshness_seconds: float | None = None
    objective_seconds: float = 60.0
    missed_triggers: int = 0
    dead_reasons: dict[str, int] = Field(default_factory=dict)
    # Told as metrics only: the operator asks every few seconds.
    positions: dict[int, int] = Field(default_factory=dict, exclude=True)
    phases: dict[str, float] = Field(default_factory=dict, exclude=True)
    durations: tuple[int, ...] = Field(default=(), exclude=True)
    duration_sum: float = Field(default=0.0, exclude=True)
    proof: Proof | None = None


class Progress(BaseModel):
    """The whole pipeline at one moment. Lag in rows counts offsets: an upper bound.

    `partitions`: of the topic, None until known. `executors`: those that are registered, None where
    their number cannot be changed, as in a local run. `executors_target`: what was asked for last.
    `source_error`: why Kafka does not tell how far the topic goes; lag is that of before then.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    pipeline: str
    namespace: str
    topic: str
    epoch: int
    started_at: datetime
    partitions: int | None
    executors: int | None
    executors_target: int | None
    source_error: str | None = None
    sinks: dict[str, SinkProgress]
    ends: dict[int, int] = Field(default_factory=dict, exclude=True)
    java: JavaVitals | None = Field(default=None, exclude=True)
    executor_vitals: tuple[ExecutorVitals, ...] = Field(default=(), exclude=True)


@dataclass(frozen=True)
class _Row:
    kind: str
    query: str
    state: State = "starting"
    epoch: int = 0
    batch_id: int | None = None
    batch_at: datetime | None = None
    batch_seconds: float | None = None
    batches: int = 0
    totals: Totals = field(default_factory=Totals)
    next_offsets: Mapping[int, int] = field(default_factory=dict)
    restarts: int = 0
    files: int = 0
    error: str | None = None
    limits: Limits = field(default_factory=Limits)
    missed: int = 0
    phases: Mapping[str, float] = field(default_factory=dict)
    durations: tuple[int, ...] = (0,) * (len(BUCKETS) + 1)
    duration_sum: float = 0.0
    proof: Proof | None = None


class Board:
    """The sinks' rows, written by their threads and read by the HTTP endpoint. Thread-safe."""

    def __init__(self, pipeline: str, namespace: str, topic: str, started_at: datetime) -> None:
        self._names = (pipeline, namespace, topic)
        self._started_at = started_at
        self._lock = threading.Lock()
        self._rows: dict[str, _Row] = {}
        self._rates: dict[str, deque[tuple[datetime, int]]] = {}
        self._ends: Mapping[int, int] = {}
        self._source_error: str | None = None
        self._executors: int | None = None
        self._executors_wanted: int | None = None
        self._java: JavaVitals | None = None
        self._executor_vitals: tuple[ExecutorVitals, ...] = ()

    def add(self, sink: str, kind: str, query: str, limits: Limits | None = None) -> None:
        """Register a sink."""
        with self._lock:
            self._rows[sink] = _Row(kind, query, limits=limits or Limits())
            self._rates[sink] = deque()

    def _change(self, sink: str, **changes: object) -> None:
        with self._lock:
            self._rows[sink] = replace(self._rows[sink], **changes)  # type: ignore[arg-type]

    def state(self, sink: str, state: State, error: str | None = None) -> None:
        """Set a sink's state; an error stays shown until the next batch succeeds."""
        row = self._rows[sink]
        restarts = row.restarts + (1 if state == "backoff" else 0)
        self._change(sink, state=state, error=error or row.error, restarts=restarts)

    def opened(self, sink: str, opened: Opened, next_offsets: Mapping[int, int]) -> None:
        """Take over what the sink has committed so far."""
        self._change(
            sink, epoch=opened.epoch, totals=opened.totals, files=opened.files,
            next_offsets=dict(next_offsets),
        )  # fmt: skip

    def batch(
        self, sink: str, batch_id: int, written: Written, seconds: float, now: datetime
    ) -> None:
        """Add a committed batch."""
        row = self._rows[sink]
        rates = self._rates[sink]
        rates.append((now, sum(book.read for book in written.books)))
        while (now - rates[0][0]).total_seconds() > _RATE_WINDOW_S:
            rates.popleft()
        self._change(
            sink, state="running", batch_id=batch_id, batch_at=now, batch_seconds=seconds,
            batches=row.batches + 1, totals=row.totals.plus(written.books),
            files=row.files + written.files, error=None,
            next_offsets={**row.next_offsets, **written.next_offsets},
            durations=_counted(row.durations, seconds), duration_sum=row.duration_sum + seconds,
        )  # fmt: skip

    def phases(self, query: str, seconds: Mapping[str, float], total: float) -> None:
        """Add what Spark says of a query's trigger: how long it took, and each phase of it."""
        sink = next((name for name, row in self._rows.items() if row.query == query), None)
        if sink is None:
            return
        row = self._rows[sink]
        sums = {name: row.phases.get(name, 0.0) + spent for name, spent in seconds.items()}
        # A trigger that is due while a batch runs is left out.
        missed = int(total / row.limits.trigger) if row.limits.trigger else 0
        self._change(sink, phases={**row.phases, **sums}, missed=row.missed + missed)

    def proven(self, sink: str, proof: Proof) -> bool:
        """Set what `verify` has found of a sink; whether there is that sink."""
        if sink not in self._rows:
            return False
        self._change(sink, proof=proof)
        return True

    def vitals(self, java: JavaVitals, executors: tuple[ExecutorVitals, ...]) -> None:
        """Set how the processes are."""
        with self._lock:
            self._java, self._executor_vitals = java, executors

    def topic_ends(self, ends: Mapping[int, int]) -> None:
        """Set the topic's end offsets, against which lag is counted."""
        with self._lock:
            self._ends, self._source_error = dict(ends), None

    def source_away(self, error: str) -> None:
        """Kafka does not answer; until it does, lag is what it was."""
        with self._lock:
            self._source_error = error

    def executors_live(self, count: int) -> None:
        """Set how many executors there are."""
        with self._lock:
            self._executors = count

    def executors_wanted(self, count: int) -> None:
        """Set how many were asked for."""
        with self._lock:
            self._executors_wanted = count

    def snapshot(self, now: datetime) -> Progress:
        """Return everything as of `now`."""
        with self._lock:
            rows, ends, source_error = dict(self._rows), self._ends, self._source_error
            executors, executors_target = self._executors, self._executors_wanted
            java, executor_vitals = self._java, self._executor_vitals
            rates = {sink: tuple(rate) for sink, rate in self._rates.items()}
        pipeline, namespace, topic = self._names
        return Progress(
            pipeline=pipeline,
            namespace=namespace,
            topic=topic,
            epoch=max((row.epoch for row in rows.values()), default=0),
            started_at=self._started_at,
            partitions=len(ends) or None,
            executors=executors,
            executors_target=executors_target,
            source_error=source_error,
            sinks={
                sink: _show(row, _rate(rates[sink], self._started_at, now), ends, now)
                for sink, row in rows.items()
            },
            ends=dict(ends),
            java=java,
            executor_vitals=executor_vitals,
        )


def _rate(samples: tuple[tuple[datetime, int], ...], began: datetime, now: datetime) -> float:
    recent = [count for at, count in samples if (now - at).total_seconds() <= _RATE_WINDOW_S]
    span = min(_RATE_WINDOW_S, max((now - began).total_seconds(), 1.0))
    return sum(recent) / span


def _show(row: _Row, rate: float, ends: Mapping[int, int], now: datetime) -> SinkProgress:
    lag = _lag_rows(row.next_offsets, ends)
    return SinkProgress(
        kind=row.kind,
        query=row.query,
        state=row.state,
        epoch=row.epoch,
        last_batch_id=row.batch_id,
        last_batch_at=row.batch_at,
        last_batch_age_seconds=_age(row.batch_at, now),
        last_batch_seconds=row.batch_seconds,
        batches=row.batches,
        rows_read=row.totals.read,
        rows_written=row.totals.written,
        rows_filtered=row.totals.filtered,
        rows_dead=row.totals.dead,
        rows_lost=row.totals.lost,
        unknown_keys=row.totals.unknown_keys,
        rows_per_second=round(rate, 1),
        lag_rows=lag,
        lag_seconds=0.0 if lag == 0 else _age(row.totals.newest, now),
        restarts=row.restarts,
        files=row.files,
        last_error=row.error,
        newest_record_at=row.totals.newest,
        freshness_seconds=_age(row.totals.newest, now),
        objective_seconds=row.limits.freshness,
        missed_triggers=row.missed,
        dead_reasons=dict(row.totals.reasons),
        positions=dict(row.next_offsets),
        phases=dict(row.phases),
        durations=row.durations,
        duration_sum=row.duration_sum,
        proof=row.proof,
    )


def _counted(durations: tuple[int, ...], seconds: float) -> tuple[int, ...]:
    place = bisect_left(BUCKETS, seconds)
    return (*durations[:place], durations[place] + 1, *durations[place + 1 :])


def _lag_rows(positions: Mapping[int, int], ends: Mapping[int, int]) -> int | None:
    if not ends or not positions:
        return None
    return sum(max(end - positions.get(partition, 0), 0) for partition, end in ends.items())


def _age(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else round((now - moment).total_seconds(), 3)
