"""What the platform tells while it works."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Phase = Literal["download", "prepare", "start", "ready", "stop", "stopped", "failed"]


@dataclass(frozen=True)
class Event:
    """One step of one part.

    Attributes:
        part: the part's name, or the jar set's as `jars kafka`.
        phase: where it is.
        text: a few words for people.
        done: how many of `total` units (jars) are there, where that is known.
        total: how many units there are.
        seconds: how long the part took until this step, where that is known.
    """

    part: str
    phase: Phase
    text: str = ""
    done: int | None = None
    total: int | None = None
    seconds: float | None = None


Report = Callable[[Event], None]


def silent(event: Event) -> None:
    """Report to nobody."""
