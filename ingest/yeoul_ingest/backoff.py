"""How long to wait after failures: growing, capped, jittered, and never shorter than asked."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_RETRY_AFTER_S = 3600.0  # an API that asks for days is asked again every hour


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses in seconds: `first` doubles with each failure in a row up to `longest`.

    `chance` (0 to 1) spreads a pause over the upper half of its length, so that many pollers do
    not come back at once. `retry_after` is what the API asked for: it is kept, spread upwards.
    """

    first: float
    longest: float

    def pause(self, failures: int, chance: float, retry_after: float | None = None) -> float:
        """The pause after `failures` (from 1) in a row."""
        # The exponent is bounded so that a night of failures does not overflow.
        full = min(self.longest, self.first * 2.0 ** min(failures - 1, 60))
        return self._at_least(full * (0.5 + 0.5 * chance), chance, retry_after)

    def slow(self, chance: float, retry_after: float | None = None) -> float:
        """The pause where only a person can help: the longest one, from the first failure on."""
        return self._at_least(self.longest * (0.5 + 0.5 * chance), chance, retry_after)

    def _at_least(self, pause: float, chance: float, retry_after: float | None) -> float:
        if retry_after is None:
            return pause
        asked = min(retry_after, LONGEST_RETRY_AFTER_S)
        return max(pause, asked + 0.5 * self.first * chance)
