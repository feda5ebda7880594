from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yeoul_ingest.simulator.tracks import (
    FASTEST_KMH,
    LAST_PAUSE_S,
    LONGEST_PAUSE_S,
    Fix,
    Point,
    Track,
    TracksError,
    bearing,
    distance,
    fixes_of,
    moved,
    read_tracks,
)

NOON = datetime(2014, 9, 13, 12)
METRES = 1 / 111_195.08  # degrees of latitude, on the sphere of EARTH_RADIUS_M

latitudes = st.floats(-80, 80)
longitudes = st.floats(-180, 180)


def points(*north_and_seconds: tuple[float, float]) -> list[Point]:
    """Points so many metres north of the equator, so many seconds after noon."""
    return [
        Point(metres * METRES, 0.0, NOON + timedelta(seconds=seconds))
        for metres, seconds in north_and_seconds
    ]


def speeds(*north_and_seconds: tuple[float, float]) -> list[float]:
    return [round(fix.speed, 1) for fix in fixes_of(points(*north_and_seconds))]


def headings(*north_and_seconds: tuple[float, float]) -> list[float]:
    return [fix.heading for fix in fixes_of(points(*north_and_seconds))]


def test_seoul_to_busan_is_325_km() -> None:
    assert distance(37.5665, 126.9780, 35.1796, 129.0756) == pytest.approx(325_100, rel=1e-3)


def test_half_the_equator_is_half_the_circumference() -> None:
    assert distance(0, 0, 0, 180) == pytest.approx(20_015_115, rel=1e-6)


@given(latitudes, longitudes, latitudes, longitudes)
def test_there_is_as_far_as_back(a: float, b: float, c: float, d: float) -> None:
    assert distance(a, b, c, d) == pytest.approx(distance(c, d, a, b), abs=1e-3)


@pytest.mark.parametrize(
    ("to", "degrees"),
    [((1, 0), 0.0), ((0, 1), 90.0), ((-1, 0), 180.0), ((0, -1), 270.0)],
)
def test_the_bearing_is_clockwise_from_north(to: tuple[float, float], degrees: float) -> None:
    assert bearing(0, 0, *to) == degrees


@given(latitudes, longitudes, latitudes, longitudes)
def test_a_bearing_is_below_360(a: float, b: float, c: float, d: float) -> None:
    assert 0 <= bearing(a, b, c, d) < 360


def test_speed_follows_from_the_fix_before() -> None:
    assert speeds((0, 0), (50, 5), (150, 10)) == [36.0, 36.0, 72.0]


def test_a_stop_has_no_speed() -> None:
    assert speeds((0, 0), (50, 5), (50, 10)) == [36.0, 36.0, 0.0]


def test_a_stop_keeps_its_heading() -> None:
    assert headings((50, 0), (0, 5), (0, 10)) == [180.0, 180.0, 180.0]


def test_a_jump_keeps_the_speed_before_it() -> None:
    assert speeds((0, 0), (50, 5), (5000, 10)) == [36.0, 36.0, 36.0]


def test_a_jump_keeps_its_place() -> None:
    assert fixes_of(points((0, 0), (5000, 5)))[1].latitude == 5000 * METRES


def test_the_same_fix_twice_is_one() -> None:
    assert speeds((0, 0), (50, 5), (50, 5)) == [36.0, 36.0]


def test_two_places_in_one_second_keep_the_speed() -> None:
    assert speeds((0, 0), (50, 5), (90, 5)) == [36.0, 36.0, 36.0]


def test_fixes_are_put_into_the_order_of_their_time() -> None:
    assert speeds((50, 5), (0, 0)) == [36.0, 36.0]


def test_the_speed_over_a_gap_is_that_of_the_recorded_time() -> None:
    assert speeds((0, 0), (1000, 100)) == [36.0, 36.0]


def test_a_gap_is_shortened() -> None:
    pauses = [fix.pause for fix in fixes_of(points((0, 0), (50, 5), (60, 500)))]
    assert pauses == [5.0, LONGEST_PAUSE_S, LAST_PAUSE_S]


def test_a_trip_of_one_fix_is_a_parked_vehicle() -> None:
    assert fixes_of(points((7, 0))) == (Fix(7 * METRES, 0.0, 0.0, 0.0, LAST_PAUSE_S),)


@given(
    st.lists(
        st.builds(
            Point,
            st.floats(-80, 80),
            st.floats(-180, 180),
            st.integers(0, 9999).map(lambda seconds: NOON + timedelta(seconds=seconds)),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_whatever_was_recorded_moves_plausibly(recorded: list[Point]) -> None:
    fixes = fixes_of(recorded)
    assert all(0 <= fix.speed <= FASTEST_KMH and 0 <= fix.heading < 360 for fix in fixes)
    assert sum(fix.pause for fix in fixes) > 0


HEADER = "latitude,longitude,track_id,time\n"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tracks.csv"
    path.write_text(text)
    return path


def test_one_track_is_one_vehicle(tmp_path: Path) -> None:
    rows = "1,2,7,2014-09-13 07:24:32\n3,4,8,2014-09-13 07:24:32\n1,2,7,2014-09-13 07:24:37\n"
    tracks = read_tracks(written(tmp_path, HEADER + rows))
    assert [(track.name, len(track.fixes)) for track in tracks] == [("7", 2), ("8", 1)]


def test_the_columns_may_come_in_any_order(tmp_path: Path) -> None:
    text = "time,track_id,longitude,latitude\n2014-09-13 07:24:32,7,2,1\n"
    fix = read_tracks(written(tmp_path, text))[0].fixes[0]
    assert (fix.latitude, fix.longitude) == (1, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column latitude, longitude, track_id, time"),
        ("latitude,longitude,time\n", "no column track_id"),
        (HEADER, "no fix"),
        (HEADER + "1,2,7,2014-09-13 07:24:32\nabc,2,7,2014-09-13 07:24:37\n", "line 3: .*abc"),
        (HEADER + "1,2,7,yesterday\n", "line 2: .*yesterday"),
        (HEADER + "1,2\n", "line 2"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TracksError, match=said):
        read_tracks(written(tmp_path, text))


def test_a_missing_file_names_the_way_without(tmp_path: Path) -> None:
    with pytest.raises(TracksError, match="synthetic fleet"):
        read_tracks(tmp_path / "nope.csv")


def trip(*places: tuple[float, float]) -> Track:
    return Track("1", tuple(Fix(lat, lon, 0.0, 0.0, 5.0) for lat, lon in places))


def test_moved_tracks_have_their_middle_there() -> None:
    fixes = moved((trip((0, 0), (1, 1), (50, 50)),), 37.5, 127)[0].fixes
    assert (fixes[1].latitude, fixes[1].longitude) == (37.5, 127)


def test_moved_tracks_keep_their_size() -> None:
    before = trip((-10.9, -37.0), (-10.9, -37.01), (-10.9, -37.02)).fixes
    after = moved((Track("1", before),), 37.5, 127)[0].fixes
    lengths = [
        distance(a.latitude, a.longitude, b.latitude, b.longitude)
        for a, b in (before[:2], after[:2])
    ]
    assert lengths[0] == pytest.approx(lengths[1], rel=1e-3)
