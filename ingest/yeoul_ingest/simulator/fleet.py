"""When which vehicle reports what: the schedule of the replay, and the making of its records."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from yeoul_ingest.simulator.faults import Faults
from yeoul_ingest.simulator.record import (
    Vehicle,
    make_record,
    moved_outside,
    spoil,
    to_json,
    vehicle_of,
    with_numbers,
)
from yeoul_ingest.simulator.tracks import Fix, Track


@dataclass(frozen=True, slots=True)
class Report:
    """A record as the API shows it, and the time (epoch seconds) it became visible."""

    at: float
    text: bytes


class Fleet:
    """All trips start together, run `speed` times faster than life, and loop.

    Times are epoch seconds and are given, never read from a clock. Record ids begin with the start
    time, so that two runs share none.
    """

    def __init__(self, tracks: Sequence[Track], speed: float, start: float, seed: int) -> None:
        rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._tracks = tracks
        self._vehicles: list[Vehicle] = [vehicle_of(track.name, rng) for track in tracks]
        self._speed = speed
        self._rng = rng
        self._run = f"{round(start * 1000):013d}"
        self._due = [(start, number, 0) for number in range(len(tracks))]
        self.counts: Counter[str] = Counter()
        self.last_id: str | None = None

    @property
    def vehicles(self) -> int:
        """Number of vehicles that report."""
        return len(self._vehicles)

    def postpone(self, seconds: float) -> None:
        """Move every report that is due by `seconds`, as after a pause."""
        self._due = [(at + seconds, number, position) for at, number, position in self._due]

    def advance(self, now: float, faults: Faults) -> list[Report]:
        """The reports due up to `now`, in the order of their time."""
        return [
            Report(at, self._record(at, number, fix, faults)) for at, number, fix in self._take(now)
        ]

    def _take(self, now: float) -> Iterator[tuple[float, int, Fix]]:
        while self._due[0][0] <= now:
            at, number, position = self._due[0]
            fixes = self._tracks[number].fixes
            fix = fixes[position]
            after = (position + 1) % len(fixes)
            heapq.heapreplace(self._due, (at + fix.pause / self._speed, number, after))
            yield at, number, fix

    def _record(self, at: float, number: int, fix: Fix, faults: Faults) -> bytes:
        rng, counts = self._rng, self.counts
        counts["records"] += 1
        data_id = f"{self._run}-{counts['records']:09d}"
        if self.last_id is not None and rng.random() < faults.reused_id_rate:
            counts["reusedIds"] += 1
            data_id = self.last_id
        self.last_id = data_id
        slip = -1 if rng.random() < faults.slip_rate else 0
        record = make_record(data_id, at, self._vehicles[number], fix, slip)
        if rng.random() < faults.number_rate:
            counts["numbers"] += 1
            record = with_numbers(record)
        if rng.random() < faults.outside_rate:
            counts["outside"] += 1
            record = moved_outside(record, rng)
        if rng.random() < faults.bad_rate:
            counts["bad"] += 1
            return to_json(spoil(record, rng))
        return to_json(record)
