"""What a sink has passed over, what is left of it, and where a reset goes."""

from yeoul_stream.books import RangeBook
from yeoul_stream.past.holes import Hole, Move, around, chunks, fillable, holes, move, skipped

LIKE = RangeBook("id", "t", 0, 0, 0)


def book(start: int, end: int) -> RangeBook:
    return RangeBook("id", "t", 0, start, end, read=end - start, written=end - start, rules="r")


OVER = skipped(LIKE, 20, 30)


def test_before_the_first_book_and_where_one_says_so_are_holes() -> None:
    assert holes([book(10, 20), OVER], 30) == [Hole(0, 10), Hole(20, 30, OVER)]


def test_without_books_all_before_the_position_is_a_hole() -> None:
    assert holes([], 7) == [Hole(0, 7)]


def test_only_what_lies_in_holes_is_filled() -> None:
    assert fillable([Hole(0, 10), Hole(20, 30, OVER)], 5, 25) == [(5, 10), (20, 25)]


def test_a_long_part_is_filled_in_pieces() -> None:
    assert list(chunks(5, 12, 4)) == [(5, 9), (9, 12)]


def test_what_is_left_of_a_hole_is_said() -> None:
    left = around(Hole(20, 30, OVER), 22, 25, LIKE)
    assert [(one.start, one.end) for one in left] == [(20, 22), (25, 30)]


def test_nothing_is_said_below_the_first_book() -> None:
    left = around(Hole(0, 10), 4, 8, LIKE)
    assert [(one.start, one.end) for one in left] == [(8, 10)]


def test_the_way_back_ends_where_a_book_begins() -> None:
    found = move(0, 30, [book(0, 10), book(10, 20), book(20, 30)], 15, 0)
    assert found == Move(0, 30, 10, (book(10, 20), book(20, 30)))


def test_a_book_that_kafka_holds_in_part_stays_whole() -> None:
    found = move(0, 30, [book(0, 10), book(10, 20), book(20, 30)], 15, 12)
    assert found == Move(0, 30, 20, (book(20, 30),))


def test_the_way_forth_undoes_nothing() -> None:
    assert move(0, 30, [book(0, 30)], 50, 0) == Move(0, 30, 50)


def test_the_same_place_is_no_move() -> None:
    assert move(0, 30, [book(0, 30)], 30, 0) is None
