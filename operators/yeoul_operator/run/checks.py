"""What makes this process live and ready."""

import time
from collections.abc import Mapping
from typing import Protocol

from yeoul_operator.run.election import Election, clock
from yeoul_operator.run.health import Heartbeat, Probes, Progress
from yeoul_operator.run.queue import Lane, WorkQueue

# Longer than a watch may be silent and a request may take with all its tries.
_PATIENCE_S = 180.0
_LOOP_LATE_S = 30.0


class Cache(Protocol):
    """A cache that a watch keeps."""

    @property
    def idle(self) -> float:
        """Seconds since the watch did something, if only to fail."""

    @property
    def listed(self) -> bool:
        """Whether everything has been listed once."""


def watch_over(
    probes: Probes,
    *,
    queue: WorkQueue[tuple[str, str]],
    caches: Mapping[str, Cache],
    election: Election | None,
    heartbeat: Heartbeat,
) -> None:
    """Add the checks. An API server that is away fails none: starting anew would not help."""
    progress = Progress("no reconcile has ended", _PATIENCE_S)

    def queue_moves() -> str | None:
        lanes = [queue.state(lane) for lane in Lane]
        stuck = any(lane.running for lane in lanes)
        return progress.check(queue.turns, stuck, time.monotonic())

    def loop_beats() -> str | None:
        late = time.monotonic() - heartbeat.at
        return f"the event loop is {late:.0f} s late" if late > _LOOP_LATE_S else None

    def watches_run() -> str | None:
        idle = {name: one.idle for name, one in caches.items() if one.idle > _PATIENCE_S}
        return ", ".join(f"{name} idle for {idle[name]:.0f} s" for name in idle) or None

    def listed() -> str | None:
        missing = [name for name, one in caches.items() if not one.listed]
        return f"not listed yet: {', '.join(missing)}" if missing else None

    probes.live("queue", queue_moves)
    probes.live("loop", loop_beats)
    probes.live("watches", watches_run)
    probes.ready("caches", listed)
    if election is not None:

        def election_runs() -> str | None:
            idle = clock() - election.tried
            return f"idle for {idle:.0f} s" if idle > _PATIENCE_S else None

        probes.live("election", election_runs)
