"""A ScheduledSparkApplication as a typed model."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from yeoul_operator.api.application import API_VERSION, SparkApplicationSpec
from yeoul_operator.api.base import Bool, Int, Model, Time
from yeoul_operator.api.meta import ObjectMeta
from yeoul_operator.api.problems import InvalidSpec, parse
from yeoul_operator.api.status import Condition

KIND = "ScheduledSparkApplication"


class ConcurrencyPolicy(StrEnum):
    """What happens when a run is due while the one before still goes on."""

    ALLOW = "Allow"
    FORBID = "Forbid"
    REPLACE = "Replace"


class ScheduleState(StrEnum):
    """The states of a schedule that clients know."""

    NEW = ""
    FAILED_VALIDATION = "FailedValidation"
    SCHEDULED = "Scheduled"


class ScheduledSparkApplicationSpec(Model):
    """When runs are made, and what they are."""

    schedule: str
    """Cron with five fields (`0 3 * * *`), `@hourly` and the like, or `@every 10m`."""
    time_zone: str = "Local"
    """The IANA time zone in which the schedule is read. `Local`, the default, is UTC."""
    template: SparkApplicationSpec
    """The spec of each run."""
    suspend: Bool = False
    """Whether to make no further runs."""
    concurrency_policy: ConcurrencyPolicy = ConcurrencyPolicy.ALLOW
    """What happens when a run is due while one goes on: `Allow` (default) lets both run,
    `Forbid` lets the new one wait for the old one's end, `Replace` ends the old one."""
    successful_run_history_limit: Annotated[Int, Field(ge=0)] = 1
    """How many runs that succeeded are kept. Default 1."""
    failed_run_history_limit: Annotated[Int, Field(ge=0)] = 1
    """How many runs that failed are kept. Default 1."""


class ScheduledStatus(Model):
    """How a schedule fares."""

    last_run: Time | None = None
    """When the last run was made."""
    next_run: Time | None = None
    """When the next run is due."""
    last_run_name: str = ""
    """The SparkApplication of the last run."""
    past_successful_run_names: tuple[str, ...] = ()
    """Runs that succeeded and are kept, the newest first."""
    past_failed_run_names: tuple[str, ...] = ()
    """Runs that failed and are kept, the newest first."""
    schedule_state: ScheduleState = ScheduleState.NEW
    """Whether the schedule is in force."""
    reason: str = ""
    """Why, where it is not."""
    conditions: tuple[Condition, ...] = ()
    """Accepted."""
    observed_generation: Int = 0
    """The generation of the spec that the status is about."""


class ScheduledSparkApplication(Model):
    """A SparkApplication that is made again and again, by a clock."""

    metadata: ObjectMeta
    spec: ScheduledSparkApplicationSpec
    status: ScheduledStatus = ScheduledStatus()


def parse_scheduled(body: Mapping[str, Any]) -> ScheduledSparkApplication:
    """The schedule in a document of the API server.

    Raises InvalidSpec with all problems, as `parse_application` does.
    """
    return parse(ScheduledSparkApplication, body)


def scheduled_status_document(status: ScheduledStatus) -> dict[str, Any]:
    """The status as JSON data, as it is stored: what is not known is left out."""
    return status.model_dump(mode="json", by_alias=True, exclude_defaults=True)


__all__ = [
    "API_VERSION",
    "KIND",
    "ConcurrencyPolicy",
    "InvalidSpec",
    "ScheduleState",
    "ScheduledSparkApplication",
    "ScheduledSparkApplicationSpec",
    "ScheduledStatus",
    "parse_scheduled",
    "scheduled_status_document",
]
