"""Which driver may take a sink over: a new one from anybody; one that was overtaken, from nobody.

A query that failed claims its sink anew, and a claim whose answer was lost is still one's own. So a
sink keeps its holder's name beside the epoch, and each try looks at both: a driver that stood still
while another one began does not take the sink back, whatever its first error is.
"""

import socket
import uuid
from dataclasses import dataclass
from typing import Final

from yeoul_stream.errors import erased, outrun


@dataclass(frozen=True)
class Held:
    """Who may write into a sink. Without a name it was claimed by a tool, or an earlier version."""

    epoch: int
    holder: str = ""


NOBODY: Final = Held(0)
"""What is found of a sink that has never run, or was erased."""


class Claimant:
    """One driver's claim on one sink, as long as the driver lives."""

    def __init__(self, name: str) -> None:
        """`name` is one that no other driver has."""
        self.name = name
        self._first: Held | None = None
        self._claimed = False

    def follow(self, sink: str, found: Held) -> None:
        """Make sure that this driver may claim the sink from the holder that was found.

        That is itself, or the one that it has found when it looked first.

        Raises:
            FencedError: another driver has claimed it meanwhile, or it was erased.
        """
        if self._first is None:
            self._first = found
        if found == NOBODY and self._claimed:
            raise erased(sink)
        if found.holder != self.name and found != self._first:
            raise erased(sink) if found == NOBODY else outrun(sink, found.epoch, found.holder)

    def succeeded(self) -> None:
        """Note that the sink was claimed: from now on there is something that can be erased."""
        self._claimed = True


def driver_name() -> str:
    """Return a name for this driver: its host's, or its pod's, and a part that is unique."""
    return f"{socket.gethostname()}-{uuid.uuid4().hex[:12]}"
