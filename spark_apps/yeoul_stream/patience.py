"""How long something is waited for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """At most `seconds` by `clock`, with `sleep` in between."""

    seconds: float
    clock: Callable[[], float]
    sleep: Callable[[float], None]
