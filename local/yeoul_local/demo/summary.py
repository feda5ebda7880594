"""What the demonstration says at its end."""

from pathlib import Path

from yeoul_local.demo.run import Outcome
from yeoul_local.demo.words import duration, plural


def delivered(outcome: Outcome) -> str:
    """How much arrived, and how fast it began."""
    if not outcome.rows:
        return "Nothing was delivered, so there is nothing to prove."
    text = f"{plural(outcome.rows, 'row')} delivered to PostgreSQL"
    if outcome.first_row_seconds is not None:
        text += (
            f", the first {duration(outcome.first_row_seconds)} after the start, then "
            f"{duration(outcome.streamed_seconds)} of streaming"
        )
    return f"{text}."


def missing_proof(outcome: Outcome, log: Path) -> str | None:
    """Why there is no proof though rows were delivered; None where there is one."""
    if not outcome.rows or outcome.proof.holds:
        return None
    if not outcome.proof.report:
        return f"verify gave no answer:\n{outcome.proof.trouble}\nIts log: {log}"
    if outcome.proof.report["holds"]:
        return "A sink has committed nothing yet, so the proof is not complete."
    return None
