"""How long to wait after failures: growing, capped, jittered, and never shorter than asked."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_RETRY_AFTER_S = 3600.0  # an API that asks for days is asked again every hour


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses in seconds: `first` doubles with each failure in a row up to `longest`."""

    first: float
    longest: float

    def pause(self, failures: int, chance: float, retry_after: float | None = None) -> float:
        """The pause after `failures` (from 1) in a row.

        `chance` (0 to 1) spreads it over the upper half of its length, so that many pollers do not
        come back at once. What the API asked for by Retry-After is kept, and spread upwards.
        """
        # The exponent is bounded so that a night of failures does not overflow.
        full = min(self.longest, self.first * 2.0 ** min(failures - 1, 60))
        pause = full * (0.5 + 0.5 * chance)
        if retry_after is None:
            return pause
        asked = min(retry_after, LONGEST_RETRY_AFTER_S)
        return max(pause, asked + 0.5 * self.first * chance)

    def slow(self, chance: float) -> float:
        """The pause where only a person can help (the key is refused): the longest, jittered."""
        return self.longest * (0.5 + 0.5 * chance)
