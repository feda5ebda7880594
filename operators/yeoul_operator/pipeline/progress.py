"""What a driver's /progress says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import Field, ValidationError

from yeoul_operator.api.base import Model


class SinkProgress(Model):
    """One sink. Rows are totals since the sink exists; lag in rows counts offsets."""

    kind: str = ""
    state: str = "starting"
    epoch: int = 0
    last_batch_at: datetime | None = None
    last_batch_age_seconds: float | None = None
    last_batch_seconds: float | None = None
    batches: int = 0
    rows_read: int = 0
    rows_written: int = 0
    rows_filtered: int = 0
    rows_dead: int = 0
    rows_lost: int = 0
    rows_per_second: float = 0.0
    lag_rows: int | None = None
    lag_seconds: float | None = None
    restarts: int = 0
    last_error: str | None = None
    newest_record_at: datetime | None = None


class Progress(Model):
    """A pipeline at one moment, as its driver sees it."""

    pipeline: str = ""
    namespace: str = ""
    epoch: int = 0
    started_at: datetime | None = None
    partitions: int | None = None
    """Partitions of the topic, where the job says so."""
    executors: int | None = None
    """Executors that are there, where the job says so."""
    executors_target: int | None = None
    """Executors that the job was asked for last, where it was and says so."""
    source_error: str | None = None
    """Why Kafka does not answer the job."""
    sinks: dict[str, SinkProgress] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of asking a driver: its progress, or why there is none. `pod_uid`: which one."""

    pod_uid: str
    at: datetime
    progress: Progress | None = None
    error: str = field(default="")


def parse_progress(document: Mapping[str, Any], namespace: str, name: str) -> Progress:
    """Return the progress of that very pipeline.

    Raises:
        ValueError: it is none, or that of another pipeline: pods' addresses are used again.
    """
    try:
        progress = Progress.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"/progress cannot be read: {place}: {first['msg']}") from None
    if (progress.namespace, progress.pipeline) != (namespace, name):
        asked = f"{namespace}/{name}"
        raise ValueError(f"{progress.namespace}/{progress.pipeline} answered, not {asked}")
    return progress
