"""What a sink should hold: from Kafka, or from its books where Kafka has dropped the records."""

from dataclasses import replace

from yeoul_stream.books import RangeBook
from yeoul_stream.verify.check_kafka import (
    Expected,
    check_kafka,
    check_rules,
    expect,
    of_other_rules,
)
from yeoul_stream.verify.facts import Account, Amount, Measure, bounds_of, cut

TOPIC = "topic-id"


def book(start: int, end: int, written: int = 10, digest: int = 1) -> RangeBook:
    return RangeBook(TOPIC, "cars", 0, start, end, read=written, written=written, digest=digest)


def expected(books: tuple[RangeBook, ...], measures: dict[int, Measure]) -> Expected:
    account = Account({(TOPIC, 0): books[-1].end}, books)
    return expect(account, cut(bounds_of(account)), measures)


def kinds(found: Expected) -> list[str]:
    return [finding.kind for finding in check_kafka("table", found)]


def test_a_book_that_kafka_confirms_is_right() -> None:
    found = expected((book(0, 10),), {0: Measure(read=10, written=10, digest=1)})
    assert kinds(found) == []


def test_a_count_that_kafka_does_not_give_is_named() -> None:
    found = expected((book(0, 10, written=9),), {0: Measure(read=10, written=10, digest=1)})
    assert kinds(found) == ["book-count"]


def test_a_digest_that_kafka_does_not_give_is_named() -> None:
    found = expected((book(0, 10, digest=2),), {0: Measure(read=10, written=10, digest=1)})
    assert kinds(found) == ["book-digest"]


def test_refused_rows_count_as_dead() -> None:
    target = RangeBook(TOPIC, "cars", 0, 0, 10, read=10, written=9, dead={"target": 1}, digest=1)
    found = expected((target,), {0: Measure(read=10, written=9, digest=1, target_rows=1)})
    assert kinds(found) == []


def test_a_book_that_kafka_has_dropped_is_attested() -> None:
    books = (book(0, 10), book(10, 20))
    found = expected(books, {1: Measure(read=10, written=10, digest=1)})
    assert found.attested == books[:1]


def test_a_book_is_attested_as_a_whole() -> None:
    # The second book overlaps the first, so that the first has two cells and Kafka holds one.
    books = (book(0, 10), book(5, 10))
    found = expected(books, {1: Measure(read=5, written=5, digest=1)})
    assert found.measures[0] is None


def test_the_total_is_of_kafka_and_of_attested_books() -> None:
    books = (book(0, 10, written=7, digest=100), book(10, 20))
    found = expected(books, {1: Measure(read=10, written=10, digest=1)})
    assert found.total == Amount(17, 101)


def test_records_of_overlapping_books_are_expected_once() -> None:
    books = (book(0, 10), book(0, 10))
    found = expected(books, {0: Measure(read=10, written=10, digest=1)})
    assert len(found.cells) == 1


def test_records_between_books_are_expected_too() -> None:
    books = (book(0, 10), book(15, 20))
    measure = Measure(read=5, written=5, digest=1)
    found = expected(books, {0: measure, 1: measure, 2: measure})
    assert found.between == measure


OLD, NEW, WIDE = "c1-r1", "c1-r2", "c2-r3"


def of_rules(*rules: str) -> Account:
    """Ten records of each of the rules, one after the other."""
    books = tuple(
        replace(book(10 * number, 10 * number + 10), rules=name)
        for number, name in enumerate(rules)
    )
    return Account({(TOPIC, 0): books[-1].end}, books)


def test_what_other_rules_have_written_is_not_derived_again() -> None:
    account = of_rules(OLD, NEW)
    assert of_other_rules(account, cut(bounds_of(account)), NEW) == {0}


def test_a_notice_names_what_other_rules_have_written() -> None:
    account = of_rules(OLD, NEW)
    found = expect(account, cut(bounds_of(account)), {1: Measure(read=10)}, NEW)
    (notice,) = check_rules("table", found)
    assert (notice.severity, "offsets 0 to 9" in notice.text) == ("notice", True)


def test_books_of_other_columns_are_only_counted() -> None:
    account = of_rules(OLD, NEW, WIDE)
    found = expect(account, cut(bounds_of(account)), {}, NEW)
    assert found.counted == account.books[2:]


def test_without_other_rules_there_is_no_notice() -> None:
    account = of_rules(NEW)
    assert not list(check_rules("table", expect(account, (), {}, NEW)))
