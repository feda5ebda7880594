"""Fewer points that show the same."""

import pytest

from yeoul_local.demo.page.data import Batch, Fix
from yeoul_local.demo.page.thin import bucket_seconds, cumulated, thin, trails


def trail(length: int) -> tuple[Fix, ...]:
    return tuple(Fix(at, 127.0, 37.5, 10.0) for at in range(length))


@pytest.mark.parametrize(
    ("seconds", "span"), [(60, 1), (241, 2), (3600, 15), (86_400, 600), (30e6, 125_001)]
)
def test_few_enough_spans_cover_any_time(seconds: float, span: int) -> None:
    assert bucket_seconds(seconds) == span
    assert seconds / span <= 240


def test_rows_in_order_are_a_trail_a_terminal() -> None:
    a, b, c = trail(3)
    assert trails([("x", a), ("x", b), ("y", c)]) == {"x": (a, b), "y": (c,)}


def test_few_fixes_stay_as_they_are() -> None:
    assert thin({"x": trail(10)}, most=10) == {"x": trail(10)}


def test_many_fixes_become_few() -> None:
    shown = thin({"x": trail(10_000), "y": trail(5)}, most=1000)
    assert sum(len(found) for found in shown.values()) <= 1002


def test_the_last_position_of_each_stays() -> None:
    shown = thin({"x": trail(997), "y": trail(2)}, most=10)
    assert (shown["x"][-1], shown["y"][-1]) == (trail(997)[-1], trail(2)[-1])


def test_the_first_position_stays() -> None:
    assert thin({"x": trail(997)}, most=10)["x"][0] == trail(997)[0]


def test_thinned_trails_stay_in_order() -> None:
    shown = thin({"x": trail(997)}, most=10)["x"]
    assert list(shown) == sorted(shown)


def test_batches_add_up() -> None:
    assert cumulated([Batch(1, 10), Batch(2, 5)]) == [Batch(1, 10), Batch(2, 15)]


def test_the_last_total_stays_when_batches_are_thinned() -> None:
    shown = cumulated([Batch(at, 1) for at in range(1001)], most=10)
    assert len(shown) <= 11
    assert shown[-1] == Batch(1000, 1001)
