"""A difference that `verify` found, as data and as a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

# How many findings of one kind are written out for a sink; the rest is counted.
LISTED: Final = 20


@dataclass(frozen=True)
class Place:
    """Where a finding lies; what does not apply is None. `start` and `end` bound offsets."""

    topic_id: str | None = None
    partition: int | None = None
    start: int | None = None
    end: int | None = None
    offset: int | None = None
    file: str | None = None
    row: str | None = None


@dataclass(frozen=True)
class Finding:
    """One difference. A `failure` breaks the proof, a `notice` is only reported.

    `kind` is a stable name for programs; `text` is a sentence that names the sink, the place and
    what to do.
    """

    sink: str
    kind: str
    text: str
    place: Place = Place()
    severity: Literal["failure", "notice"] = "failure"


@dataclass(frozen=True)
class Findings:
    """Findings to write out, and how many more of each (sink, kind) there are."""

    listed: tuple[Finding, ...] = ()
    failures: int = 0
    notices: int = 0
    unlisted: tuple[tuple[str, str, int], ...] = ()

    @classmethod
    def of(cls, findings: Iterable[Finding], more: Iterable[tuple[str, str, int]] = ()) -> Findings:
        """Return the findings, at most LISTED of a kind and sink.

        `more` are (sink, kind, number) of failures that were counted without being listed.
        """
        seen: Counter[tuple[str, str]] = Counter()
        unlisted: Counter[tuple[str, str]] = Counter()
        listed: list[Finding] = []
        totals: Counter[str] = Counter()
        for finding in findings:
            key = (finding.sink, finding.kind)
            totals[finding.severity] += 1
            seen[key] += 1
            if seen[key] <= LISTED:
                listed.append(finding)
            else:
                unlisted[key] += 1
        for sink, kind, number in more:
            unlisted[sink, kind] += number
            totals["failure"] += number
        rest = tuple((sink, kind, number) for (sink, kind), number in unlisted.items() if number)
        return cls(tuple(listed), totals["failure"], totals["notice"], rest)
