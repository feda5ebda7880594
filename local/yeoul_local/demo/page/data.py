"""What the page shows, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Fix(NamedTuple):
    """One position of a vehicle: epoch milliseconds, degrees (WGS 84), km/h."""

    at: int
    lon: float
    lat: float
    speed: float


class Bucket(NamedTuple):
    """All rows of one span of time: its start (epoch seconds), rows, km/h of those that move."""

    at: float
    rows: int
    median: float
    p95: float


class Batch(NamedTuple):
    """Rows that were committed to PostgreSQL together: epoch seconds, number."""

    at: float
    rows: int


@dataclass(frozen=True)
class SinkCounts:
    """One sink's row in the table; records over all runs.

    Attributes:
        dead: dead letters.
        reasons: those by reason, where the reasons were read back.
        files: files, for a sink that has them.
    """

    name: str
    kind: str
    target: str
    read: int
    written: int
    filtered: int
    dead: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    files: int | None = None


@dataclass(frozen=True)
class PageData:
    """Everything on the page.

    Attributes:
        pipeline: its name.
        topic: the Kafka topic.
        began: when the run began, epoch seconds.
        ended: when it ended.
        first_row_seconds: from the start to the first row in PostgreSQL.
        rows: rows that the run brought to PostgreSQL.
        dead: dead letters of the run.
        vehicles: terminals with a row in this run.
        source: where the records come from, in words.
        factor: how much faster than life they move.
        trails: each terminal's positions, in the order of time.
        buckets: all rows of this run by time.
        bucket_seconds: the span of a bucket.
        batches: what was committed when, in the order of time.
        sinks: the sinks' counts.
        report: verify's report, empty if there is none.
    """

    pipeline: str
    topic: str
    began: float
    ended: float
    rows: int
    vehicles: int
    source: str
    factor: float
    dead: int = 0
    first_row_seconds: float | None = None
    trails: Mapping[str, tuple[Fix, ...]] = field(default_factory=dict)
    buckets: tuple[Bucket, ...] = ()
    bucket_seconds: float = 1.0
    batches: tuple[Batch, ...] = ()
    sinks: tuple[SinkCounts, ...] = ()
    report: Mapping[str, Any] = field(default_factory=dict)
