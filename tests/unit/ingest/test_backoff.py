from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from yeoul_ingest.backoff import LONGEST_RETRY_AFTER_S, Backoff

BACKOFF = Backoff(first=1, longest=60)
chances = st.floats(0, 1)


def test_pauses_double() -> None:
    assert [BACKOFF.pause(failures, 1) for failures in (1, 2, 3, 4)] == [1, 2, 4, 8]


def test_pauses_are_capped() -> None:
    assert BACKOFF.pause(10_000, 1) == 60


def test_jitter_takes_up_to_half_of_a_pause() -> None:
    assert BACKOFF.pause(4, 0) == 4


@given(st.integers(1, 100_000), chances)
def test_a_pause_is_never_longer_than_the_longest(failures: int, chance: float) -> None:
    assert 0.5 <= BACKOFF.pause(failures, chance) <= 60


@given(st.integers(1, 100), chances, st.floats(0, LONGEST_RETRY_AFTER_S))
def test_a_pause_is_never_shorter_than_asked(failures: int, chance: float, asked: float) -> None:
    assert BACKOFF.pause(failures, chance, asked) >= asked


def test_what_was_asked_is_capped() -> None:
    assert BACKOFF.pause(1, 0, 1e9) == LONGEST_RETRY_AFTER_S


def test_a_pause_longer_than_asked_stays() -> None:
    assert BACKOFF.pause(6, 1, 3) == 32


def test_what_only_a_person_can_help_with_waits_long_at_once() -> None:
    assert BACKOFF.slow(1) == 60


def test_a_slow_pause_is_never_shorter_than_asked() -> None:
    assert BACKOFF.slow(0, 100) == 100
