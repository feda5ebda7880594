"""The page's data as the scripts read it."""

import json

import pytest

from yeoul_local.demo.page.data import Bucket, Fix, PageData
from yeoul_local.demo.page.encode import driven, flatten, to_json, top_speed, whole_buckets


def test_a_trail_is_steps() -> None:
    trail = (Fix(5000, 127.0, 37.5, 43.26), Fix(5200, 127.00012, 37.49999, 0.0))
    assert flatten(trail, began=4000) == [100, 12_700_000, 3_750_000, 433, 20, 12, -1, 0]


def test_steps_do_not_drift() -> None:
    trail = tuple(Fix(at, 127 + at * 0.000004, 37.5, 0) for at in range(0, 10_000, 10))
    flat = flatten(trail, began=0)
    assert sum(flat[1::4]) == round(trail[-1].lon * 1e5)


@pytest.mark.parametrize(("reached", "top"), [(0, 40), (39, 40), (61, 80), (180, 180)])
def test_the_colours_end_at_what_is_reached(reached: float, top: float) -> None:
    assert top_speed([reached] * 100) == top


def test_a_single_leap_does_not_stretch_the_colours() -> None:
    assert top_speed([30.0] * 99 + [5000.0]) == 40


def test_nobody_has_a_scale_too() -> None:
    assert top_speed([]) == 40


def test_the_bins_at_both_ends_were_seen_in_part() -> None:
    buckets = [Bucket(at, 1, 0, 0) for at in range(6)]
    assert [bucket.at for bucket in whole_buckets(buckets)] == [1, 2, 3, 4]


def test_of_few_bins_none_is_left_out() -> None:
    buckets = [Bucket(at, 1, 0, 0) for at in range(3)]
    assert len(whole_buckets(buckets)) == 3


def test_json_cannot_end_its_element() -> None:
    text = to_json({"terminal": "</script><b>"})
    assert "<" not in text
    assert json.loads(text) == {"terminal": "</script><b>"}


def page_data(rows: int, buckets: tuple[Bucket, ...]) -> PageData:
    return PageData("car-info", "car_info", 0.0, 60.0, rows, 1, "", 30.0, buckets=buckets)


def test_what_was_driven_adds_up_to_the_end_of_each_bin() -> None:
    buckets = (Bucket(10, 800, 0, 0), Bucket(11, 700, 0, 0))
    assert driven(page_data(1500, buckets)) == [[10_000, 0], [11_000, 800], [12_000, 1500]]


def test_what_had_waited_in_kafka_counts_from_the_start() -> None:
    assert driven(page_data(1000, (Bucket(10, 800, 0, 0),))) == [[10_000, 200], [11_000, 1000]]


def test_without_rows_nothing_was_driven() -> None:
    assert driven(page_data(0, ())) == []
