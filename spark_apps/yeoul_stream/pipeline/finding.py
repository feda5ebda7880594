"""A problem before it has a line: what the checks return."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from yeoul_stream.pipeline.document import Location

_LONGEST = 100
_SECRET = re.compile(r"password|secret|token|jaas|credential", re.IGNORECASE)
_NOT_SECRET = re.compile(r"secretRef", re.IGNORECASE)


@dataclass(frozen=True)
class Finding:
    """A problem at a location of the document."""

    location: Location
    value: str | None
    message: str


def finding(location: Location, value: object, message: str) -> Finding:
    """A finding that shows `value`, unless it is a mapping, a list or perhaps a secret."""
    key = str(location[-1]) if location else ""
    secret = _SECRET.search(key) is not None and _NOT_SECRET.fullmatch(key) is None
    return Finding(location, None if secret else show_value(value), message)


def show_value(value: object) -> str | None:
    """A scalar as it would stand in YAML, cut where it is long; None for everything else."""
    if not isinstance(value, str | bool | int | float):
        return None
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]}…{text[-1]}"
