"""What `verify --repair` would do about what `verify` found. Pure.

Only what takes nothing away that a record needs: a committed file gets its visible name, a file
that no commit names is moved aside within the sink's hidden folder, surplus copies of a row that
names its record are deleted. All else needs a person, a backup, or Kafka.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from yeoul_stream.verify.finding import Finding

_UNCOMMITTED = ("file-doubled", "file-uncommitted", "file-replaced", "dead-file-uncommitted")


@dataclass(frozen=True)
class Step:
    """One thing to do. Files are relative to the lake's folder; `rows` is how many to delete."""

    sink: str
    kind: Literal["publish", "set-aside", "delete-rows"]
    text: str
    source: str = ""
    target: str = ""
    rows: int = 0

    def document(self) -> dict[str, Any]:
        """Return JSON-ready data; what does not apply is left out."""
        known = {"source": self.source, "target": self.target, "rows": self.rows}
        shown = {key: value for key, value in known.items() if value}
        return {"sink": self.sink, "kind": self.kind, "text": self.text, **shown}


@dataclass(frozen=True)
class Plan:
    """What to do, and why some of what was found stays as it is."""

    steps: tuple[Step, ...] = ()
    left: tuple[str, ...] = ()
    done: bool = False

    def plus(self, other: Plan) -> Plan:
        """Return both together."""
        return replace(self, steps=(*self.steps, *other.steps), left=(*self.left, *other.left))

    def document(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        steps = [step.document() for step in self.steps]
        return {"done": self.done, "steps": steps, "left": list(self.left)}

    def text(self) -> str:
        """Return it for people, one line a step."""
        if not self.steps:
            lines = ["Repair: there is nothing that it can do."]
        elif self.done:
            lines = ["Repair: done:", *(f"  {step.text}" for step in self.steps)]
        else:
            lines = ["Repair: with --yes it would:", *(f"  {step.text}" for step in self.steps)]
        return "\n".join([*lines, *(f"Left as it is: {reason}" for reason in self.left)])


def lake_plan(
    sink: str, findings: Iterable[Finding], unpublished: Mapping[str, str], aside: str
) -> Plan:
    """Return the plan for a lake; `aside` is the folder for files that no commit names.

    `unpublished` is visible name -> where the committed file lies.
    """
    known = tuple(findings)
    missing = [f for f in known if f.kind == "file-missing"]
    steps = [
        Step(sink, "publish", f"{sink}: rename {path} to {name}, as its commit says", path, name)
        for name, path in sorted(unpublished.items())
    ]
    left = []
    for finding in known:
        file = finding.place.file
        if finding.kind not in _UNCOMMITTED or file is None:
            continue
        if any(_meet(finding, gone) for gone in missing):
            left.append(
                f"{sink}: {file} claims offsets of a committed file that is gone: it may hold what "
                "is left of it"
            )
            continue
        target = f"{aside}/{file}"
        text = f"{sink}: move {file}, which no commit names, to {target}"
        steps.append(Step(sink, "set-aside", text, file, target))
    return Plan(tuple(steps), tuple(left))


def _meet(one: Finding, other: Finding) -> bool:
    here, there = one.place, other.place
    if None in (here.start, here.end, there.start, there.end):
        return False
    same = (here.topic_id, here.partition) == (there.topic_id, there.partition)
    return same and (here.start or 0) < (there.end or 0) and (there.start or 0) < (here.end or 0)


@dataclass(frozen=True)
class Doubles:
    """What is known of a table's surplus rows.

    `surplus` is their number as verify counted it. `copies` is how many rows have a twin of the
    same values among this sink's committed offsets; None where rows do not name their records, or
    an offset means more than one. `others` are the sinks that may write to the same table.
    """

    table: str
    surplus: int
    copies: int | None
    others: tuple[str, ...] = ()


def table_plan(sink: str, found: Doubles) -> Plan:
    """Return the plan for a table."""
    if not found.surplus:
        return Plan()
    return (
        Plan(left=(f"{sink}: {reason}",)) if (reason := _why_not(found)) else _delete(sink, found)
    )


def _delete(sink: str, found: Doubles) -> Plan:
    text = f"{sink}: delete {found.surplus:,} surplus copies of rows in {found.table}"
    return Plan((Step(sink, "delete-rows", text, target=found.table, rows=found.surplus),))


def _why_not(found: Doubles) -> str | None:
    rows = f"{found.surplus:,} rows too many in {found.table}"
    if found.copies is None:
        return f"{rows}: they do not name their records (lineage: true) under one topic"
    if found.others:
        return f"{rows}: {', '.join(found.others)} may write there too, so they may be theirs"
    if found.copies != found.surplus:
        return f"{rows}, of which {found.copies:,} are plain copies: see the findings"
    return None
