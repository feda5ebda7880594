"""What a sink should hold, from Kafka where it can be derived again, else from its books. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from yeoul_stream.books import RangeBook
from yeoul_stream.rules import same_columns
from yeoul_stream.verify.check_books import span, spans
from yeoul_stream.verify.facts import Account, Amount, Cell, CellMap, Measure, total
from yeoul_stream.verify.finding import Finding, Place


@dataclass(frozen=True)
class Expected:
    """What the target should hold. Index i of `books` and `measures` is the account's book i.

    `measures[i]` is None for a book that cannot be derived again: Kafka no longer holds it in full,
    or it was written under other rules than the pipeline's, which are `rules`. It is attested.
    `between` is what Kafka holds in committed offsets that no book accounts for. `cells` are those
    that Kafka answers for. Rows before `horizon` were dropped.
    """

    books: tuple[RangeBook, ...]
    measures: tuple[Measure | None, ...]
    between: Measure
    cells: tuple[Cell, ...]
    scopes: Mapping[int, int]  # cell number -> index of its book
    rules: str = ""
    horizon: datetime | None = None

    @property
    def attested(self) -> tuple[RangeBook, ...]:
        """The books that are taken at their word."""
        pairs = zip(self.books, self.measures, strict=True)
        return tuple(book for book, measure in pairs if measure is None)

    @property
    def measured(self) -> Measure:
        """Everything that Kafka answers for."""
        result = self.between
        for measure in self.measures:
            result = result.plus(measure or Measure())
        return result

    def comparable(self, index: int) -> bool:
        """Whether the digest of the book at `index` is over the columns that the sink has now."""
        return same_columns(self.books[index].rules, self.rules)

    def without(self, index: int, surplus: Amount) -> bool:
        """Whether `surplus` is nothing, as far as it can be compared with the book at `index`."""
        return not surplus.rows and not (surplus.digest and self.comparable(index))

    @property
    def counted(self) -> tuple[RangeBook, ...]:
        """The attested books of which only the number of rows can be compared."""
        books = [(i, book) for i, book in enumerate(self.books) if book.written]
        return tuple(b for i, b in books if self.measures[i] is None and not self.comparable(i))

    def amount(self, index: int) -> Amount:
        """Return the rows that the book at `index` should have written."""
        measure, book = self.measures[index], self.books[index]
        if measure is None:
            return Amount(book.written, book.digest)
        return Amount(measure.written, measure.digest)

    @property
    def attested_amount(self) -> Amount:
        """The rows of the attested books."""
        return total(self.stored(book) for book in self.attested)

    def stored(self, book: RangeBook) -> Amount:
        """Return the rows of a book that retention has left, as the book tells them."""
        dropped = (
            Amount(*amount)
            for start, amount in book.buckets.items()
            if self.horizon is not None and datetime.fromisoformat(start) < self.horizon
        )
        return Amount(book.written, book.digest).minus(total(dropped))

    @property
    def expired(self) -> int:
        """How many written rows retention has dropped."""
        books = sum(book.written - self.stored(book).rows for book in self.attested)
        return self.measured.expired_rows + books

    @property
    def total(self) -> Amount:
        """All rows that the target should hold."""
        known = self.measured
        stored = Amount(known.written, known.digest).minus(
            Amount(known.expired_rows, known.expired_digest)
        )
        return stored.plus(self.attested_amount)


def of_other_rules(account: Account, cells: Iterable[Cell], rules: str) -> frozenset[int]:
    """Return the numbers of cells that were committed under other rules than `rules`."""
    lookup = CellMap(cells)
    return frozenset(
        cell.number
        for book in account.books
        if book.rules != rules
        for cell in lookup.within((book.topic_id, book.partition), book.start, book.end)
    )


def expect(
    account: Account, cells: tuple[Cell, ...], measures: Mapping[int, Measure], rules: str = ""
) -> Expected:
    """Return what is expected; `measures` has the cells that can be derived from Kafka."""
    lookup = CellMap(cells)
    found: list[Measure | None] = []
    used: list[Cell] = []
    scopes: dict[int, int] = {}
    for index, book in enumerate(account.books):
        mine = tuple(lookup.within((book.topic_id, book.partition), book.start, book.end))
        if not all(cell.number in measures for cell in mine):
            found.append(None)
            scopes |= {cell.number: -1 for cell in mine}
            continue
        # Where books overlap, a record is expected once: with the first of them.
        fresh = [cell for cell in mine if cell.number not in scopes]
        scopes |= {cell.number: index for cell in fresh}
        used += fresh
        found.append(_sum(measures[cell.number] for cell in mine))
    gaps = []
    for key, (start, end) in account.ranges().items():
        rest = [c for c in lookup.within(key, start, end) if c.number not in scopes]
        gaps += [cell for cell in rest if cell.number in measures]
    return Expected(
        account.books,
        tuple(found),
        _sum(measures[cell.number] for cell in gaps),
        (*used, *gaps),
        {number: index for number, index in scopes.items() if index >= 0},
        rules,
        account.horizon,
    )


def _sum(measures: Iterator[Measure]) -> Measure:
    result = Measure()
    for measure in measures:
        result = result.plus(measure)
    return result


def check_rules(sink: str, expected: Expected) -> Iterator[Finding]:
    """Yield a notice about books that were written under other rules than the pipeline's."""
    other = [book for book in expected.books if book.read and book.rules != expected.rules]
    if not other:
        return
    counted = [book for book in expected.counted if book.read]
    only = f"; of {spans(counted)} only the number, the columns were others too" if counted else ""
    text = (
        f"{sink}: {sum(book.read for book in other):,} records were committed under other fields, "
        f"select or where than the pipeline has now: {spans(other)}. They are attested: what the "
        f"sink holds of them is compared with its books{only}"
    )
    yield Finding(sink, "other-rules", text, severity="notice")


