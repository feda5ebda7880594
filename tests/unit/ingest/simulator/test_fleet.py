from __future__ import annotations

import json
from typing import Any

import pytest

from fix_ingest import START
from yeoul_ingest.simulator.faults import Faults
from yeoul_ingest.simulator.fleet import Fleet
from yeoul_ingest.simulator.tracks import Fix, Track

GOOD = Faults(number_rate=0, slip_rate=0)


def track(name: str, *pauses: float) -> Track:
    return Track(name, tuple(Fix(37.5, 127 + at, 0.0, 1.0, p) for at, p in enumerate(pauses)))


def fleet(*tracks: Track, speed: float = 1, seed: int = 1) -> Fleet:
    return Fleet(tracks or (track("1", 5, 10),), speed, START, seed)


def reported(made: Fleet, seconds: float, faults: Faults = GOOD) -> list[Any]:
    return [json.loads(report.text) for report in made.advance(START + seconds, faults)]


def times(made: Fleet, seconds: float) -> list[float]:
    return [report.at - START for report in made.advance(START + seconds, GOOD)]


def test_all_trips_start_together() -> None:
    assert times(fleet(track("1", 5), track("2", 7)), 0) == [0, 0]


def test_fixes_follow_each_other_as_recorded_and_loop() -> None:
    assert times(fleet(), 31) == [0, 5, 15, 20, 30]


def test_the_replay_is_faster_than_life() -> None:
    assert times(fleet(speed=10), 3.1) == pytest.approx([0, 0.5, 1.5, 2.0, 3.0])


def test_reports_of_several_vehicles_come_in_the_order_of_their_time() -> None:
    found = times(fleet(track("1", 5), track("2", 7), track("3", 3)), 60)
    assert found == sorted(found)


def test_what_was_reported_does_not_come_again() -> None:
    made = fleet()
    made.advance(START + 6, GOOD)
    assert times(made, 16) == [15]


def test_a_loop_has_new_ids() -> None:
    records = reported(fleet(), 100)
    assert len({record["dataId"] for record in records}) == len(records)


def test_two_runs_share_no_id() -> None:
    other = Fleet((track("1", 5),), 1, START + 1, 1)
    ids = {record["dataId"] for record in reported(fleet(), 100)}
    assert ids.isdisjoint(record["dataId"] for record in reported(other, 100))


def test_the_same_seed_reports_the_same() -> None:
    faults = Faults(bad_rate=0.5, outside_rate=0.5)
    assert reported(fleet(), 100, faults) == reported(fleet(), 100, faults)


def test_the_transmission_time_is_the_time_of_the_report() -> None:
    assert reported(fleet(), 5)[-1]["trsmUtcTime"] == (START + 5) * 1000


def test_a_pause_moves_what_is_due() -> None:
    made = fleet()
    made.advance(START, GOOD)
    made.postpone(100)
    assert times(made, 106) == [105]


def test_records_are_counted() -> None:
    made = fleet()
    made.advance(START + 31, GOOD)
    assert made.counts["records"] == 5


def test_the_last_id_is_that_of_the_last_record() -> None:
    made = fleet()
    assert reported(made, 31)[-1]["dataId"] == made.last_id


def test_bad_records_are_counted() -> None:
    made = fleet()
    made.advance(START + 31, Faults(bad_rate=1))
    assert made.counts["bad"] == 5


def test_records_outside_are_counted() -> None:
    made = fleet()
    records = reported(made, 31, Faults(outside_rate=1))
    assert made.counts["outside"] == sum(record["vhcleLot"] < 126.7 for record in records) == 5


def test_a_reused_id_comes_with_other_content() -> None:
    first, second = reported(fleet(), 5, Faults(reused_id_rate=1))
    assert first["dataId"] == second["dataId"]
    assert first != second


def test_numbers_for_strings_are_counted() -> None:
    made = fleet()
    records = reported(made, 31, Faults(number_rate=1))
    assert made.counts["numbers"] == sum(isinstance(r["trsmTm"], int) for r in records) == 5
