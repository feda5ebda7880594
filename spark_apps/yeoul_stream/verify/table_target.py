"""A PostgreSQL sink under examination."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from yeoul_stream.books import RangeBook
from yeoul_stream.pipeline import Sink
from yeoul_stream.rows import SinkRows
from yeoul_stream.sinks.postgres.names import TableName
from yeoul_stream.sinks.postgres.sink import order_of
from yeoul_stream.verify.check_books import span
from yeoul_stream.verify.check_kafka import Expected
from yeoul_stream.verify.check_table import check_table, surplus
from yeoul_stream.verify.facts import Account, Measure
from yeoul_stream.verify.finding import LISTED, Finding, Place
from yeoul_stream.verify.reread import Reread
from yeoul_stream.verify.stage import Expiry, Integers
from yeoul_stream.verify.table import Letters, Snapshot, TableReader
from yeoul_stream.verify.table_evidence import Inspection
from yeoul_stream.verify.target import Examined
from yeoul_stream.verify.upserted import upserted


class TableTarget:
    """The table, its ledger, books and dead letters in one snapshot.

    After `examine`, `surplus` is the number of rows that are there more often than they should be.
    """

    def __init__(
        self,
        sink: Sink,
        rows: SinkRows,
        rules: str,
        table: TableName,
        snapshot: Snapshot,
        reader: TableReader,
    ) -> None:
        self.sink, self.rows, self.rules = sink, rows, rules
        self.table, self.snapshot, self.reader = table, snapshot, reader
        self.account: Account = snapshot.account()
        self.order = order_of(sink.postgres) if sink.postgres is not None else None
        self.surplus = 0

    @property
    def expiry(self) -> Expiry | None:
        """Which rows retention has dropped."""
        table, horizon = self.sink.postgres, self.account.horizon
        if horizon is None or table is None or table.partitions is None:
            return None
        return Expiry(table.partitions.by, horizon)

    def refused(self, topic_id: str) -> Mapping[int, Integers]:
        """Return partition -> offsets of the records that the database refused."""
        return {} if self.account.empty else self.snapshot.refused(topic_id)

    def examine(self, expected: Expected, reread: Reread) -> Examined:
        """Compare the rows with what is expected; single rows are read only on a difference."""
        letters = tuple(self._check_letters(expected, reread))
        absent = self._absent()
        if absent:
            return Examined((*letters, absent))
        if self.order is not None:
            held = upserted(self.reader, reread, expected, self.order)
            return held.examined(self.sink.name, str(self.table), letters)
        with self.reader.seen(keep=reread.keeps(expected.cells)) as table:
            found = table.amount
            if found == expected.total and not expected.counted:
                return Examined(letters, rows=found.rows, digest=found.digest, digest_ok=True)
            seen = Inspection(self.snapshot, self.reader, reread, expected, table).evidence()
        self.surplus = surplus(expected, seen)
        check = check_table(self.sink.name, str(self.table), expected, seen)
        return Examined(
            (*letters, *check.findings),
            check.more,
            rows=found.rows - check.foreign,
            foreign=check.foreign,
            digest=found.digest,
            digest_ok=not check.fails and check.unproven is None,
            unproven=check.unproven,
        )

    def _absent(self) -> Finding | None:
        name = self.sink.name
        if not self.reader.heaps:
            text = f"{name}: table {self.table} does not exist any more: restore it from a backup"
            return Finding(name, "table-missing", text)
        there = self.snapshot.columns(self.table)
        gone = [column.name for column in self.reader.columns if column.name not in there]
        if gone:
            text = f"{name}: table {self.table} has no column {', '.join(gone)}"
            return Finding(name, "column-missing", text)
        return None

    def _check_letters(self, expected: Expected, reread: Reread) -> Iterator[Finding]:
        name = self.sink.name
        found = self.snapshot.letters()
        for index, book in enumerate(expected.books):
            key = (book.topic_id, book.partition, book.start, book.end)
            measure = expected.measures[index]
            wrong = tuple(check_letters(name, book, measure, found.get(key, {})))
            if wrong and measure is not None:
                cells = [
                    cell for cell in expected.cells if expected.scopes.get(cell.number) == index
                ]
                judged = {row["offset"]: row["reason"] for row in reread.dead(cells).collect()}
                there = self.snapshot.letters_within(key[:2], book.start, book.end)
                yield from name_letters(name, book, judged, there)
            yield from wrong
        within = sum(item.count for reasons in found.values() for item in reasons.values())
        if within == self.snapshot.count_letters():
            return
        for topic_id, partition, offset in self.snapshot.stray_letters(LISTED + 1):
            text = (
                f"{name}: there is a dead letter for partition {partition}, offset {offset}, "
                "which no book accounts for"
            )
            place = Place(topic_id, partition, offset=offset)
            yield Finding(name, "dead-letter-stray", text, place)


def name_letters(
    sink: str, book: RangeBook, judged: Mapping[int, str], there: Mapping[int, str]
) -> Iterator[Finding]:
    """Yield the offsets whose dead letter is missing or too much.

    `judged` is offset -> reason by the judge, which knows nothing of what the database refused;
    `there` by the dead letters.
    """
    for offset in sorted(judged.keys() | there.keys()):
        place = Place(book.topic_id, book.partition, offset=offset)
        where = f"{sink}: partition {book.partition}, offset {offset}"
        if offset not in there:
            text = f"{where}: the record is dead ({judged[offset]}), but has no dead letter"
            yield Finding(sink, "dead-letter-missing", text, place)
        elif offset not in judged and there[offset] != "target":
            text = f"{where}: there is a dead letter ({there[offset]}) for a record that is good"
            yield Finding(sink, "dead-letter-stray", text, place)


def check_letters(
    sink: str, book: RangeBook, measure: Measure | None, found: Mapping[str, Letters]
) -> Iterator[Finding]:
    """Yield where a book's dead letters are not one for each dead record."""
    where = f"{sink}: partition {book.partition}, {span(book.start, book.end)}"
    place = Place(book.topic_id, book.partition, book.start, book.end)
    for reason in sorted({*book.dead, *found}):
        wanted, there = book.dead.get(reason, 0), found.get(reason, Letters()).count
        if wanted != there:
            text = (
                f"{where}: the book says {wanted} dead ({reason}), there are {there} dead letters"
            )
            yield Finding(sink, "dead-letter-count", text, place)
            return
    offsets = sum(item.offsets for reason, item in found.items() if reason != "target")
    if measure is not None and offsets != measure.dead_offsets:
        text = (
            f"{where}: the dead letters name other offsets than those of the records that cannot "
            "be written: at least one was altered"
        )
        yield Finding(sink, "dead-letter-offset", text, place)