def check_expired(sink: str, expected: Expected) -> Iterator[Finding]:
    """Yield a notice about rows that the sink's retention has dropped."""
    if expected.horizon is not None and expected.expired:
        text = (
            f"{sink}: {expected.expired:,} rows from before {expected.horizon:%Y-%m-%d %H:%M} UTC "
            "are gone, as partitions.keep says; the books still count them"
        )
        yield Finding(sink, "expired-rows", text, severity="notice")


def check_kafka(sink: str, expected: Expected) -> Iterator[Finding]:
    """Yield the books that say something else than Kafka's records do."""
    for book, measure in zip(expected.books, expected.measures, strict=True):
        if measure is None:
            continue
        told, given = _told(book), _given(measure)
        differing = [name for name in told if told[name] != given[name]]
        place = Place(book.topic_id, book.partition, book.start, book.end)
        where = f"{sink}: partition {book.partition}, {span(book.start, book.end)}"
        if differing:
            says = ", ".join(f"{told[name]} {name}" for name in differing)
            gives = ", ".join(f"{given[name]} {name}" for name in differing)
            text = f"{where}: the book says {says}; the records in Kafka give {gives}"
            yield Finding(sink, "book-count", text, place)
        elif book.digest != measure.digest:
            text = (
                f"{where}: the book's digest is {book.digest}, the records in Kafka give "
                f"{measure.digest}: the book or the records were changed since the commit"
            )
            yield Finding(sink, "book-digest", text, place)


def _told(book: RangeBook) -> dict[str, int]:
    return {
        "read": book.read,
        "written": book.written,
        "filtered": book.filtered,
        "dead (decode)": book.dead.get("decode", 0),
        "dead (expression)": book.dead.get("expression", 0),
        "dead (target)": book.dead.get("target", 0),
    }


def _given(measure: Measure) -> dict[str, int]:
    return {
        "read": measure.read,
        "written": measure.written,
        "filtered": measure.filtered,
        "dead (decode)": measure.dead.get("decode", 0),
        "dead (expression)": measure.dead.get("expression", 0),
        "dead (target)": measure.target_rows,
    }
