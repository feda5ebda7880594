"""Old books are merged, and nothing of what they say is lost."""

from collections.abc import Iterator

import pytest
from psycopg2.extensions import connection as Connection
from yeoul_local.platform import Platform
from yeoul_stream.books import RangeBook
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.sinks.postgres import ledger
from yeoul_stream.sinks.postgres.schema import ensure_schema

WHO = SinkIdentity("merging", "default/p", "table")
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


def _books(connection: Connection) -> tuple[RangeBook, ...]:
    with connection, connection.cursor() as cursor:
        return ledger.read_books(cursor, WHO)


def test_the_newest_books_stay_single(merged: Connection) -> None:
    assert [(book.start, book.end) for book in _books(merged)] == [(0, 40), (40, 50), (50, 60)]


def test_reasons_are_added_up(merged: Connection) -> None:
    assert _books(merged)[0].dead == {"decode": 2, "target": 2}


def test_digests_wrap_at_64_bits(merged: Connection) -> None:
    assert _books(merged)[0].digest == 0


def test_totals_are_kept(merged: Connection) -> None:
    totals = ledger.read_totals(merged, WHO)
    assert (totals.read, totals.written, totals.dead) == (60, 54, 6)
