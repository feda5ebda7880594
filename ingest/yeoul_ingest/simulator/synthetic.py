"""A synthetic fleet: trips that follow a street grid within Seoul's bounds and come back."""

from __future__ import annotations

import math
import random
from datetime import datetime, timedelta

from yeoul_ingest.simulator.tracks import Point, Track, fixes_of

SOUTH, NORTH = 37.42, 37.68  # degrees, within the bounds of facts: 37.4 to 37.7
WEST, EAST = 126.75, 127.15  # degrees, within 126.7 to 127.2
CADENCE_S = 6  # as the recorded tracks
LEGS = 10  # of a trip, before it turns back
METRES_A_DEGREE = 111_195.0  # of latitude; of longitude times the cosine of the latitude


def synthetic_tracks(vehicles: int, seed: int) -> tuple[Track, ...]:
    """`vehicles` trips, always the same for the same seed; each ends where it started."""
    return tuple(_track(str(number), seed) for number in range(1, vehicles + 1))


def _track(name: str, seed: int) -> Track:
    rng = random.Random(f"{seed}/{name}")  # noqa: S311 - repeatable on purpose
    latitude, longitude = rng.uniform(SOUTH, NORTH), rng.uniform(WEST, EAST)
    way = [(latitude, longitude)]
    heading = rng.choice((0, 90, 180, 270))
    for _ in range(LEGS):
        speed = rng.uniform(15, 60) / 3.6
        for _ in range(rng.randint(4, 12)):
            step = max(0.0, rng.gauss(speed, speed / 6)) * CADENCE_S
            latitude, longitude, heading = _move(latitude, longitude, heading, step)
            way.append((latitude, longitude))
        way.extend([way[-1]] * rng.randint(0, 4))  # a red light
        heading = (heading + rng.choice((-90, 90))) % 360
    there_and_back = way + way[-2:0:-1]
    start = datetime(2000, 1, 1)
    points = [
        Point(lat, lon, start + timedelta(seconds=CADENCE_S * number))
        for number, (lat, lon) in enumerate(there_and_back)
    ]
    return Track(name, fixes_of(points))


def _move(
    latitude: float, longitude: float, heading: int, metres: float
) -> tuple[float, float, int]:
    """One step; at the city's limits the vehicle turns round."""
    north = math.cos(math.radians(heading)) * metres / METRES_A_DEGREE
    east = (
        math.sin(math.radians(heading))
        * metres
        / (METRES_A_DEGREE * math.cos(math.radians(latitude)))
    )
    if not (SOUTH <= latitude + north <= NORTH and WEST <= longitude + east <= EAST):
        return latitude, longitude, (heading + 180) % 360
    return round(latitude + north, 7), round(longitude + east, 7), heading
