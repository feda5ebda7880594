"""What is seen of the stream at one moment, and what follows from a row of such moments."""

from collections import deque
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

# Long enough to span several batches: a shorter one would show each batch as a jump.
RATE_SECONDS = 12.0


class SinkProgress(BaseModel):
    """One sink, as GET /progress tells it. Counts are totals over all runs."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel)

    kind: str
    state: str
    epoch: int = 0
    rows_read: int = 0
    rows_written: int = 0
    rows_filtered: int = 0
    rows_dead: int = 0
    lag_rows: int | None = None
    lag_seconds: float | None = None
    last_batch_age_seconds: float | None = None
    restarts: int = 0
    files: int = 0
    last_error: str | None = None


class JobProgress(BaseModel):
    """The job, as GET /progress tells it."""

    model_config = ConfigDict(frozen=True)

    sinks: dict[str, SinkProgress]


@dataclass(frozen=True)
class Sample:
    """What is known at one moment; None where it is not known.

    Attributes:
        at: seconds on a clock that only goes forward.
        sinks: the sinks by name; empty while the job does not answer.
        vehicles: terminals with a row of the last seconds.
        rows: rows in PostgreSQL, by the books, since the demonstration began.
        sent: records that the poller gave to Kafka since it started.
    """

    at: float
    sinks: dict[str, SinkProgress]
    vehicles: int | None = None
    rows: int | None = None
    sent: int | None = None


def parse_progress(answer: object) -> dict[str, SinkProgress]:
    """The sinks in what GET /progress answered; none if it did not."""
    try:
        return JobProgress.model_validate(answer).sinks
    except ValidationError:
        return {}


def caught_up(sinks: dict[str, SinkProgress]) -> bool:
    """Whether every sink has committed all that was in the topic when lag was last looked at."""
    return bool(sinks) and all(sink.lag_rows == 0 for sink in sinks.values())


class History:
    """The samples of the last seconds, for rates."""

    def __init__(self, seconds: float = RATE_SECONDS) -> None:
        self._seconds = seconds
        self._samples: deque[Sample] = deque()

    def add(self, sample: Sample) -> None:
        """Add a sample, later than all before."""
        self._samples.append(sample)
        while len(self._samples) > 2 and sample.at - self._samples[1].at >= self._seconds:
            self._samples.popleft()

    def rate(self, sink: str) -> float | None:
        """Rows a second that the sink has read lately; None when too little is known."""
        return self._slope(
            [(s.at, s.sinks[sink].rows_read) for s in self._samples if _open(s, sink)]
        )

    def sent_rate(self) -> float | None:
        """Records a second that the poller has given to Kafka lately."""
        return self._slope([(s.at, s.sent) for s in self._samples if s.sent is not None])

    def _slope(self, points: list[tuple[float, int]]) -> float | None:
        if len(points) < 2 or points[-1][0] - points[0][0] < 1:
            return None
        (began, first), (ended, last) = points[0], points[-1]
        return max(last - first, 0) / (ended - began)


def _open(sample: Sample, sink: str) -> bool:
    # Before a sink is opened its totals are 0, not those of earlier runs.
    return sink in sample.sinks and sample.sinks[sink].epoch > 0
