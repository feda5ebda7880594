"""Durations and triggers as people write them: `5 seconds`, `1 minute`, `available now`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

UNIT_SECONDS = {"millisecond": 0.001, "second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}
DURATION_PATTERN = r"[1-9][0-9]* (millisecond|second|minute|hour|day)s?"
DURATION_HINT = (
    "a whole number above 0, a space and a unit (milliseconds, seconds, minutes, hours, days), "
    'such as "5 seconds" or "1 minute"'
)
AVAILABLE_NOW = "available now"
AS_FAST_AS_POSSIBLE = "as fast as possible"


def parse_duration(text: str) -> float:
    """Seconds in `5 seconds`; ValueError names the accepted form."""
    if re.fullmatch(DURATION_PATTERN, text) is None:
        raise ValueError(f"write {DURATION_HINT}")
    count, unit = text.split(" ")
    return int(count) * UNIT_SECONDS[unit.removesuffix("s")]


def format_duration(seconds: float) -> str:
    """The text with the largest unit that is exact: 300.0 is `5 minutes`."""
    milliseconds = round(seconds * 1000)
    for unit, size in sorted(UNIT_SECONDS.items(), key=lambda item: -item[1]):
        count, rest = divmod(milliseconds, round(size * 1000))
        if count and not rest:
            return f"{count} {unit}{'' if count == 1 else 's'}"
    raise ValueError(f"{seconds} seconds cannot be written as a duration")


@dataclass(frozen=True)
class Trigger:
    """When a sink starts its next batch. `seconds` is set for an interval only."""

    kind: Literal["interval", "available_now", "asap"] = "asap"
    seconds: float | None = None

    @classmethod
    def parse(cls, text: str) -> Trigger:
        """The trigger that `text` names; ValueError names the accepted forms."""
        if text == AVAILABLE_NOW:
            return cls("available_now")
        if text == AS_FAST_AS_POSSIBLE:
            return cls("asap")
        try:
            return cls("interval", parse_duration(text))
        except ValueError:
            raise ValueError(
                f'write {DURATION_HINT}, or "{AVAILABLE_NOW}", or "{AS_FAST_AS_POSSIBLE}"'
            ) from None

    def __str__(self) -> str:
        """The text that `parse` reads back."""
        if self.kind == "interval" and self.seconds is not None:
            return format_duration(self.seconds)
        return AVAILABLE_NOW if self.kind == "available_now" else AS_FAST_AS_POSSIBLE
