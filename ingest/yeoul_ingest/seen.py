"""What was sent within the last minutes: the memory that keeps the poller from sending twice."""

from __future__ import annotations

from yeoul_ingest.records import Identity


class Seen:
    """Identities and when each was seen last. Times are epoch seconds, given by the caller."""

    def __init__(self, window: float) -> None:
        self._window = window
        self._times: dict[Identity, float] = {}
        self._swept = 0.0

    def __len__(self) -> int:
        return len(self._times)

    def claim(self, identity: Identity, now: float) -> bool:
        """True if the record was not seen within the window; from now on it was.

        A record that the API goes on showing stays known, also beyond the window.
        """
        known = self._times.get(identity)
        self._times[identity] = now
        return known is None or now - known > self._window

    def remember(self, identity: Identity, at: float) -> None:
        """Note a record that was sent at `at`, as found in the topic."""
        self._times[identity] = max(at, self._times.get(identity, at))

    def forget(self, identity: Identity) -> None:
        """The record was not delivered after all: it may be sent again."""
        self._times.pop(identity, None)

    def sweep(self, now: float) -> None:
        """Drop what is older than the window; cheap to call often."""
        if 0 <= now - self._swept < self._window / 10:
            return
        self._swept = now
        oldest = now - self._window
        self._times = {name: at for name, at in self._times.items() if at >= oldest}
