"""Offsets cut into cells, and what a sink says of itself."""

from dataclasses import replace

from yeoul_stream.books import RangeBook
from yeoul_stream.verify.facts import Account, Amount, CellMap, Measure, bounds_of, cut

TOPIC = "topic-id"


def book(start: int, end: int, partition: int = 0) -> RangeBook:
    return RangeBook(TOPIC, "cars", partition, start, end)


def test_cells_lie_between_neighbouring_bounds() -> None:
    cells = cut({(TOPIC, 0): {10, 0, 30}})
    assert [(cell.start, cell.end) for cell in cells] == [(0, 10), (10, 30)]


def test_cells_are_numbered_over_all_partitions() -> None:
    cells = cut({(TOPIC, 0): {0, 1}, (TOPIC, 1): {0, 1}})
    assert [(cell.number, cell.partition) for cell in cells] == [(0, 0), (1, 1)]


def test_a_single_bound_gives_no_cell() -> None:
    assert cut({(TOPIC, 0): {5}}) == ()


def test_the_cells_of_a_range_are_found() -> None:
    found = CellMap(cut({(TOPIC, 0): {0, 10, 20, 30}})).within((TOPIC, 0), 10, 30)
    assert [cell.start for cell in found] == [10, 20]


def test_the_position_bounds_cells_too() -> None:
    account = Account({(TOPIC, 0): 25}, (book(0, 10), book(10, 20)))
    assert bounds_of(account) == {(TOPIC, 0): {0, 10, 20, 25}}


def test_a_position_without_books_has_no_range() -> None:
    assert Account({(TOPIC, 0): 25}, ()).ranges() == {}


def test_a_range_reaches_from_the_first_book_to_the_position() -> None:
    account = Account({(TOPIC, 0): 25}, (book(5, 10), book(10, 20)))
    assert account.ranges() == {(TOPIC, 0): (5, 25)}


def test_what_was_lost_before_it_was_read_is_under_any_rules() -> None:
    kept, lost, other = (
        replace(book(0, 10), read=10, rules="a"),
        replace(book(10, 20), read=0, lost=10),
        replace(book(20, 30), read=10, rules="b"),
    )
    account = Account({(TOPIC, 0): 30}, (kept, lost, other))
    assert account.under("a").books == (kept, lost)


def test_digests_wrap_when_amounts_are_added() -> None:
    assert Amount(1, 2**63 - 1).plus(Amount(1, 1)) == Amount(2, -(2**63))


def test_an_amount_less_itself_is_nothing() -> None:
    amount = Amount(3, -(2**63))
    assert amount.minus(amount) == Amount()


def test_measures_add_up_by_reason() -> None:
    both = Measure(read=2, dead={"decode": 1}).plus(Measure(read=1, dead={"expression": 1}))
    assert (both.read, both.dead) == (3, {"decode": 1, "expression": 1})
