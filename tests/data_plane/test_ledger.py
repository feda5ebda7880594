"""Old books are merged, and nothing of what they say is lost; old tables are brought up to date."""

from collections.abc import Iterator

import pytest
from psycopg2.extensions import connection as Connection

from yeoul_local.platform import Platform
from yeoul_stream.books import RangeBook
from yeoul_stream.claim import Claimant
from yeoul_stream.errors import FencedError
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.sinks.postgres import ledger
from yeoul_stream.sinks.postgres.schema import ensure_schema

WHO = SinkIdentity("merging", "default/p", "table")
EDITED = SinkIdentity("merging", "default/edited", "table")
QUARTER = 2**62  # four of these digests wrap to 0 in 64 bits


@pytest.fixture(scope="module")
def merged(platform: Platform) -> Iterator[Connection]:
    """Six books of one partition, of which all but the newest two were merged, twice."""
    connection = platform.endpoints.postgres.connect()
    connection.autocommit = False
    ensure_schema(connection)
    with connection, connection.cursor() as cursor:
        for start in range(0, 60, 10):
            reason = "decode" if start % 20 else "target"
            book = RangeBook(
                "id", "t", 0, start, start + 10,
                read=10, written=9, dead={reason: 1}, digest=QUARTER,
            )  # fmt: skip
            ledger.insert_book(cursor, WHO, book)
    for _ in range(2):
        ledger.merge_books(connection, WHO, keep=2)
    yield connection
    connection.close()


def _books(connection: Connection, who: SinkIdentity = WHO) -> tuple[RangeBook, ...]:
    with connection, connection.cursor() as cursor:
        return ledger.read_books(cursor, who)


def test_the_newest_books_stay_single(merged: Connection) -> None:
    assert [(book.start, book.end) for book in _books(merged)] == [(0, 40), (40, 50), (50, 60)]


def test_reasons_are_added_up(merged: Connection) -> None:
    assert _books(merged)[0].dead == {"decode": 2, "target": 2}


def test_digests_wrap_at_64_bits(merged: Connection) -> None:
    assert _books(merged)[0].digest == 0


def test_totals_are_kept(merged: Connection) -> None:
    totals = ledger.read_totals(merged, WHO)
    assert (totals.read, totals.written, totals.dead) == (60, 54, 6)


def test_books_of_different_rules_are_not_merged_with_each_other(merged: Connection) -> None:
    with merged, merged.cursor() as cursor:
        for number, rules in enumerate("aabba"):
            book = RangeBook(
                "id", "t", 0, 10 * number, 10 * number + 10,
                read=10, written=9, dead={"decode": 1}, rules=rules,
            )  # fmt: skip
            ledger.insert_book(cursor, EDITED, book)
    ledger.merge_books(merged, EDITED, keep=0)
    told = [(book.start, book.end, book.rules, book.dead) for book in _books(merged, EDITED)]
    assert told == [
        (0, 20, "a", {"decode": 2}), (20, 40, "b", {"decode": 2}), (40, 50, "a", {"decode": 1}),
    ]  # fmt: skip


def test_a_gap_between_books_stays_when_they_are_merged(merged: Connection) -> None:
    who = SinkIdentity("merging", "default/gap", "table")
    with merged, merged.cursor() as cursor:
        for start in (0, 20):
            ledger.insert_book(cursor, who, RangeBook("id", "t", 0, start, start + 10))
    ledger.merge_books(merged, who, keep=0)
    assert [(book.start, book.end) for book in _books(merged, who)] == [(0, 10), (20, 30)]


@pytest.fixture
def older(merged: Connection) -> Iterator[Connection]:
    """The tables as they were before books told their rules, and sinks their holder."""
    with merged, merged.cursor() as cursor:
        cursor.execute("ALTER TABLE yeoul.books DROP COLUMN rules")
        cursor.execute("ALTER TABLE yeoul.sinks DROP COLUMN holder")
    yield merged
    ensure_schema(merged)


def test_books_without_the_column_can_be_read(older: Connection) -> None:
    assert {book.rules for book in _books(older)} == {""}


def test_a_missing_column_is_added_to_tables_with_books(older: Connection) -> None:
    ensure_schema(older)
    with older, older.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM yeoul.books WHERE installation = 'merging' AND rules = ''"
        )
        assert cursor.fetchone() == (8,)


def test_rows_by_partition_are_added_up(merged: Connection) -> None:
    who = SinkIdentity("merging", "default/buckets", "table")
    with merged, merged.cursor() as cursor:
        for start, buckets in ((0, {"a": (1, QUARTER)}), (10, {"a": (2, QUARTER)})):
            book = RangeBook("id", "t", 0, start, start + 10, buckets={**buckets, "b": (1, 1)})
            ledger.insert_book(cursor, who, book)
    ledger.merge_books(merged, who, keep=0)
    (book,) = _books(merged, who)
    assert book.buckets == {"a": (3, -(2**63)), "b": (2, 2)}


HELD = SinkIdentity("merging", "default/held", "table")


def _holder(connection: Connection) -> tuple[int, str]:
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT epoch, holder FROM yeoul.sinks WHERE pipeline = %s", (HELD.pipeline,)
        )
        (row,) = cursor.fetchall()
        return row


def test_a_driver_that_was_overtaken_claims_nothing_back(merged: Connection) -> None:
    first, second = Claimant("first"), Claimant("second")
    assert ledger.claim_epoch(merged, HELD, 0, first) == 1
    assert ledger.claim_epoch(merged, HELD, 0, first) == 2
    assert ledger.claim_epoch(merged, HELD, 7, second) == 7
    with pytest.raises(FencedError, match="driver second has taken it over"):
        ledger.claim_epoch(merged, HELD, 9, first)
    with pytest.raises(FencedError, match="driver second has taken it over"):
        ledger.check_claim(merged, HELD, first)
    assert _holder(merged) == (7, "second")


def test_a_tool_takes_over_from_the_driver_that_runs(merged: Connection) -> None:
    driver = Claimant("driver")
    epoch = ledger.claim_epoch(merged, HELD, 0, driver)
    assert ledger.claim_epoch(merged, HELD, 0) == epoch + 1
    assert _holder(merged) == (epoch + 1, "")
    with pytest.raises(FencedError, match="another driver, or a change of its past"):
        ledger.claim_epoch(merged, HELD, 0, driver)
