"""The running simulation: the fleet, what is visible of it, and how it misbehaves at the moment."""

from __future__ import annotations

import random
import threading
from collections import Counter

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from yeoul_ingest.simulator.faults import Control
from yeoul_ingest.simulator.fleet import Fleet, Report
from yeoul_ingest.simulator.window import Window

LONGEST_CATCH_UP_S = 5.0  # a machine that slept does not send hours of reports at once


class Stats(BaseModel):
    """What `GET /stats` answers; tests reconcile with it."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    records_generated: int
    last_id: str | None
    vehicles: int
    active_vehicles: int
    generating: bool
    visible_records: int
    bad_records: int
    outside_records: int
    number_records: int
    reused_ids: int
    requests: dict[str, int]


class Simulation:
    """Safe to use from several threads. Times are epoch seconds and are given.

    `control` is the misbehaviour at the moment; a new one may be assigned at any time.
    """

    def __init__(
        self, fleet: Fleet, window: Window, control: Control, now: float, seed: int
    ) -> None:
        self._fleet = fleet
        self._window = window
        self.control = control
        self._rng = random.Random(f"{seed}/requests")  # noqa: S311 - repeatable
        self._advanced = now
        self._requests: Counter[str] = Counter()
        self._lock = threading.Lock()

    def tick(self, now: float) -> None:
        """Make the reports that are due."""
        with self._lock:
            passed, self._advanced = now - self._advanced, now
            if not self.control.generating or passed > LONGEST_CATCH_UP_S or passed < 0:
                self._fleet.postpone(passed)
                return
            self._window.add(self._fleet.advance(now, self.control), now)

    def show(self, record: bytes) -> None:
        """Show a record of somebody else's among the fleet's."""
        with self._lock:
            # As of the last tick: the fleet's next reports are later.
            self._window.add([Report(self._advanced, record)], self._advanced)
            self._fleet.counts["records"] += 1

    def page(self, number: int, rows: int, now: float) -> list[bytes]:
        """The records of one page, some of them twice if the faults say so."""
        with self._lock:
            records = self._window.page(number, rows, now)
            rate = self.control.duplicate_rate
            if rate == 0:
                return records
            return [
                record for record in records for _ in range(2 if self._rng.random() < rate else 1)
            ]

    def chance(self, rate: float) -> bool:
        """True in a share `rate` of calls."""
        with self._lock:
            return self._rng.random() < rate

    def choose(self, kinds: tuple[str, ...]) -> str:
        """One of `kinds`."""
        with self._lock:
            return self._rng.choice(kinds)

    def count(self, outcome: str) -> None:
        """Count a request by what became of it."""
        with self._lock:
            self._requests[outcome] += 1

    def stats(self, now: float) -> Stats:
        """The totals since the start."""
        with self._lock:
            counts = self._fleet.counts
            return Stats(
                records_generated=counts["records"],
                last_id=self._fleet.last_id,
                vehicles=self._fleet.vehicles,
                active_vehicles=self._fleet.vehicles if self.control.generating else 0,
                generating=self.control.generating,
                visible_records=self._window.visible(now),
                bad_records=counts["bad"],
                outside_records=counts["outside"],
                number_records=counts["numbers"],
                reused_ids=counts["reusedIds"],
                requests=dict(self._requests),
            )
