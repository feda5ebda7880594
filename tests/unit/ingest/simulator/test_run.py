from __future__ import annotations

import math
from pathlib import Path

import httpx
import pytest

from fix_ingest import KEY
from yeoul_ingest.simulator.run import simulator
from yeoul_ingest.simulator.settings import SimulatorSettings
from yeoul_ingest.simulator.synthetic import synthetic_tracks
from yeoul_ingest.simulator.tracks import TracksError


def test_it_serves_on_a_free_port() -> None:
    with simulator(SimulatorSettings(vehicles=3), KEY) as server:
        origin = server.url.partition("/apig")[0]
        assert httpx.get(f"{origin}/stats", trust_env=False).json()["vehicles"] == 3


def test_it_replays_recorded_tracks(tmp_path: Path) -> None:
    path = tmp_path / "tracks.csv"
    path.write_text("latitude,longitude,track_id,time\n1,2,7,2014-09-13 07:24:32\n")
    settings = SimulatorSettings(tracks=path, centre="37.55,126.98")
    with simulator(settings, KEY) as server:
        assert server.simulation.stats(0).vehicles == 1


def test_unusable_tracks_are_told_before_it_serves(tmp_path: Path) -> None:
    with (
        pytest.raises(TracksError),
        simulator(SimulatorSettings(tracks=tmp_path / "nope"), KEY),
    ):
        pass


def test_the_synthetic_fleet_reports_about_800_times_a_second() -> None:
    """163 vehicles, a report every 6 seconds of the trip, 30 times faster than life."""
    settings = SimulatorSettings()
    tracks = synthetic_tracks(settings.vehicles, settings.seed)
    rates = [
        len(track.fixes) / math.fsum(fix.pause for fix in track.fixes) * settings.speed
        for track in tracks
    ]
    assert sum(rates) == pytest.approx(815)
