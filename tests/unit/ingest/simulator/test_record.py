from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from fix_ingest import steady_random
from yeoul_ingest.simulator.record import (
    Record,
    make_record,
    moved_outside,
    spoil,
    to_json,
    vehicle_of,
    with_numbers,
)
from yeoul_ingest.simulator.tracks import Fix

FIX = Fix(37.5, 127.0, 90.25, 36.5, 6.0)
VEHICLE = vehicle_of("17", steady_random())
# An hour before midnight UTC: the next day, month and year in Korea.
AT = datetime(2025, 12, 31, 23, 0, 5, 42_000, UTC).timestamp()
TYPES: dict[str, type] = {
    "dataId": str,
    "trsmDy": int,
    "trmnId": str,
    "trsmUtcTime": float,
    "trsmYear": str,
    "trsmMt": str,
    "trsmTm": str,
    "trsmMs": str,
    "vhcleLot": float,
    "vhcleLat": float,
    "vhcleEvt": float,
    "trmnTypeCd": str,
    "gpsUtcTime": float,
    "vhcleDrc": float,
    "vhcleSped": float,
    "trnsmStatCd": str,
    "lcdtRevisnStatCd": str,
    "vhcleTypeCd": str,
    "rgtrId": str,
    "regDt": str,
}


def made(slip: int = 0) -> Record:
    return make_record("id-1", AT, VEHICLE, FIX, slip)


def test_a_record_has_the_20_fields_in_their_order() -> None:
    assert list(made()) == list(TYPES)


@pytest.mark.parametrize("name", TYPES)
def test_a_field_has_its_type(name: str) -> None:
    assert type(made()[name]) is TYPES[name]


def test_the_transmission_time_is_in_milliseconds() -> None:
    assert made()["trsmUtcTime"] == AT * 1000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trsmDy", 20260101),
        ("trsmYear", "2026"),
        ("trsmMt", "01"),
        ("trsmTm", "080005"),
        ("trsmMs", "042"),
        ("regDt", "2026-01-01 08:00:05.082"),
    ],
)
def test_local_times_are_those_of_korea(name: str, value: object) -> None:
    assert made()[name] == value


def test_the_local_time_can_be_a_second_off() -> None:
    assert (made(-1)["trsmTm"], made(-1)["trsmUtcTime"]) == ("080004", AT * 1000)


def test_position_heading_and_speed_are_those_of_the_fix() -> None:
    names = ("vhcleLat", "vhcleLot", "vhcleDrc", "vhcleSped")
    assert [made()[name] for name in names] == [37.5, 127.0, 90.25, 36.5]


def test_a_terminal_is_named_after_its_track() -> None:
    assert made()["trmnId"] == "V2X0000017"


def test_a_record_is_compact_json() -> None:
    assert to_json(made()).startswith(b'{"dataId":"id-1","trsmDy":20260101,')


def test_numbers_for_strings_are_the_same_numbers() -> None:
    sent = with_numbers(made())
    assert (sent["trsmYear"], sent["trsmTm"]) == (2026, 80005)


def test_a_record_outside_is_west_of_seoul() -> None:
    assert float(str(moved_outside(made(), steady_random())["vhcleLot"])) < 126.7


def is_bad(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("dataId"), str):
        return True
    wrong_type = any(type(value[name]) is not kind for name, kind in TYPES.items())
    return wrong_type or value["trsmDy"] > 2**31 or value["regDt"] == "yesterday"


def test_a_spoilt_record_is_bad() -> None:
    rng = steady_random()
    assert all(is_bad(json.loads(to_json(spoil(made(), rng)))) for _ in range(500))


def test_records_are_spoilt_in_different_ways() -> None:
    rng = steady_random()
    assert len({to_json(spoil(made(), rng)) for _ in range(500)}) > 10


def test_two_spoilt_records_are_never_the_same() -> None:
    rng = steady_random()
    spoilt = [
        to_json(spoil(make_record(f"id-{number}", AT + number, VEHICLE, FIX), rng))
        for number in range(500)
    ]
    assert len(set(spoilt)) == 500
