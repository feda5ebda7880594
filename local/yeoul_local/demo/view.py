"""What the screen shows of the stream, as data."""

from dataclasses import dataclass, field
from typing import Literal

from yeoul_local.demo.sample import Sample, SinkProgress

Phase = Literal["waiting", "streaming", "catching up", "draining", "proving", "drawing", "ended"]

SAYING: dict[Phase, str] = {
    "waiting": "waiting for the first row: Spark takes longest to start",
    "streaming": "streaming",
    "catching up": "the poller has stopped, the rest of Kafka is delivered",
    "draining": "the running batches are finished",
    "proving": "proving: Kafka is compared with what the sinks hold",
    "drawing": "drawing the page",
    "ended": "ended",
}


@dataclass(frozen=True)
class SinkLine:
    """One sink; its counts are those of this run.

    Attributes:
        rate: rows a second, lately.
        lag: records behind the topic's end, lag_seconds the age of the last one committed.
        batch_age: seconds since the last batch was committed.
    """

    name: str
    kind: str
    state: str
    rate: float | None = None
    written: int = 0
    dead: int = 0
    files: int = 0
    lag: int | None = None
    lag_seconds: float | None = None
    batch_age: float | None = None
    restarts: int = 0
    error: str | None = None


@dataclass(frozen=True)
class View:
    """One moment.

    Attributes:
        elapsed: seconds since the first row, or since the start while there is none.
        in_phase: seconds since the phase began.
        total: seconds to stream; None until Ctrl-C.
        vehicles: vehicles with a row of the last seconds.
        rows: rows that this run has brought to PostgreSQL.
        sent: records that the poller has sent.
        sent_rate: those a second, lately.
    """

    phase: Phase = "waiting"
    elapsed: float = 0.0
    in_phase: float = 0.0
    total: float | None = None
    vehicles: int | None = None
    rows: int | None = None
    sent: int | None = None
    sent_rate: float | None = None
    sinks: tuple[SinkLine, ...] = field(default=())

    @property
    def done(self) -> float | None:
        """The share of the time to stream that has passed; None where there is no end."""
        if self.phase == "waiting":
            return 0.0
        if self.phase != "streaming":
            return 1.0
        return None if self.total is None else min(self.elapsed / self.total, 1.0)


def sink_line(
    name: str, sink: SinkProgress, before: SinkProgress | None, rate: float | None
) -> SinkLine:
    """The line of a sink, whose totals were those of `before` when this run began."""
    return SinkLine(
        name=name,
        kind=sink.kind,
        state=sink.state,
        rate=rate,
        written=sink.rows_written - before.rows_written if before else 0,
        dead=sink.rows_dead - before.rows_dead if before else 0,
        files=sink.files - before.files if before else 0,
        lag=sink.lag_rows,
        lag_seconds=sink.lag_seconds,
        batch_age=sink.last_batch_age_seconds,
        restarts=sink.restarts,
        error=sink.last_error,
    )


def first_seen(known: dict[str, SinkProgress], sample: Sample) -> dict[str, SinkProgress]:
    """`known` with every sink that is open for the first time: its totals are of earlier runs."""
    opened = {name: sink for name, sink in sample.sinks.items() if sink.epoch > 0}
    return {**opened, **known}
