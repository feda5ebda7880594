"""The time, as decisions see it: it goes on evenly, whatever is done to the machine's clock."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def since_boot() -> float:
    """Return seconds that only grow, and that count while the machine sleeps too."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class Clock:
    """Wall time at the start of the process, plus the seconds that have passed since.

    A wall clock that is set forward by an hour would else end every wait and every time to live
    at once; set back, it would freeze them. `skew` is by how many seconds the API server's clock
    is ahead of ours: what is compared with are moments that it and the nodes have noted.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = since_boot,
        skew: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._monotonic = monotonic
        self._skew = skew
        self._start = datetime.fromtimestamp(wall(), UTC)
        self._began = monotonic()

    def now(self) -> datetime:
        """Return the moment, in UTC."""
        return self._start + timedelta(seconds=self._monotonic() - self._began + self._skew())

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return self._monotonic()
