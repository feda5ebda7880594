"""What was sent within the last minutes: the memory that keeps the poller from sending twice.

**What identifies a record.** By default its content: the bytes of the record as the API wrote
them. Not `dataId` alone: its repeats are legitimate records when their content differs (a vehicle
that reports twice under one id has reported twice), and whoever drops them loses data that nobody
can get back. Nor the parsed content: an API answers a record that it shows again from the same
stored row with the same bytes, and if it ever spelled it otherwise the record would be sent a
second time, which at-least-once allows. In return the memory is rebuilt from the topic exactly
and fast, since what lies there are the very same bytes.

An API that stamps each answer with something new (the time of the request, say) defeats that;
there `identity_field` names the one field that identifies a record.
"""

from __future__ import annotations

from hashlib import blake2b

Identity = bytes


def identity_of(text: bytes, identity: str | None = None) -> Identity:
    """16 bytes that stand for a record: of its text, or of its identity field's value if given."""
    if identity is None:
        return blake2b(text, digest_size=16).digest()
    return blake2b(
        identity.encode("utf-8", "surrogateescape"), digest_size=16, person=b"id"
    ).digest()


class Seen:
    """Identities and when they were seen last. Times are epoch seconds, given by the caller."""

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
