"""How a pipeline fares, as it is stored and as `kubectl get` shows it. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Any

from yeoul_operator.api.base import Int, Model, Time, read_or_blank
from yeoul_operator.api.conditions import replaced
from yeoul_operator.api.status import Condition, ConditionStatus


class Phase(StrEnum):
    """Where a pipeline is in its life."""

    PENDING = "Pending"
    STARTING = "Starting"
    RUNNING = "Running"
    DRAINING = "Draining"
    SUSPENDED = "Suspended"
    FINISHED = "Finished"
    FAILED = "Failed"
    REFUSED = "Refused"
    ERASING = "Erasing"


class ConditionType(StrEnum):
    """The conditions of a pipeline, in the order in which they are shown."""

    ACCEPTED = "Accepted"
    READY = "Ready"
    PROGRESSING = "Progressing"
    STALLED = "Stalled"
    DEGRADED = "Degraded"
    ROLLED_BACK = "RolledBack"
    PROVEN = "Proven"
    ERASED = "Erased"


class ApplicationRef(Model):
    """The SparkApplication of a pipeline."""

    name: str = ""
    """Its name."""
    state: str = ""
    """Its state, such as `RUNNING`."""


class SinkStatus(Model):
    """One sink. Numbers are rounded, so that a status is written when a change matters."""

    name: str
    """The sink's name."""
    kind: str = ""
    """`console`, `postgres`, `hdfs` or `deadLetters`."""
    state: str = ""
    """`starting`, `running`, `backoff`, `failed`, `finished` or `drained`."""
    lag_rows: Int | None = None
    """Offsets that are not committed yet: an upper bound of the records."""
    lag_seconds: Int | None = None
    """By how many seconds it is behind the newest record."""
    rows_per_second: float = 0.0
    """Records read a second, over the last minute."""
    rows_written: Int = 0
    """Rows written since the sink exists."""
    rows_filtered: Int = 0
    """Records that `where` excluded."""
    rows_dead: Int = 0
    """Dead letters. Exact, unlike the others."""
    last_batch_at: Time | None = None
    """When its last batch was committed."""
    last_batch_age_seconds: Int | None = None
    """How long before the status was written that was."""
    restarts: Int = 0
    """Restarts of its query since the driver started."""
    last_error: str = ""
    """What keeps it from running."""


class Restarts(Model):
    """Restarts of a driver that lived and did nothing."""

    count: Int = 0
    """In a row, without a stable run in between."""
    last_at: Time | None = None
    """When the last one was asked for."""
    next_at: Time | None = None
    """Before then there is no further one."""


class PastState(StrEnum):
    """How a change of the past fares."""

    RUNNING = "Running"
    DONE = "Done"
    FAILED = "Failed"
    REFUSED = "Refused"


class PastStatus(Model):
    """What was asked for about the past, and the answer."""

    request: str = ""
    """What the annotation `yeoul.dev/past` said; empty once it is gone."""
    state: PastState | None = None
    """`Running`, `Done`, `Failed` or `Refused`."""
    message: str = ""
    """What came of it: a line for each sink."""
    at: Time | None = None
    """When it was taken up."""


class VerifyStatus(Model):
    """The proofs that the pipeline asks for, and what the last one said."""

    verdict: str = ""
    """What the last one said: `holds`, `fails` or `nothing` (no sink has committed anything)."""
    message: str = ""
    """The same in words, with the differences."""
    given_at: Time | None = None
    """When that was."""
    problem: str = ""
    """Why none could be given since then."""
    tried_at: Time | None = None
    """When the last one ended, given or not."""
    begun_at: Time | None = None
    """When the one that is under way began."""
    due_at: Time | None = None
    """When the next one is due, or has been due since."""


