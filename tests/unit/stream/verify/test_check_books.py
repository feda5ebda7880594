"""Books that agree with each other, and books that do not."""

from yeoul_stream.books import RangeBook
from yeoul_stream.verify.check_books import check_books, span, spans
from yeoul_stream.verify.facts import Account

TOPIC = "topic-id"


def book(start: int, end: int, read: int = 0, written: int = 0) -> RangeBook:
    return RangeBook(TOPIC, "cars", 0, start, end, read=read, written=written)


def found(position: int | None, *books: RangeBook) -> list[tuple[str, int | None, int | None]]:
    positions = {} if position is None else {(TOPIC, 0): position}
    findings = check_books("table", Account(positions, books))
    return [(f.kind, f.place.start, f.place.end) for f in findings]


def test_books_that_follow_each_other_are_right() -> None:
    assert found(20, book(0, 10), book(10, 20)) == []


def test_books_may_begin_anywhere() -> None:
    assert found(20, book(15, 20)) == []


def test_offsets_in_two_books_are_named() -> None:
    assert found(20, book(0, 10), book(7, 20)) == [("books-overlap", 7, 10)]


def test_a_book_within_another_is_an_overlap() -> None:
    assert found(20, book(0, 20), book(5, 7)) == [("books-overlap", 5, 7)]


def test_offsets_without_a_book_are_named() -> None:
    assert found(20, book(0, 10), book(12, 20)) == [("books-gap", 10, 12)]


def test_a_position_behind_the_books_is_named() -> None:
    assert found(15, book(0, 20)) == [("position", 15, 20)]


def test_a_position_beyond_the_books_is_named() -> None:
    assert found(25, book(0, 20)) == [("position", 20, 25)]


def test_books_without_a_position_are_named() -> None:
    assert found(None, book(0, 20)) == [("position-missing", 0, 20)]


def test_a_book_that_does_not_add_up_is_named() -> None:
    assert found(10, book(0, 10, read=5, written=4)) == [("book-unbalanced", 0, 10)]


def test_one_offset_is_called_by_its_number() -> None:
    assert span(7, 8) == "offset 7"


def test_neighbouring_ranges_are_told_as_one() -> None:
    assert spans([book(10, 20), book(0, 10)]) == "partition 0, offsets 0 to 19"
