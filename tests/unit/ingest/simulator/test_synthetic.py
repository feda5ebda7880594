from __future__ import annotations

from yeoul_ingest.simulator.synthetic import synthetic_tracks

TRACKS = synthetic_tracks(100, seed=3)
FIXES = [fix for track in TRACKS for fix in track.fixes]


def test_there_is_a_track_for_each_vehicle() -> None:
    assert len({track.name for track in TRACKS}) == 100


def test_the_fleet_stays_in_seoul() -> None:
    assert all(37.4 < fix.latitude < 37.7 and 126.7 < fix.longitude < 127.2 for fix in FIXES)


def test_no_vehicle_is_faster_than_a_city_allows() -> None:
    assert max(fix.speed for fix in FIXES) < 130


def test_vehicles_move_and_stop() -> None:
    assert {fix.speed == 0 for fix in FIXES} == {True, False}


def test_a_trip_ends_where_it_started() -> None:
    for track in TRACKS:
        first, last = track.fixes[0], track.fixes[-1]
        assert abs(first.latitude - last.latitude) + abs(first.longitude - last.longitude) < 0.01


def test_the_same_seed_is_the_same_fleet() -> None:
    assert synthetic_tracks(100, seed=3) == TRACKS


def test_another_seed_is_another_fleet() -> None:
    assert synthetic_tracks(1, seed=4) != TRACKS[:1]