class PipelineStatus(Model):
    """How the pipeline fares."""

    phase: Phase | None = None
    """`Pending`, `Starting`, `Running`, `Draining`, `Suspended`, `Finished`, `Failed`, `Refused` or
    `Erasing`."""
    lag: str = ""
    """The lag of the sink that is furthest behind, for people: rows and time."""
    rows_per_second: float = 0.0
    """Records read a second, by all sinks together."""
    rows_dead: Int = 0
    """Dead letters of all sinks."""
    last_batch_at: Time | None = None
    """When the sink that is longest without one committed its last batch."""
    revision: str = ""
    """What runs, or is to run: a digest of what decides about the run. The ConfigMap of that name
    holds it."""
    healthy_revision: str = ""
    """The last revision with which all sinks worked."""
    failed_revision: str = ""
    """The revision that was rolled back last; it is not tried again."""
    revision_since: Time | None = None
    """Since when `revision` is to run; its deadline counts from here."""
    observed_generation: Int = 0
    """The generation of the spec that the status is about."""
    refused_generation: Int | None = None
    """The generation of a spec that was refused, while an older one goes on running."""
    epoch_floor: Int = 0
    """The lowest epoch that a new driver may claim. It only grows."""
    application: ApplicationRef = ApplicationRef()
    """The SparkApplication."""
    executors: Int = 0
    """Executors that were asked for."""
    selector: str = ""
    """Selects the executors, for the scale subresource."""
    restarts: Restarts = Restarts()
    """Restarts because of a stall."""
    past: PastStatus = PastStatus()
    """The last change of the past that was asked for."""
    verify: VerifyStatus = VerifyStatus()
    """The proofs that `spec.verify` asks for."""
    sinks: tuple[SinkStatus, ...] = ()
    """The sinks that run."""
    conditions: tuple[Condition, ...] = ()
    """Accepted, Ready, Progressing, Stalled, Degraded, RolledBack, Proven, Erased."""

    def condition(self, kind: ConditionType) -> Condition | None:
        """Return the condition of that type, where there is one."""
        return next((one for one in self.conditions if one.type == kind), None)

    def holds(self, kind: ConditionType) -> bool:
        """Whether the condition is there and holds."""
        found = self.condition(kind)
        return found is not None and found.status is ConditionStatus.TRUE


def parse_status(document: Any) -> PipelineStatus:
    """Return a stored status; what another program made of it unreadable counts as lost."""
    return read_or_blank(PipelineStatus, document)


def status_document(status: PipelineStatus) -> dict[str, Any]:
    """Return the status as JSON data, as it is stored: what is not known is left out.

    The executors' number stays also where it is 0: the scale subresource needs it.
    """
    document = status.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    document.setdefault("executors", 0)
    # Columns of `kubectl get` that are empty would look as if nobody knew.
    if status.sinks:
        document.setdefault("rowsPerSecond", 0.0)
        document.setdefault("rowsDead", 0)
    return document


def with_condition(
    status: PipelineStatus,
    kind: ConditionType,
    holds: bool | None,
    reason: str,
    message: str,
    now: datetime,
) -> PipelineStatus:
    """Return the status with that condition; None stands for Unknown.

    A message that differs in numbers only is the one that was there: they would change with every
    look, and each change would be a write.
    """
    value = _verdict(holds)
    before = status.condition(kind)
    generation = status.observed_generation
    if before is not None and before.observed_generation == generation:
        said = (before.status, before.reason, _DIGITS.sub("", before.message))
        if said == (value, reason, _DIGITS.sub("", message)):
            return status
    condition = Condition(
        type=kind, status=value, reason=reason, message=message, observed_generation=generation
    )
    conditions = replaced(status.conditions, condition, tuple(ConditionType), now)
    return status.model_copy(update={"conditions": conditions})


_DIGITS = re.compile(r"\d+")


def _verdict(holds: bool | None) -> ConditionStatus:
    if holds is None:
        return ConditionStatus.UNKNOWN
    return ConditionStatus.TRUE if holds else ConditionStatus.FALSE


def rounded(value: float, digits: int = 2) -> int:
    """Return a whole number with so many leading digits; small ones stay as they are.

    >>> rounded(123456)
    120000
    """
    whole = round(value)
    if abs(whole) < 10**digits:
        return whole
    return round(whole, digits - len(str(abs(whole))))
