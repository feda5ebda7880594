"""What is shown of each pipeline as metrics, whether its driver answers or not. Pure.

Only the replica that leads shows them: it alone asks the drivers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from yeoul_operator.kube.kinds import Key
from yeoul_operator.pipeline.health import Watch
from yeoul_operator.pipeline.proof import GIVEN, HOLDS, overdue
from yeoul_operator.pipeline.status import Phase, VerifyStatus

Sample = tuple[tuple[str, ...], float]

REASONS = ("RolledBack", "Restarting", "Stalled", "DriverFenced")
"""The events that are counted: those that somebody should look at who was not there."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A pipeline. `events` has the counts of REASONS since this process began."""

    key: Key
    phase: str
    watch: Watch | None = None
    events: dict[str, int] = field(default_factory=dict)
    verify: VerifyStatus = field(default_factory=VerifyStatus)


def phases(found: Iterable[Measured]) -> Iterator[Sample]:
    """1 for the present phase, 0 for the others."""
    for one in found:
        for phase in Phase:
            yield (*one.key, phase.value), float(one.phase == phase.value)


def events(found: Iterable[Measured]) -> Iterator[Sample]:
    """Counts from 0 on: a counter that appears with its first event hides it from `increase`."""
    for one in found:
        for reason in REASONS:
            yield (*one.key, reason), float(one.events.get(reason, 0))


def newest_records(found: Iterable[Measured]) -> Iterator[Sample]:
    """When the newest record that readers see came to Kafka: the last that the driver said."""
    for one in found:
        progress = one.watch.progress if one.watch else None
        for name, sink in (progress.sinks if progress else {}).items():
            if sink.newest_record_at is not None:
                yield (*one.key, name), sink.newest_record_at.timestamp()


def silences(found: Iterable[Measured], now: datetime) -> Iterator[Sample]:
    """For how many seconds the driver has not answered."""
    for one in found:
        if one.watch is not None:
            since = one.watch.silent_since
            yield one.key, (now - since).total_seconds() if since else 0.0


def proofs(found: Iterable[Measured]) -> Iterator[Sample]:
    """1 if the last proof that was given held, 0 if it found a difference."""
    for one in found:
        if one.verify.verdict in GIVEN:
            yield one.key, float(one.verify.verdict in HOLDS)


def proof_times(found: Iterable[Measured]) -> Iterator[Sample]:
    """When the last proof was given."""
    for one in found:
        if one.verify.given_at is not None:
            yield one.key, one.verify.given_at.timestamp()


def late_proofs(found: Iterable[Measured], now: datetime) -> Iterator[Sample]:
    """For how many seconds the next proof has been due; nothing where none are asked for."""
    for one in found:
        if one.verify.due_at is not None:
            yield one.key, overdue(one.verify, one.phase, now)
