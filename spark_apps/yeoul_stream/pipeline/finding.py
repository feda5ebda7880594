"""A problem before it has a line: what the checks return."""

from __future__ import annotations

import json
from dataclasses import dataclass

from yeoul_stream.pipeline.document import Location

_LONGEST = 80


@dataclass(frozen=True)
class Finding:
    """A problem at a location of the document."""

    location: Location
    value: str | None
    message: str


def show_value(value: object) -> str:
    """`value` as it would stand in YAML, on one line and cut where it is long."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
