"""What the job knows of itself: one row a sink, shown by /progress, /metrics and /healthz."""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from yeoul_stream.books import Totals, latest
from yeoul_stream.sinks.protocol import Opened, Written

State = Literal["starting", "running", "backoff", "failed", "finished", "drained"]
_RATE_WINDOW_S = 60.0


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


class Progress(BaseModel):
    """The whole pipeline at one moment. Lag in rows counts offsets: an upper bound.

    `partitions`: of the topic, None until known. `executors`: those that are registered, None where
    their number cannot be changed, as in a local run. `executors_target`: what was asked for last.
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
    sinks: dict[str, SinkProgress]


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
    last_record_at: datetime | None = None
    next_offsets: Mapping[int, int] = field(default_factory=dict)
    restarts: int = 0
    files: int = 0
    error: str | None = None


class Board:
    """The sinks' rows, written by their threads and read by the HTTP endpoint. Thread-safe."""

    def __init__(self, pipeline: str, namespace: str, topic: str, started_at: datetime) -> None:
        self._names = (pipeline, namespace, topic)
        self._started_at = started_at
        self._lock = threading.Lock()
        self._rows: dict[str, _Row] = {}
        self._rates: dict[str, deque[tuple[datetime, int]]] = {}
        self._ends: Mapping[int, int] = {}
        self._executors: int | None = None
        self._executors_wanted: int | None = None

    def add(self, sink: str, kind: str, query: str) -> None:
        """Register a sink."""
        with self._lock:
            self._rows[sink] = _Row(kind, query)
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
        newest = row.last_record_at
        for book in written.books:
            newest = latest(newest, book.last_kafka_time)
        rates = self._rates[sink]
        rates.append((now, sum(book.read for book in written.books)))
        while (now - rates[0][0]).total_seconds() > _RATE_WINDOW_S:
            rates.popleft()
        self._change(
            sink, state="running", batch_id=batch_id, batch_at=now, batch_seconds=seconds,
            batches=row.batches + 1, totals=row.totals.plus(written.books),
            last_record_at=newest, files=row.files + written.files, error=None,
            next_offsets={**row.next_offsets, **written.next_offsets},
        )  # fmt: skip

    def topic_ends(self, ends: Mapping[int, int]) -> None:
        """Set the topic's end offsets, against which lag is counted."""
        with self._lock:
            self._ends = dict(ends)

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
            rows, ends = dict(self._rows), self._ends
            executors, executors_target = self._executors, self._executors_wanted
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
            sinks={
                sink: _show(row, _rate(rates[sink], self._started_at, now), ends, now)
                for sink, row in rows.items()
            },
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
        lag_seconds=0.0 if lag == 0 else _age(row.last_record_at, now),
        restarts=row.restarts,
        files=row.files,
        last_error=row.error,
    )


def _lag_rows(positions: Mapping[int, int], ends: Mapping[int, int]) -> int | None:
    if not ends or not positions:
        return None
    return sum(max(end - positions.get(partition, 0), 0) for partition, end in ends.items())


def _age(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else round((now - moment).total_seconds(), 3)
