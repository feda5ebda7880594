"""The proof in words, from verify's report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LISTED = 8


@dataclass(frozen=True)
class Banner:
    """What the proof says.

    Attributes:
        holds: whether it holds.
        title: the verdict.
        lines: what it rests on, or what was found.
        states: each sink's state.
    """

    holds: bool
    title: str
    lines: tuple[str, ...]
    states: dict[str, str]


def banner(report: Mapping[str, Any]) -> Banner:
    """The proof in words; an empty report is a proof that was not given."""
    if not report:
        return Banner(False, "No proof was given", (), {})
    sinks = report.get("sinks", [])
    states = {sink["sink"]: sink["state"] for sink in sinks}
    if report.get("holds"):
        lines = [_account(sink) for sink in sinks] + [
            f"{pair['text']}." for pair in report.get("comparisons", []) if pair["equal"]
        ]
        return Banner(True, "The proof holds: nothing lost, nothing doubled", tuple(lines), states)
    found = [finding["text"] for finding in report.get("findings", [])[:_LISTED]]
    reasons = [f"{sink['sink']}: {sink['reason']}" for sink in sinks if sink.get("reason")]
    title = {
        "fails": "The proof fails",
        "nothing": "Nothing was committed yet",
    }.get(str(report.get("verdict")), "The proof cannot be given")
    return Banner(False, title, tuple(found + reasons), states)


def _account(sink: Mapping[str, Any]) -> str:
    parts = [f"{sink['written']:,} written"]
    for name, word in (("filtered", "filtered"), ("dead", "dead letters"), ("lost", "lost")):
        if sink[name]:
            parts.append(f"{sink[name]:,} {word}")
    held = f"{sink['rows']:,} rows"
    if sink.get("files"):
        held += f" in {sink['files']:,} files"
    return f"{sink['sink']}: {_records(sink)} = {' + '.join(parts)}; the target holds {held}."


def _records(sink: Mapping[str, Any]) -> str:
    if not sink["attested"]:
        return f"{sink['inKafka']:,} records in Kafka"
    return f"{sink['inKafka']:,} records in Kafka + {sink['attested']:,} attested"
