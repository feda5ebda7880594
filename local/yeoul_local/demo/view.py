"""What the screen shows of a demonstration, as data."""

from dataclasses import dataclass, field

from yeoul_local.demo.sample import Phase, SinkProgress


@dataclass(frozen=True)
class SinkLine:
    """One sink's line.

    Attributes:
        rate: rows a second, lately.
    """

    name: str
    progress: SinkProgress
    rate: float | None


@dataclass(frozen=True)
class View:
    """One moment.

    Attributes:
        phase: where the demonstration is.
        elapsed: seconds since the first row, or since the start while there is none.
        total: seconds to stream; None until Ctrl-C.
        vehicles: vehicles with a row of the last seconds.
        rows: rows that this run has brought to PostgreSQL.
        sent: records that the poller has sent.
        sent_rate: those a second, lately.
        sinks: the sinks.
    """

    phase: Phase = "waiting"
    elapsed: float = 0.0
    total: float | None = None
    vehicles: int | None = None
    rows: int | None = None
    sent: int | None = None
    sent_rate: float | None = None
    sinks: tuple[SinkLine, ...] = field(default=())

    @property
    def done(self) -> float | None:
        """The share of the time to stream that has passed; None where there is no end."""
        if self.total is None:
            return None
        if self.phase == "waiting":
            return 0.0
        return min(self.elapsed / self.total, 1.0) if self.phase == "streaming" else 1.0
