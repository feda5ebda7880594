"""Recorded GPS tracks: read from a CSV, cleaned, with speed and heading of each fix."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median

COLUMNS = ("latitude", "longitude", "track_id", "time")

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG
FASTEST_KMH = 200.0  # no car or bus is faster: a longer leap between two fixes is a jump of the GPS
LONGEST_PAUSE_S = 7.0  # the recorder's cadence is 5 to 7 s; a longer pause is a gap in the record
LAST_PAUSE_S = 6.0  # the median cadence: between the last fix of a trip and its start anew


class TracksError(ValueError):
    """The file of tracks cannot be used; the message names file, line, value and remedy."""


@dataclass(frozen=True, slots=True)
class Point:
    """A recorded position: degrees (WGS 84) and the recorder's local time."""

    latitude: float
    longitude: float
    time: datetime


@dataclass(frozen=True, slots=True)
class Fix:
    """A position with what follows from its neighbours: heading in degrees, speed in km/h.

    `pause` is the time to the vehicle's next fix, in seconds of the recording.
    """

    latitude: float
    longitude: float
    heading: float
    speed: float
    pause: float


@dataclass(frozen=True, slots=True)
class Track:
    """One trip of one vehicle; never empty, its pauses add up to more than nothing."""

    name: str
    fixes: tuple[Fix, ...]


def read_tracks(path: Path) -> tuple[Track, ...]:
    """Read a CSV with the columns latitude, longitude, track_id and time, one fix a line.

    Raises TracksError where the file is missing, lacks a column or holds a value of another kind.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            points = _parse(csv.DictReader(file), path)
    except OSError as error:
        raise TracksError(
            f"{path}: the tracks cannot be read ({error.strerror}); "
            "name another file, or leave it out for the synthetic fleet"
        ) from error
    if not points:
        raise TracksError(f"{path}: no fix in it; at least one line below the header is needed")
    return tuple(Track(name, fixes_of(track)) for name, track in points.items())


def _parse(rows: csv.DictReader[str], path: Path) -> dict[str, list[Point]]:
    missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        raise TracksError(
            f"{path}: no column {', '.join(missing)}; the first line must name {', '.join(COLUMNS)}"
        )
    tracks: dict[str, list[Point]] = {}
    for row in rows:
        try:
            point = Point(
                float(row["latitude"]),
                float(row["longitude"]),
                datetime.fromisoformat(row["time"]),
            )
        except (TypeError, ValueError) as error:
            raise TracksError(
                f"{path}, line {rows.line_num}: {error}; accepted are degrees as decimal numbers "
                "and a time as yyyy-MM-dd HH:mm:ss"
            ) from error
        tracks.setdefault(row["track_id"], []).append(point)
    return tracks


def fixes_of(points: Sequence[Point]) -> tuple[Fix, ...]:
    """The fixes of one trip, in the order of their time.

    - Duplicates: the same place at the same time twice is one fix.
    - Stops: speed 0, the heading stays what it was.
    - Two fixes within the same second: speed and heading stay what they were.
    - Gaps: speed over the recorded time; the pause in the replay is at most LONGEST_PAUSE_S.
    - Jumps: the place is kept, as a real feed shows it; speed stays what it was.
    """
    ordered = sorted(dict.fromkeys(points), key=lambda point: point.time)
    motions = list(_motions(ordered))
    # The first fix has no predecessor: it moves as the first leg does.
    first = motions[0] if motions else (0.0, 0.0)
    pauses = [
        min((after.time - before.time).total_seconds(), LONGEST_PAUSE_S)
        for before, after in pairwise(ordered)
    ]
    return tuple(
        Fix(point.latitude, point.longitude, heading, speed, pause)
        for point, (heading, speed), pause in zip(
            ordered, [first, *motions], [*pauses, LAST_PAUSE_S], strict=True
        )
    )


def moved(tracks: Sequence[Track], latitude: float, longitude: float) -> tuple[Track, ...]:
    """The tracks around another middle (their median place), of the same size in metres.

    Speed and heading stay as they were recorded.
    """
    fixes = [fix for track in tracks for fix in track.fixes]
    middle = (median(fix.latitude for fix in fixes), median(fix.longitude for fix in fixes))
    narrower = math.cos(math.radians(middle[0])) / math.cos(math.radians(latitude))

    def move(fix: Fix) -> Fix:
        return replace(
            fix,
            latitude=round(latitude + fix.latitude - middle[0], 7),
            longitude=round(longitude + (fix.longitude - middle[1]) * narrower, 7),
        )

    return tuple(Track(track.name, tuple(map(move, track.fixes))) for track in tracks)


def _motions(points: Sequence[Point]) -> Iterable[tuple[float, float]]:
    """Heading and speed at each point but the first."""
    heading, speed = 0.0, 0.0
    for before, after in pairwise(points):
        seconds = (after.time - before.time).total_seconds()
        metres = distance(before.latitude, before.longitude, after.latitude, after.longitude)
        if seconds > 0:
            measured = metres / seconds * 3.6
            if measured <= FASTEST_KMH:
                speed = round(measured, 2)
        if metres > 0 and seconds > 0:
            heading = bearing(before.latitude, before.longitude, after.latitude, after.longitude)
        yield heading, speed


def distance(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance in metres between two places in degrees (haversine formula)."""
    p1, p2 = math.radians(lat1), math.radians(lat2)
    half_dp, half_dl = (p2 - p1) / 2, math.radians(lon2 - lon1) / 2
    a = math.sin(half_dp) ** 2 + math.cos(p1) * math.cos(p2) * math.sin(half_dl) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(a)))


def bearing(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Initial bearing in degrees clockwise from north, 0 <= bearing < 360, two decimals."""
    p1, p2, dl = math.radians(lat1), math.radians(lat2), math.radians(lon2 - lon1)
    y = math.sin(dl) * math.cos(p2)
    x = math.cos(p1) * math.sin(p2) - math.sin(p1) * math.cos(p2) * math.cos(dl)
    return round(math.degrees(math.atan2(y, x)) % 360.0, 2) % 360.0
