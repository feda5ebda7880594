"""One record of the vehicle position API: its 20 fields, good or spoilt."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from yeoul_ingest.simulator.tracks import Fix

KST = timezone(timedelta(hours=9), "KST")
Record = dict[str, object]

# Sent as JSON numbers by the real API now and then, though they are strings.
SOMETIMES_NUMBERS = ("trsmYear", "trsmMt", "trsmTm", "trsmMs")
DOUBLES = ("trsmUtcTime", "vhcleLot", "vhcleLat", "vhcleEvt", "gpsUtcTime", "vhcleDrc", "vhcleSped")


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What stays the same in all records of one vehicle."""

    terminal: str
    terminal_type: str
    vehicle_type: str
    correction: str


def vehicle_of(track_name: str, rng: random.Random) -> Vehicle:
    """A vehicle for a track: its terminal is named after the track."""
    return Vehicle(
        terminal=f"V2X{track_name:0>7}",
        terminal_type=rng.choice(("01", "02", "03")),
        vehicle_type=rng.choice(("11", "12", "21")),
        correction=rng.choice(("0", "1", "1", "1")),
    )


def make_record(data_id: str, at: float, vehicle: Vehicle, fix: Fix, kst_slip: int = 0) -> Record:
    """The record that `vehicle` sends at `at` (epoch seconds) from `fix`.

    `kst_slip` moves the KST fields by whole seconds against trsmUtcTime, as the real API does.
    """
    millis = round(at * 1000)
    local = datetime.fromtimestamp(millis // 1000 + kst_slip, KST)
    registered = datetime.fromtimestamp((millis + 40) / 1000, KST)
    return {
        "dataId": data_id,
        "trsmDy": int(local.strftime("%Y%m%d")),
        "trmnId": vehicle.terminal,
        "trsmUtcTime": float(millis),
        "trsmYear": local.strftime("%Y"),
        "trsmMt": local.strftime("%m"),
        "trsmTm": local.strftime("%H%M%S"),
        "trsmMs": f"{millis % 1000:03d}",
        "vhcleLot": fix.longitude,
        "vhcleLat": fix.latitude,
        "vhcleEvt": _altitude(fix),
        "trmnTypeCd": vehicle.terminal_type,
        "gpsUtcTime": float(millis - 30),
        "vhcleDrc": fix.heading,
        "vhcleSped": fix.speed,
        "trnsmStatCd": "D" if fix.speed > 0 else "N",
        "lcdtRevisnStatCd": vehicle.correction,
        "vhcleTypeCd": vehicle.vehicle_type,
        "rgtrId": "SIMULATOR",
        "regDt": registered.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
    }


def _altitude(fix: Fix) -> float:
    """Metres; made up, but the same at the same place."""
    return round(20 + (abs(fix.latitude) * 911 + abs(fix.longitude) * 577) % 40, 1)


def to_json(record: object) -> bytes:
    """The record as the API writes it."""
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()


def with_numbers(record: Record) -> Record:
    """The record with numbers where strings are declared (still a good record)."""
    return record | {name: int(str(record[name])) for name in SOMETIMES_NUMBERS}


def moved_outside(record: Record, rng: random.Random) -> Record:
    """The record at a place in the Yellow Sea, outside Seoul's bounds (still a good record)."""
    return record | {"vhcleLot": round(rng.uniform(123, 125), 7)}


def spoil(record: Record, rng: random.Random) -> object:
    """A record that no reader of the 20 fields can accept."""
    data_id = record["dataId"]
    kind = rng.choice(("text", "text", "no id", "null id", "big", "not an object", "date"))
    if kind == "text":
        return record | {rng.choice(DOUBLES): "abc"}
    if kind == "no id":
        return {name: value for name, value in record.items() if name != "dataId"}
    if kind == "null id":
        return record | {"dataId": None}
    if kind == "big":
        return record | {"trsmDy": 99999999999}
    if kind == "date":
        return record | {"regDt": "yesterday"}
    # Each is another one, so that they can be counted.
    name = f"{data_id}-{record['trsmUtcTime']:.0f}"
    return rng.choice((rng.getrandbits(63), f"no object: {name}", [name]))
