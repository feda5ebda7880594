"""The simulator's settings: its options and environment variables (YEOUL_SIMULATE_*)."""

from __future__ import annotations

from pathlib import Path

from pydantic import field_validator

from yeoul_ingest.options import option
from yeoul_ingest.simulator.faults import GROUP, Faults

API_PATH = "/apig/apiman-gateway/tapi/v2xVehiclePositionInformation/1.0"
ENV_PREFIX = "YEOUL_SIMULATE_"
API_KEY = "YEOUL_SIMULATE_API_KEY"
GROUPS = ("server", "fleet", GROUP)
DEGREES = r"-?\d{1,3}(\.\d+)?"


class SimulatorSettings(Faults):
    """Everything that the simulator needs to know; the faults are those it starts with."""

    host: str = option("127.0.0.1", "server", "address to listen on")
    port: int = option(0, "server", "port; 0: a free one, told at the start", ge=0, le=65535)
    path: str = option(
        API_PATH, "server", "path of the API", pattern="^/", accepted="a path that begins with /"
    )
    api_key_file: Path | None = option(
        None,
        "server",
        f"file that holds the key clients must send; without it the variable {API_KEY} is read",
    )
    key_parameter: str = option(
        "apikey", "server", "query parameter of the key", "NAME", min_length=1
    )
    max_rows: int = option(
        1000, "server", "most records in one answer, whatever numOfRows asks", ge=1, le=100_000
    )
    tracks: Path | None = option(
        None,
        "fleet",
        "CSV of recorded tracks (latitude, longitude, track_id, time) to replay; without it a "
        "synthetic fleet drives in Seoul",
        "FILE",
    )
    centre: str = option(
        "",
        "fleet",
        "move the recorded tracks so that their middle (the median) lies there, such as "
        "37.55,126.98 in Seoul; empty: they stay where they were recorded",
        "LAT,LON",
        pattern=rf"^({DEGREES},{DEGREES})?$",
        accepted="latitude,longitude in degrees, such as 37.55,126.98",
    )
    vehicles: int = option(163, "fleet", "size of the synthetic fleet", ge=1, le=100_000)
    speed: float = option(
        30.0,
        "fleet",
        "how much faster than life the fleet reports; 30 is about 800 records/s",
        "FACTOR",
        gt=0,
        le=10_000,
    )
    window: float = option(
        60.0, "fleet", "how long a record stays visible", "SECONDS", gt=0, le=3600
    )
    seed: int = option(1, "fleet", "seed of everything random")

    @field_validator("centre")
    @classmethod
    def _on_earth(cls, centre: str) -> str:
        if centre:
            latitude, longitude = map(float, centre.split(","))
            if abs(latitude) > 85 or abs(longitude) > 180:
                raise ValueError("accepted are latitudes from -85 to 85, longitudes to 180")
        return centre
