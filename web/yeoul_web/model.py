"""What the page shows, as values. `Look` is one moment; the browser gets it as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

Stage = Literal["api", "ingest", "kafka", "spark", "postgres", "hdfs", "platform"]
"""Where a part stands in the flow; `platform` is beside it."""
STAGES: Mapping[str, Stage] = {
    "simulator": "api",
    "poller": "ingest",
    "airflow": "ingest",
    "kafka": "kafka",
    "postgres": "postgres",
    "namenode": "hdfs",
    "datanode": "hdfs",
    "journalnode": "hdfs",
    "zookeeper": "hdfs",
}
"""By what a part is called; all others are beside the flow."""
PartState = Literal["up", "starting", "down", "absent"]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


class Part(_Value):
    """One process, or one pod."""

    name: str
    stage: Stage
    state: PartState
    detail: str = ""


class Sink(_Value):
    """How far one sink of a pipeline is; counts since it exists, rates of the last minute."""

    name: str
    kind: str = ""
    state: str = ""
    rows_written: int | None = None
    rows_dead: int | None = None
    rows_per_second: float | None = None
    lag_rows: int | None = None
    lag_seconds: float | None = None
    batch_age_seconds: float | None = None
    last_error: str | None = None


class Pipeline(_Value):
    """One pipeline. `is_healthy` is None where that is not known, as while it starts."""

    namespace: str
    name: str
    phase: str
    is_healthy: bool | None
    message: str = ""
    topic: str = ""
    sinks: tuple[Sink, ...] = ()

    @property
    def key(self) -> str:
        """Namespace and name."""
        return f"{self.namespace}/{self.name}"


class Event(_Value):
    """Something that happened; `message` goes on where `subject`, to which it happened, ends."""

    at: datetime
    is_warning: bool
    subject: str
    reason: str
    message: str


class Alert(_Value):
    """An alert that Prometheus has."""

    name: str
    severity: str
    state: str
    summary: str
    since: datetime


class Letter(_Value):
    """A record that could not be written."""

    pipeline: str
    sink: str
    partition: int
    offset: int
    at: datetime | None
    reason: str
    detail: str
    payload: str


class Vehicle(_Value):
    """A vehicle: its last positions as (longitude, latitude), oldest first, and its speed, km/h."""

    name: str
    at: datetime
    speed: float
    trail: tuple[tuple[float, float], ...]


class Look(_Value):
    """Everything at one moment. `problems` are what could not be looked at, and why."""

    at: datetime
    parts: tuple[Part, ...]
    pipelines: tuple[Pipeline, ...]
    events: tuple[Event, ...] = ()
    problems: tuple[str, ...] = ()
