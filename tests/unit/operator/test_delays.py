from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from yeoul_operator.run.delays import Delays

MOMENTS = st.floats(0, 100, allow_nan=False)
ENTRIES = st.lists(st.tuples(st.sampled_from("abcdef"), MOMENTS), max_size=300)


def delays(*entries: tuple[str, float]) -> Delays[str]:
    made: Delays[str] = Delays()
    for key, moment in entries:
        made.add(key, moment)
    return made


def test_a_key_is_taken_once_its_moment_has_come() -> None:
    assert delays(("a", 5.0), ("b", 6.0)).take(5.0) == ["a"]


def test_the_earliest_moment_of_a_key_counts() -> None:
    assert delays(("a", 5.0), ("a", 9.0), ("a", 3.0)).first() == 3.0


def test_a_later_moment_does_not_put_a_key_off() -> None:
    assert delays(("a", 5.0), ("a", 9.0)).take(5.0) == ["a"]


def test_a_key_is_taken_once_although_it_was_put_there_twice() -> None:
    assert delays(("a", 5.0), ("a", 3.0)).take(10.0) == ["a"]


def test_a_discarded_key_does_not_come() -> None:
    made = delays(("a", 5.0))
    made.discard("a")
    assert made.take(10.0) == []


def test_a_key_can_come_back_at_a_later_moment_than_before() -> None:
    made = delays(("a", 5.0))
    made.discard("a")
    made.add("a", 8.0)
    assert (made.take(7.0), made.take(8.0)) == ([], ["a"])


@given(ENTRIES)
def test_all_keys_come_in_the_order_of_their_earliest_moments(
    entries: list[tuple[str, float]],
) -> None:
    earliest: dict[str, float] = {}
    for key, moment in entries:
        earliest[key] = min(moment, earliest.get(key, moment))
    taken = delays(*entries).take(100.0)
    assert [earliest[key] for key in taken] == sorted(earliest.values())
