from __future__ import annotations

from yeoul_ingest.simulator.fleet import Report
from yeoul_ingest.simulator.window import Window


def filled(records: int, seconds: float = 60) -> Window:
    """A record for each second from 0 on."""
    window = Window(seconds)
    for second in range(records):
        window.add([Report(second, str(second).encode())], second)
    return window


def test_the_newest_comes_first() -> None:
    assert filled(4).page(1, 2, 3) == [b"3", b"2"]


def test_the_next_page_goes_on() -> None:
    assert filled(4).page(2, 2, 3) == [b"1", b"0"]


def test_the_last_page_may_be_short() -> None:
    assert filled(4).page(2, 3, 3) == [b"0"]


def test_past_the_last_page_there_is_nothing() -> None:
    assert filled(4).page(3, 2, 3) == []


def test_far_past_the_last_page_there_is_nothing() -> None:
    assert filled(4).page(10**9, 1000, 3) == []


def test_a_window_without_records_is_empty() -> None:
    assert Window(60).page(1, 10, 0) == []


def test_old_records_are_not_shown() -> None:
    assert filled(100, seconds=3).page(1, 100, 99) == [b"99", b"98", b"97", b"96"]


def test_records_grow_old_without_new_ones() -> None:
    assert filled(4, seconds=3).page(1, 100, 5) == [b"3", b"2"]


def test_memory_is_bounded() -> None:
    window = filled(10_000, seconds=100)
    assert len(window._texts) < 150


def test_what_is_visible_is_counted() -> None:
    assert filled(100, seconds=3).visible(99) == 4
