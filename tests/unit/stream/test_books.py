"""Books add up."""

from dataclasses import replace

import pytest

from yeoul_stream.books import RangeBook, Totals, join, merge_counts

LEFT = RangeBook("id", "t", 0, 0, 10, read=9, written=7, filtered=1, dead={"decode": 1}, digest=5)
RIGHT = RangeBook("id", "t", 0, 10, 12, read=2, written=1, dead={"target": 1}, digest=2**63 - 1)


def test_a_book_is_balanced_when_all_records_are_accounted_for() -> None:
    assert LEFT.balanced


def test_a_book_that_misses_a_record_is_not() -> None:
    assert not RangeBook("id", "t", 0, 0, 10, read=9, written=8).balanced


def test_joined_books_add_their_counts() -> None:
    both = join(LEFT, RIGHT)
    assert (both.start, both.end, both.read, both.written, both.dead) == (
        0, 12, 11, 8, {"decode": 1, "target": 1},
    )  # fmt: skip


def test_joined_digests_wrap_at_64_bits() -> None:
    assert join(LEFT, RIGHT).digest == -(2**63) + 4


def test_books_that_are_not_adjacent_do_not_join() -> None:
    with pytest.raises(ValueError, match="not adjacent"):
        join(RIGHT, LEFT)


def test_books_of_the_same_rules_join_into_one() -> None:
    assert join(replace(LEFT, rules="a"), replace(RIGHT, rules="a")).parts == ()


def test_books_of_different_rules_stay_apart_as_parts() -> None:
    left, right = replace(LEFT, rules="a"), replace(RIGHT, rules="b")
    both = join(left, right)
    assert (both.read, both.rules, both.parts) == (11, "", (left, right))


def test_a_part_grows_while_the_rules_stay() -> None:
    left, right = replace(LEFT, rules="a"), replace(RIGHT, rules="b")
    more = RangeBook("id", "t", 0, 12, 20, read=8, written=8, rules="b")
    assert join(join(left, right), more).parts == (left, join(right, more))


def test_a_range_without_records_is_the_same_under_any_rules() -> None:
    empty = RangeBook("id", "t", 0, 0, 0)
    assert join(empty, replace(LEFT, rules="a")).rules == "a"


def test_counts_merge_by_reason() -> None:
    assert merge_counts({"a": 1}, {"a": 2, "b": 1}) == {"a": 3, "b": 1}


def test_totals_sum_books() -> None:
    totals = Totals(read=1).plus([LEFT, RIGHT])
    assert (totals.read, totals.written, totals.filtered, totals.dead) == (12, 8, 1, 2)
    assert totals.reasons == {"decode": 1, "target": 1}
