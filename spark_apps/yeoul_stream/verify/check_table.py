"""From the difference between expected and found table rows to sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from yeoul_stream.verify.check_books import span, spans
from yeoul_stream.verify.check_kafka import Expected
from yeoul_stream.verify.facts import Amount
from yeoul_stream.verify.finding import LISTED, Finding, Place
from yeoul_stream.verify.multiset import Difference, Missing
from yeoul_stream.verify.values import Altered


@dataclass(frozen=True)
class Evidence:
    """What the rows of a table showed.

    `altered` are missing records by (partition, offset) that were found changed. `uncommitted`
    are rows of records behind the sink's position, and how many there are. `attested` is index of
    book -> rows found, for attested books, where the table's lineage columns tell them apart.
    """

    diff: Difference
    altered: Mapping[tuple[int, int], Altered] = field(default_factory=dict)
    uncommitted: tuple[Missing, ...] = ()
    uncommitted_rows: int = 0
    attested: Mapping[int, Amount] | None = None


@dataclass(frozen=True)
class TableCheck:
    """What was found. `foreign` rows are not ours; `unproven` says why attesting failed."""

    findings: tuple[Finding, ...]
    more: tuple[tuple[str, str, int], ...]
    foreign: int = 0
    unproven: str | None = None

    @property
    def fails(self) -> bool:
        """Whether a finding breaks the proof."""
        return any(finding.severity == "failure" for finding in self.findings)


def check_table(sink: str, table: str, expected: Expected, seen: Evidence) -> TableCheck:
    """Explain a table whose rows are not exactly the expected ones."""
    diff = seen.diff
    where = f"{sink}: table {table}"
    findings = [
        *_missing(sink, where, seen),
        *_doubled(sink, where, diff),
        *_uncommitted(sink, where, seen),
    ]
    more = (
        (sink, "row-missing", diff.missing_rows - sum(m.rows for m in diff.missing)),
        (sink, "row-doubled", diff.doubled_rows - sum(d.rows for d in diff.doubled)),
        (sink, "row-uncommitted", seen.uncommitted_rows - sum(m.rows for m in seen.uncommitted)),
    )
    explained = Amount(len(seen.altered) + seen.uncommitted_rows)
    attesting, rest = _attest(sink, where, expected, seen)
    findings += attesting
    foreign = max(rest - explained.rows, 0)
    if foreign:
        findings.append(_foreign(sink, where, seen, foreign))
    unproven = None
    open_question = foreign and expected.attested_amount.rows and seen.attested is None
    if open_question and not any(f.severity == "failure" for f in findings):
        unproven = (
            f"table {table} holds {foreign} rows beside this sink's, and the records of "
            f"{spans(expected.attested)} cannot be derived again: their rows cannot be told from "
            "the foreign ones. Move the foreign rows away; a table with lineage columns (lineage: "
            "true) tells them apart"
        )
    return TableCheck(tuple(findings), more, foreign, unproven)


def surplus(expected: Expected, seen: Evidence) -> int:
    """Return how many rows are there more often than they should be, as far as that is known."""
    attested = sum(
        max(amount.rows - expected.stored(expected.books[index]).rows, 0)
        for index, amount in (seen.attested or {}).items()
    )
    return seen.diff.doubled_rows + attested


def _attest(sink: str, where: str, expected: Expected, seen: Evidence) -> tuple[list[Finding], int]:
    """Return what is wrong with attested rows, and how many unknown rows lie beside them."""
    findings: list[Finding] = []
    if seen.attested is not None:
        for index, book in enumerate(expected.books):
            if expected.measures[index] is None:
                wanted = expected.stored(book)
                found = seen.attested.get(index, Amount())
                place = Place(book.topic_id, book.partition, book.start, book.end)
                name = f"partition {book.partition}, {span(book.start, book.end)}"
                surplus = found.minus(wanted)
                if not expected.comparable(index):
                    surplus = Amount(surplus.rows)
                findings += _attested(sink, where, name, place, surplus)
        inside = sum(amount.rows for amount in seen.attested.values())
        return findings, seen.diff.unknown.rows - inside
    rest = seen.diff.unknown.minus(expected.attested_amount)
    if expected.counted:
        rest = Amount(rest.rows)
    if rest.rows <= 0:
        findings += _attested(sink, where, spans(expected.attested), Place(), rest)
    return findings, max(rest.rows, 0)


def _attested(sink: str, where: str, name: str, place: Place, surplus: Amount) -> Iterator[Finding]:
    remedy = (
        "These records cannot be derived again, so the rows cannot be named; restore them from a "
        "backup"
    )
    if surplus.rows < 0:
        text = f"{where} lacks {-surplus.rows} rows of {name}. {remedy}"
        yield Finding(sink, "attested-missing", text, place)
    elif surplus.rows > 0:
        text = f"{where} holds {surplus.rows} rows too many of {name}. {remedy}"
        yield Finding(sink, "attested-doubled", text, place)
    elif surplus.digest:
        text = (
            f"{where} holds as many rows of {name} as the books say, but their digest differs: at "
            f"least one was altered. {remedy}"
        )
        yield Finding(sink, "attested-altered", text, place)


def _missing(sink: str, where: str, seen: Evidence) -> Iterator[Finding]:
    for row in seen.diff.missing:
        record = f"the row of partition {row.partition}, offset {row.offset}"
        altered = seen.altered.get((row.partition, row.offset))
        place = Place(partition=row.partition, offset=row.offset)
        if altered is not None:
            place = Place(partition=row.partition, offset=row.offset, row=altered.place)
            text = f"{where}: {record} was altered, at {altered.place}: {altered}. Set it right"
            yield Finding(sink, "row-altered", text, place)
            continue
        twins = f" (or of {row.twins} more records with the same values)" if row.twins else ""
        text = f"{where}: {record}{twins} is missing. The record is in Kafka: insert it from there"
        yield Finding(sink, "row-missing", text, place)


def _doubled(sink: str, where: str, diff: Difference) -> Iterator[Finding]:
    for row in diff.doubled:
        extra = "once" if row.rows == 1 else f"{row.rows} times"
        text = (
            f"{where}: the row of partition {row.partition}, offset {row.offset} is there {extra} "
            f"too often, for example at {row.place}: delete the surplus, or, if it was there "
            "before this sink, move it to another table"
        )
        place = Place(partition=row.partition, offset=row.offset, row=row.place)
        yield Finding(sink, "row-doubled", text, place)


def _uncommitted(sink: str, where: str, seen: Evidence) -> Iterator[Finding]:
    for row in seen.uncommitted:
        text = (
            f"{where}: the row of partition {row.partition}, offset {row.offset} is there, though "
            "this sink has not committed it and will write it: delete it"
        )
        place = Place(partition=row.partition, offset=row.offset)
        yield Finding(sink, "row-uncommitted", text, place)


def _foreign(sink: str, where: str, seen: Evidence, rows: int) -> Finding:
    known = {altered.place for altered in seen.altered.values()}
    places = [row.place for row in seen.diff.unknown_shown if row.place not in known]
    hint = f", for example at {', '.join(places[:LISTED])}" if places else ""
    what = "altered rows, or rows of others" if seen.diff.missing_rows else "not this sink's"
    text = f"{where} holds {rows} rows that no committed record gives ({what}){hint}"
    return Finding(sink, "foreign-rows", text, Place(row=next(iter(places), None)), "notice")
