"""From the difference between expected and found table rows to sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from yeoul_stream.verify.check_books import spans
from yeoul_stream.verify.check_kafka import Expected
from yeoul_stream.verify.finding import LISTED, Finding, Place
from yeoul_stream.verify.multiset import Difference


@dataclass(frozen=True)
class TableCheck:
    """What was found. `foreign` rows are not ours; `unproven` says why attesting failed."""

    findings: tuple[Finding, ...]
    more: tuple[tuple[str, str, int], ...]
    foreign: int = 0
    unproven: str | None = None


def check_table(sink: str, table: str, expected: Expected, diff: Difference) -> TableCheck:
    """Explain a table whose rows are not exactly the expected ones."""
    findings = [*_missing(sink, table, diff), *_doubled(sink, table, diff)]
    more = (
        (sink, "row-missing", diff.missing_rows - sum(m.rows for m in diff.missing)),
        (sink, "row-doubled", diff.doubled_rows - sum(d.rows for d in diff.doubled)),
    )
    attested = expected.attested_amount
    rest = diff.unknown.minus(attested)
    where = spans(expected.attested)
    if rest.rows < 0:
        text = (
            f"{sink}: table {table} lacks {-rest.rows} rows of {where}. Kafka no longer holds "
            "these records, so the rows cannot be named; restore them from a backup"
        )
        findings.append(Finding(sink, "attested-missing", text))
    elif rest.rows == 0 and rest.digest != 0:
        text = (
            f"{sink}: table {table} holds as many rows for {where} as the books say, but their "
            "digest differs: at least one was altered. Kafka no longer holds these records, so it "
            "cannot be named; restore the rows from a backup"
        )
        findings.append(Finding(sink, "attested-altered", text))
    elif rest.rows > 0:
        findings += _foreign(sink, table, diff, rest.rows)
    unproven = None
    if rest.rows > 0 and attested.rows and not findings_fail(findings):
        unproven = (
            f"table {table} holds {rest.rows} rows beside this sink's, and Kafka no longer holds "
            f"{where}: without its records their rows cannot be told from the foreign ones. Move "
            "the foreign rows away, or give the next table lineage columns (lineage: true)"
        )
    return TableCheck(tuple(findings), more, max(rest.rows, 0), unproven)


def findings_fail(findings: list[Finding]) -> bool:
    """Return whether a finding breaks the proof."""
    return any(finding.severity == "failure" for finding in findings)


def _missing(sink: str, table: str, diff: Difference) -> Iterator[Finding]:
    strange = diff.unknown_shown[0].place if diff.unknown_shown else None
    for row in diff.missing:
        twins = f" (or one of {row.twins} more records with the same values)" if row.twins else ""
        hint = (
            f"; a row that no record gives is at {strange}: probably this one, altered"
            if strange and diff.missing_rows == diff.unknown.rows == 1
            else ""
        )
        text = (
            f"{sink}: table {table}: the row of partition {row.partition}, offset {row.offset}"
            f"{twins} is missing or altered{hint}. The record is still in Kafka: restore the row "
            "from it"
        )
        place = Place(partition=row.partition, offset=row.offset)
        yield Finding(sink, "row-missing", text, place)


def _doubled(sink: str, table: str, diff: Difference) -> Iterator[Finding]:
    for row in diff.doubled:
        extra = "one time" if row.rows == 1 else f"{row.rows} times"
        text = (
            f"{sink}: table {table}: the row of partition {row.partition}, offset {row.offset} is "
            f"there {extra} too often, for example at {row.place}: delete the surplus, or, if it "
            "was there before this sink, move it to another table"
        )
        place = Place(partition=row.partition, offset=row.offset, row=row.place)
        yield Finding(sink, "row-doubled", text, place)


def _foreign(sink: str, table: str, diff: Difference, rows: int) -> Iterator[Finding]:
    places = ", ".join(row.place or "?" for row in diff.unknown_shown[:LISTED])
    what = "altered rows or rows of others" if diff.missing_rows else "not this sink's"
    text = (
        f"{sink}: table {table} holds {rows} rows that no committed record gives ({what}), for "
        f"example at {places}"
    )
    place = Place(row=diff.unknown_shown[0].place if diff.unknown_shown else None)
    yield Finding(sink, "foreign-rows", text, place, "notice")
