"""Ctrl-C: the first asks for a good end, the second ends at once."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# A terminal sends Ctrl-C to the whole group, and `uv` and `make` may pass it on: one press.
_SAME_PRESS_SECONDS = 0.7


class Stop:
    """Whether somebody asked to stop.

    Args:
        same_press_seconds: signals as close as this to the first are the same press.
    """

    def __init__(self, same_press_seconds: float = _SAME_PRESS_SECONDS) -> None:
        self.asked = False
        self._same_press_seconds = same_press_seconds
        self._at = 0.0
        self._eager = False
        self._deaf = False
        self._over = False

    @contextmanager
    def listening(self) -> Iterator["Stop"]:
        """Take the signals over until the block ends.

        After `ignore_further` they stay ignored: Python ends by the signal itself, with another
        exit code, where one arrives during its own exit.
        """
        before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, signal.SIG_IGN if self._over else handler)

    @contextmanager
    def eager(self) -> Iterator[None]:
        """In this block the first Ctrl-C ends at once, too: there is nothing to finish yet."""
        self._eager = True
        try:
            yield
        finally:
            self._eager = False

    def ignore_further(self) -> None:
        """From here on everything is being ended anyway."""
        self._deaf = self._over = True

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        now = time.monotonic()
        if self._deaf or (self.asked and now - self._at < self._same_press_seconds):
            return
        first, self.asked, self._at = not self.asked, True, now
        if self._eager or not first:
            self._deaf = True
            raise KeyboardInterrupt
