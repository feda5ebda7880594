"""How long to wait before the next try."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential, capped and jittered; seconds."""

    base: float
    cap: float

    def delay(self, failures: int, rng: Random) -> float:
        """Return seconds to wait after the n-th failure in a row (n >= 1).

        The jitter spreads the waits over the upper half of their range, so that what failed
        together does not come back together.
        """
        full = min(self.cap, self.base * 2.0 ** min(failures - 1, 30))
        return full * rng.uniform(0.5, 1.0)
