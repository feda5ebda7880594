"""The simulator's settings: its options and environment variables (YEOUL_SIMULATE_*)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from yeoul_ingest.simulator.faults import Faults

API_PATH = "/apig/apiman-gateway/tapi/v2xVehiclePositionInformation/1.0"
ENV_PREFIX = "YEOUL_SIMULATE_"
DEGREES = r"-?\d{1,3}(\.\d+)?"
GROUPS = ("server", "fleet", "misbehaviour")
API_KEY = "YEOUL_SIMULATE_API_KEY"


class SimulatorSettings(Faults):
    """Everything that the simulator needs to know; the faults are those it starts with."""

    host: str = Field(
        "127.0.0.1", description="address to listen on", json_schema_extra={"group": "server"}
    )
    port: int = Field(
        0,
        ge=0,
        le=65535,
        description="port; 0 takes a free one",
        json_schema_extra={"group": "server"},
    )
    path: str = Field(
        API_PATH,
        pattern="^/",
        description="path of the API",
        json_schema_extra={"group": "server", "accepted": "a path that begins with /"},
    )
    api_key_file: Path | None = Field(
        None,
        description="file with the key that clients must send (or the variable "
        "YEOUL_SIMULATE_API_KEY holds the key)",
        json_schema_extra={"group": "server"},
    )
    key_parameter: str = Field(
        "apikey",
        min_length=1,
        description="query parameter of the key",
        json_schema_extra={"group": "server"},
    )
    max_rows: int = Field(
        1000,
        ge=1,
        le=100_000,
        description="most records in one answer, whatever numOfRows asks",
        json_schema_extra={"group": "server"},
    )
    tracks: Path | None = Field(
        None,
        description="CSV of recorded tracks (latitude, longitude, track_id, time) to replay; "
        "without it a synthetic fleet drives in Seoul",
        json_schema_extra={"group": "fleet"},
    )
    centre: str = Field(
        "",
        pattern=rf"^({DEGREES},{DEGREES})?$",
        description="move the recorded tracks so that their middle (the median) lies there, such "
        "as 37.55,126.98 in Seoul; empty: they stay where they were recorded",
        json_schema_extra={
            "group": "fleet",
            "metavar": "LAT,LON",
            "accepted": "latitude,longitude in degrees, such as 37.55,126.98",
        },
    )
    vehicles: int = Field(
        163,
        ge=1,
        le=100_000,
        description="size of the synthetic fleet",
        json_schema_extra={"group": "fleet"},
    )
    speed: float = Field(
        30,
        gt=0,
        le=10_000,
        description="how much faster than life the fleet reports; 30 is about 800 records/s",
        json_schema_extra={"group": "fleet"},
    )
    window: float = Field(
        60,
        gt=0,
        le=3600,
        description="seconds that a record stays visible in the answers",
        json_schema_extra={"group": "fleet"},
    )
    seed: int = Field(
        1,
        description="seed of everything random",
        json_schema_extra={"group": "fleet"},
    )

    @field_validator("centre")
    @classmethod
    def _on_earth(cls, centre: str) -> str:
        if centre:
            latitude, longitude = map(float, centre.split(","))
            if abs(latitude) > 85 or abs(longitude) > 180:
                raise ValueError("accepted are latitudes from -85 to 85, longitudes to 180")
        return centre
