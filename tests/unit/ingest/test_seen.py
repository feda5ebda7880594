from __future__ import annotations

from yeoul_ingest.seen import Seen

A, B = b"a", b"b"


def test_a_record_is_new_once() -> None:
    seen = Seen(600)
    assert [seen.claim(A, 0), seen.claim(A, 1), seen.claim(B, 1)] == [True, False, True]


def test_a_record_is_new_again_after_the_window() -> None:
    seen = Seen(600)
    seen.claim(A, 0)
    assert seen.claim(A, 601)


def test_a_record_that_the_api_goes_on_showing_stays_known() -> None:
    seen = Seen(600)
    assert [seen.claim(A, at) for at in (0, 500, 1000, 1500)] == [True, False, False, False]


def test_a_record_found_in_the_topic_is_known() -> None:
    seen = Seen(600)
    seen.remember(A, 0)
    assert not seen.claim(A, 600)


def test_a_record_found_in_the_topic_is_known_from_its_own_time_on() -> None:
    seen = Seen(600)
    seen.remember(A, 0)
    assert seen.claim(A, 601)


def test_of_two_times_in_the_topic_the_later_counts() -> None:
    seen = Seen(600)
    seen.remember(A, 300)
    seen.remember(A, 100)
    assert not seen.claim(A, 900)


def test_a_record_that_was_not_delivered_is_new() -> None:
    seen = Seen(600)
    seen.claim(A, 0)
    seen.forget(A)
    assert seen.claim(A, 1)


def test_forgetting_what_is_not_known_is_no_error() -> None:
    Seen(600).forget(A)


def test_sweeping_drops_what_is_older_than_the_window() -> None:
    seen = Seen(600)
    seen.claim(A, 0)
    seen.claim(B, 100)
    seen.sweep(650)
    assert len(seen) == 1


def test_sweeping_keeps_what_is_known() -> None:
    seen = Seen(600)
    seen.claim(A, 100)
    seen.sweep(650)
    assert not seen.claim(A, 650)


def test_memory_is_bounded_by_the_window() -> None:
    seen = Seen(10)
    for second in range(1000):
        seen.sweep(second)
        seen.claim(str(second).encode(), second)
    assert len(seen) <= 12


def test_a_clock_that_was_set_back_does_not_stop_the_sweeping() -> None:
    seen = Seen(10)
    seen.sweep(1_000_000)
    seen.claim(A, 0)
    seen.sweep(20)
    assert len(seen) == 0
