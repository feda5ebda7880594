"""What the demonstration says at its end."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from yeoul_local.demo.page.banner import banner
from yeoul_local.demo.run import Outcome
from yeoul_local.demo.words import duration, plural


def summary(outcome: Outcome, home: Path) -> list[str]:
    """The lines to print: what went wrong, what was delivered, the proof, the page."""
    said = list(outcome.trouble)
    if not outcome.rows:
        return [*said, "Nothing was delivered, so there is nothing to prove."]
    said += ["", f"{plural(outcome.rows, 'row')} delivered to PostgreSQL{_times(outcome)}."]
    said += proof_lines(outcome.proof.report)
    if outcome.proof.trouble:
        said.append(outcome.proof.trouble)
        said.append(f"The whole log is {home / 'logs' / 'verify.log'}.")
    if outcome.page is not None:
        said += ["", f"The picture: {outcome.page}"]
    return said


def proof_lines(report: Mapping[str, Any]) -> list[str]:
    """The proof, its reasons indented below it."""
    told = banner(report)
    return [f"{told.title}.", *(f"  {line}" for line in told.lines)]


def _times(outcome: Outcome) -> str:
    if outcome.first_row_seconds is None:
        return ""
    return (
        f", the first {duration(outcome.first_row_seconds)} after the start, and then "
        f"{duration(outcome.streamed_seconds)} of streaming"
    )
