"""A table against a lake whose books end elsewhere."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from fix_pipeline import sink
from yeoul_stream.books import RangeBook
from yeoul_stream.pipeline import Field, Record
from yeoul_stream.verify.across import (
    Compared,
    Overlap,
    Side,
    compare,
    compare_whole,
    extra_bounds,
    overlaps,
    projection,
    spanning,
    table_amounts,
)
from yeoul_stream.verify.facts import Account, Amount, Cell, Key, Measure, cut

KEY = ("topic-id", 0)
RECORD = Record(
    format="json", fields=(Field(name="dataId", type="string"), Field(name="speed", type="double"))
)


def account(*bounds: int) -> Account:
    """Books between neighbouring bounds; one row an offset, whose hash is its offset."""
    books = tuple(
        RangeBook(*_id(), start, end, read=end - start, written=end - start,
                  digest=sum(range(start, end)))
        for start, end in pairwise(bounds)
    )  # fmt: skip
    return Account({KEY: bounds[-1]}, books)


def _id() -> tuple[str, str, int]:
    return (KEY[0], "cars", KEY[1])


def given_by_kafka(
    shared: Mapping[Key, Overlap], held: bool
) -> tuple[tuple[Cell, ...], dict[int, Measure]]:
    """Return the cells of the overlaps, and their measures where Kafka has the records."""
    cells = cut(dict(extra_bounds(shared)))
    measures = {
        cell.number: Measure(written=cell.end - cell.start, digest=sum(range(cell.start, cell.end)))
        for cell in cells
        if held
    }
    return cells, measures


def run(table: Account, lake: Account, held: bool = True) -> Compared:
    shared = overlaps(table, lake)
    cells, measures = given_by_kafka(shared, held)
    ours = table_amounts(table, tuple(None for _ in table.books))
    theirs = {i: Amount(b.written, b.digest) for i, b in enumerate(lake.books)}
    return compare(Side("table", table, ours), Side("lake", lake, theirs), shared, cells, measures)


def test_the_overlap_is_the_tables_books_within_the_lakes_range() -> None:
    found = overlaps(account(0, 10, 20, 30), account(5, 15, 25))
    assert found == {KEY: Overlap(KEY, 10, 20, 5, 25)}


def test_ranges_that_do_not_meet_have_no_overlap() -> None:
    assert overlaps(account(0, 10), account(10, 20)) == {}


def test_ranges_that_overlap_by_less_than_a_book_have_none() -> None:
    assert overlaps(account(0, 10), account(5, 7)) == {}


def test_equal_stores_are_equal_over_all_rows() -> None:
    found = run(account(0, 10, 20), account(0, 5, 20))
    assert (found.rows, found.findings) == (20, ())


def test_the_edges_are_taken_from_kafka() -> None:
    found = run(account(0, 10, 20, 30), account(5, 15, 25))
    assert (found.rows, found.findings) == (10, ())


def test_partitions_whose_edges_kafka_has_dropped_are_skipped() -> None:
    assert run(account(0, 10, 20), account(5, 30), held=False).skipped == (KEY,)


def test_equal_ranges_need_nothing_from_kafka() -> None:
    assert run(account(0, 10), account(0, 5, 10), held=False).rows == 10


def test_a_difference_is_named_by_its_range() -> None:
    lake = account(0, 10)
    odd = Account(lake.positions, (RangeBook(*_id(), 0, 10, read=10, written=10, digest=1),))
    (found,) = run(account(0, 10), odd).findings
    assert (found.kind, found.place.start, found.place.end) == ("sinks-differ", 0, 10)


def whole(table: Account, lake: Account, held: Amount, given: bool = True) -> Compared:
    shared = spanning(overlaps(table, lake), "table", "lake", lake, "")
    assert isinstance(shared, dict)
    cells, measures = given_by_kafka(shared, given)
    ours = table_amounts(table, tuple(None for _ in table.books))
    return compare_whole(Side("table", table, ours), "lake", held, shared, cells, measures)


def test_a_lake_of_one_piece_is_compared_as_a_whole() -> None:
    found = whole(account(10, 20, 30), account(0, 15, 40), Amount(40, sum(range(40))))
    assert (found.rows, found.findings) == (20, ())


def test_a_lake_of_one_piece_with_other_rows_differs() -> None:
    (found,) = whole(account(0, 10), account(0, 10), Amount(10, 1)).findings
    assert "table and lake differ: 10 rows each, with different digests" in found.text


def test_a_lake_of_one_piece_needs_all_of_its_edges() -> None:
    found = whole(account(10, 20, 30), account(0, 40), Amount(40, 0), given=False)
    assert (found.partitions, found.skipped) == (0, (KEY,))


def test_a_lake_of_one_piece_under_other_rules_in_part_is_not_compared() -> None:
    lake = account(0, 10, 20)
    old = replace(lake.books[0], rules="of before")
    found = spanning({}, "table", "lake", replace(lake, books=(old, lake.books[1])), "")
    assert isinstance(found, str)
    assert "under other rules" in found


def test_a_lake_of_one_piece_with_a_partition_of_its_own_is_not_compared() -> None:
    found = spanning({}, "table", "lake", account(0, 10), "")
    assert "table does not reach into all of lake's partitions" in found


def test_rows_that_the_database_refused_are_in_the_lake_all_the_same() -> None:
    book = RangeBook(*_id(), 0, 10, read=10, written=9, dead={"target": 1}, digest=1)
    measure = Measure(written=9, digest=1, target_rows=1, target_digest=4)
    assert table_amounts(Account({}, (book,)), (measure,)) == {0: Amount(10, 5)}


def test_the_projection_is_by_field_not_by_name() -> None:
    table = sink(select={"v": "speed"}, console={})
    assert projection(RECORD, table, sink(console={})) == (1,)


def test_a_filter_has_no_projection() -> None:
    found = projection(RECORD, sink(where="speed > 1", console={}), sink(console={}))
    assert isinstance(found, str)


def test_a_field_that_the_lake_drops_has_no_projection() -> None:
    found = projection(RECORD, sink(console={}), sink(select={"id": "dataId"}, console={}))
    assert isinstance(found, str)
