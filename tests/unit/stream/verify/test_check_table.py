"""Sentences about a table that does not hold what it should."""

from dataclasses import replace

from yeoul_stream.books import RangeBook
from yeoul_stream.verify.check_kafka import Expected
from yeoul_stream.verify.check_table import Evidence, TableCheck, check_table
from yeoul_stream.verify.facts import Amount, Measure
from yeoul_stream.verify.multiset import Difference, Missing, Surplus
from yeoul_stream.verify.values import Altered

BOOK = RangeBook("topic-id", "cars", 0, 0, 10, read=10, written=10, digest=5)
HELD = Expected((BOOK,), (Measure(read=10, written=10, digest=5),), Measure(), (), {})
GONE = Expected((BOOK,), (None,), Measure(), (), {})
SAME = Difference(0, (), 0, (), Amount(), ())


def check(expected: Expected, diff: Difference, **more: object) -> TableCheck:
    return check_table("table", "public.cars", expected, replace(Evidence(diff), **more))  # type: ignore[arg-type]


def kinds(found: TableCheck) -> list[tuple[str, str]]:
    return [(finding.kind, finding.severity) for finding in found.findings]


def unknown(rows: int, digest: int = 0) -> Difference:
    shown = tuple(Surplus(0, f"cars (0,{n})", 1) for n in range(rows))
    return replace(SAME, unknown=Amount(rows, digest), unknown_shown=shown)


def missing(*offsets: int) -> Difference:
    return replace(
        SAME, missing_rows=len(offsets), missing=tuple(Missing(0, 1, o, 1, 0) for o in offsets)
    )


def test_a_missing_row_is_named_by_its_offset() -> None:
    (found,) = check(HELD, missing(7)).findings
    assert (found.kind, found.place.partition, found.place.offset) == ("row-missing", 1, 7)


def test_an_altered_row_is_named_with_its_values() -> None:
    diff = replace(missing(7), unknown=Amount(1, 1))
    altered = {(1, 7): Altered("cars (0,1)", (("speed", "99.9", "7.1"),))}
    (found,) = check(HELD, diff, altered=altered).findings
    assert "speed is 99.9 instead of 7.1" in found.text


def test_a_doubled_row_fails() -> None:
    diff = replace(SAME, doubled_rows=1, doubled=(Surplus(0, "cars (0,9)", 1, 0, 3),))
    assert kinds(check(HELD, diff)) == [("row-doubled", "failure")]


def test_foreign_rows_are_only_reported() -> None:
    assert kinds(check(HELD, unknown(2))) == [("foreign-rows", "notice")]


def test_failures_that_are_not_shown_are_counted() -> None:
    diff = replace(missing(7), missing_rows=30)
    assert ("table", "row-missing", 29) in check(HELD, diff).more


def test_attested_rows_that_give_the_books_digest_are_right() -> None:
    assert kinds(check(GONE, unknown(10, 5))) == []


def test_too_few_attested_rows_fail() -> None:
    assert kinds(check(GONE, unknown(9, 5))) == [("attested-missing", "failure")]


def test_attested_rows_with_another_digest_fail() -> None:
    assert kinds(check(GONE, unknown(10, 6))) == [("attested-altered", "failure")]


def test_foreign_rows_among_attested_ones_leave_the_proof_open() -> None:
    assert check(GONE, unknown(11, 6)).unproven is not None


def test_lineage_tells_foreign_rows_from_attested_ones() -> None:
    found = check(GONE, unknown(11, 6), attested={0: Amount(10, 5)})
    assert (kinds(found), found.unproven) == ([("foreign-rows", "notice")], None)


def test_lineage_names_the_book_of_an_altered_row() -> None:
    (found,) = check(GONE, unknown(10, 6), attested={0: Amount(10, 6)}).findings
    assert (found.kind, found.place.start, found.place.end) == ("attested-altered", 0, 10)


def test_rows_of_uncommitted_records_fail_and_are_not_foreign() -> None:
    found = check(HELD, unknown(1), uncommitted=(Missing(0, 1, 20, 1, 0),), uncommitted_rows=1)
    assert (kinds(found), found.foreign) == ([("row-uncommitted", "failure")], 0)


def test_rows_of_other_columns_are_compared_by_their_number_only() -> None:
    older = Expected((replace(BOOK, rules="c1-r1"),), (None,), Measure(), (), {}, "c2-r2")
    assert kinds(check(older, unknown(10, digest=6))) == []


def test_too_few_rows_of_other_columns_are_noticed() -> None:
    older = Expected((replace(BOOK, rules="c1-r1"),), (None,), Measure(), (), {}, "c2-r2")
    assert kinds(check(older, unknown(9))) == [("attested-missing", "failure")]
