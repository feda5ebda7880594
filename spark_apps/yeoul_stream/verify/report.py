"""The outcome of `verify`: as objects, as one JSON document, as text for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from yeoul_stream.books import Totals
from yeoul_stream.pipeline import Sink
from yeoul_stream.verify.check_kafka import Expected
from yeoul_stream.verify.facts import Account
from yeoul_stream.verify.finding import Finding, Findings
from yeoul_stream.verify.target import Examined

State = Literal["holds", "attested", "fails", "unproven", "unreachable", "empty"]
Verdict = Literal["holds", "fails", "unverified", "nothing"]
EXIT_HOLDS, EXIT_FAILS, EXIT_UNVERIFIED = 0, 1, 2
_EXITS = {
    "holds": EXIT_HOLDS, "nothing": EXIT_HOLDS, "fails": EXIT_FAILS, "unverified": EXIT_UNVERIFIED,
}  # fmt: skip
_SHOWN = {"fails": "FAILS", "attested": "ATTESTED", "unproven": "UNPROVEN",
          "unreachable": "UNREACHABLE", "empty": "nothing yet"}  # fmt: skip


@dataclass(frozen=True)
class RangeReport:
    """The committed offsets [start, end) of one partition."""

    topic_id: str
    partition: int
    start: int
    end: int


@dataclass(frozen=True)
class SinkReport:
    """One sink. Counts are records; `in_kafka` those read again, `attested` those that were not.

    `rows` is what the target holds of them, `foreign` what it holds beside them.
    """

    sink: str
    kind: str
    state: State
    ranges: tuple[RangeReport, ...] = ()
    books: int = 0
    records: int = 0
    in_kafka: int = 0
    attested: int = 0
    written: int = 0
    filtered: int = 0
    dead: int = 0
    lost: int = 0
    rows: int = 0
    files: int | None = None
    foreign: int = 0
    digest: int = 0
    digest_ok: bool = False
    reason: str | None = None


@dataclass(frozen=True)
class Comparison:
    """Two sinks against each other: `records` were compared, or `reason` says why none could."""

    left: str
    right: str
    records: int = 0
    equal: bool | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Report:
    """What `verify` found out about a pipeline."""

    pipeline: str
    installation: str
    topic: str
    verified_at: datetime
    sinks: tuple[SinkReport, ...]
    comparisons: tuple[Comparison, ...] = ()
    findings: Findings = field(default_factory=Findings)

    @property
    def records(self) -> int:
        """Records accounted for by the sink that has most of them."""
        return max((sink.records for sink in self.sinks), default=0)

    @property
    def verdict(self) -> Verdict:
        """Failures weigh more than what could not be verified."""
        states = {sink.state for sink in self.sinks}
        if self.findings.failures or "fails" in states:
            return "fails"
        if states & {"unproven", "unreachable"}:
            return "unverified"
        return "holds" if states & {"holds", "attested"} else "nothing"

    @property
    def complete(self) -> bool:
        """Whether every sink has committed something."""
        return bool(self.sinks) and all(sink.records for sink in self.sinks)

    @property
    def exit_code(self) -> int:
        """0 holds (also when nothing was committed yet), 1 fails, 2 cannot be verified."""
        return _EXITS[self.verdict]

    def document(self) -> dict[str, Any]:
        """Return the report as JSON-ready data with camelCase keys."""
        return {
            "pipeline": self.pipeline,
            "installation": self.installation,
            "topic": self.topic,
            "verifiedAt": self.verified_at.isoformat(),
            "verdict": self.verdict,
            "holds": self.verdict == "holds",
            "nothingYet": self.verdict == "nothing",
            "complete": self.complete,
            "records": self.records,
            "summary": self.last_line(),
            # As text: a program may read numbers as doubles, which do not hold 64 bits.
            "sinks": [{**_camel(asdict(sink)), "digest": str(sink.digest)} for sink in self.sinks],
            "comparisons": [
                {**_camel(asdict(comparison)), "text": _comparison(comparison)}
                for comparison in self.comparisons
            ],
            "failures": self.findings.failures,
            "notices": self.findings.notices,
            "findings": [
                {
                    "sink": f.sink, "kind": f.kind, "severity": f.severity, "text": f.text,
                    **_camel(asdict(f.place)),
                }
                for f in self.findings.listed
            ],
            "unlisted": [
                {"sink": sink, "kind": kind, "count": count}
                for sink, kind, count in self.findings.unlisted
            ],
        }  # fmt: skip

    def text(self) -> str:
        """Return the report for people: a table, the findings, and the verdict as last line."""
        lines = _table([_HEADINGS, *(_row(sink) for sink in self.sinks)])
        lines += [_comparison(comparison) for comparison in self.comparisons]
        return "\n".join([*lines, *self._reasons(), self.last_line()])

    def last_words(self) -> str:
        """Return the verdict, as a word and as a sentence, and why where it does not hold."""
        if self.verdict in ("holds", "nothing"):
            return f"{self.verdict}: {self.last_line()}"
        known = self.verdict == "fails"
        sentence = self.last_line() if known else "The proof cannot be given."
        return "\n".join([f"{self.verdict}: {sentence}", *self._reasons()])

    def _reasons(self) -> list[str]:
        found, more = self.findings.listed, self.findings.unlisted
        return [
            *(f"{sink.sink}: {sink.reason}" for sink in self.sinks if sink.reason),
            *(f"{'!' if one.severity == 'failure' else '-'} {one.text}" for one in found),
            *(f"! {sink}: {count} more of kind {kind}" for sink, kind, count in more),
        ]

    def last_line(self) -> str:
        """Return the verdict as a sentence."""
        match self.verdict:
            case "holds":
                attested = max(sink.attested for sink in self.sinks)
                aside = f" ({attested:,} of them attested)" if attested else ""
                return (
                    f"The proof holds: {self.records:,} records{aside}, nothing lost, nothing "
                    "doubled."
                )
            case "fails":
                failures = self.findings.failures
                return f"The proof FAILS: {failures:,} finding{'s' if failures != 1 else ''}."
            case "nothing":
                return "Nothing to verify yet: no sink has committed a record."
            case _:
                return "The proof cannot be given: see the reasons above."


def sink_report(
    sink: Sink,
    account: Account,
    expected: Expected,
    examined: Examined,
    findings: Sequence[Finding],
) -> SinkReport:
    """Return the row of a sink that was verified."""
    books, measured = expected.books, expected.measured
    attested, told = Totals().plus(expected.attested).read, Totals().plus(books)
    state: State = "attested" if attested else "holds"
    if any(finding.severity == "failure" for finding in findings):
        state = "fails"
    elif examined.unproven:
        state = "unproven"
    return SinkReport(
        sink=sink.name,
        kind=sink.kind,
        state=state,
        ranges=tuple(
            RangeReport(topic_id, partition, start, end)
            for (topic_id, partition), (start, end) in sorted(account.ranges().items())
        ),
        books=len(books),
        records=measured.read + attested,
        in_kafka=measured.read,
        attested=attested,
        written=told.written,
        filtered=told.filtered,
        dead=told.dead,
        lost=told.lost,
        rows=examined.rows,
        files=examined.files,
        foreign=examined.foreign,
        digest=examined.digest,
        digest_ok=examined.digest_ok,
        reason=examined.unproven,
    )


_HEADINGS = ("sink", "offsets", "in Kafka", "attested", "written", "filtered", "dead", "in target",
             "digest", "state")  # fmt: skip


def _row(sink: SinkReport) -> tuple[str, ...]:
    digest = (
        "-" if sink.state in ("empty", "unreachable") else "ok" if sink.digest_ok else "differs"
    )
    offsets = sum(part.end - part.start for part in sink.ranges)
    numbers = (sink.in_kafka, sink.attested, sink.written, sink.filtered, sink.dead, sink.rows)
    return (
        sink.sink,
        f"{offsets:,} in {len(sink.ranges)} partitions" if sink.ranges else "-",
        *(f"{number:,}" for number in numbers),
        digest,
        _SHOWN.get(sink.state, sink.state),
    )


def _comparison(found: Comparison) -> str:
    pair = f"{found.left} and {found.right}"
    if found.equal is None:
        return f"{pair}: not compared with each other: {found.reason}"
    if found.equal:
        return f"{pair}: equal in all {found.records:,} records that both hold"
    return f"{pair}: DIFFERENT in {found.records:,} records that both hold"


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    left = {0, 1, len(widths) - 2, len(widths) - 1}
    return [
        "  ".join(
            cell.ljust(width) if i in left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _camel(data: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in data.items():
        head, *tail = key.split("_")
        if isinstance(value, (list, tuple)):
            value = [_camel(item) if isinstance(item, dict) else item for item in value]  # noqa: PLW2901
        result[head + "".join(part.title() for part in tail)] = value
    return result
