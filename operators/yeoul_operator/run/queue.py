"""What is to be reconciled next: each key once, one at a time, the urgent lane first."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Generic, Protocol, TypeVar

from yeoul_operator.kube.backoff import Backoff
from yeoul_operator.kube.errors import ApiError, NotLeader
from yeoul_operator.run.delays import Delays

log = logging.getLogger(__name__)
K = TypeVar("K", bound=Hashable)
_NOT_LEADER_AGAIN_S = 1.0
# So long at most does the SERVE lane hold back while applications wait to be submitted.
_PATIENCE_S = 60.0


class Lane(StrEnum):
    """STATUS: what already runs, looked at first. SUBMIT: what is to be started.

    SERVE: what can wait, such as a Service for a web interface. An API server gives out addresses
    of Services one after the other: under load each takes long, and more at once time out.
    """

    STATUS = "status"
    SUBMIT = "submit"
    SERVE = "serve"


class Observer(Protocol):
    """Told what the queue does, for metrics."""

    def started(self, lane: Lane, waited: float) -> None:
        """A key's turn came, `waited` seconds after it became due."""

    def finished(self, lane: Lane, seconds: float, failed: bool) -> None:
        """A key's turn is over."""


@dataclass(frozen=True, slots=True)
class LaneState:
    """How a lane stands: keys due, keys being worked on, seconds that the oldest has waited."""

    depth: int
    running: int
    oldest: float


@dataclass
class _Lane(Generic[K]):
    limit: int
    due: dict[K, float] = field(default_factory=dict)
    """Key to the moment since which it has been due, oldest first."""
    running: int = 0


class WorkQueue(Generic[K]):
    """Calls `handle(key)` for keys that were added; all on one event loop.

    - A key that waits is there once, however often it was added; the earliest moment counts.
    - A key never has two turns at once: added during its turn, it gets another one afterwards.
    - `lane_of(key)` says which lane a key takes when it becomes due. Each lane has places of its
      own, and the STATUS lane's are filled first. SERVE begins nothing while SUBMIT has keys that
      wait, for a minute.
    - `handle` returns after how many seconds it wants to see the key again (None: when something
      happens). When it raises, the key comes back after a back-off of its own that grows with
      each failure in a row. NotLeader is no failure: the key stays due.
    - Nothing runs until `resume`, nor after `pause`; keys are kept meanwhile.

    Moments are of `clock`, monotonic seconds; a wall clock that jumps moves nothing.
    """

    def __init__(
        self,
        handle: Callable[[K], Awaitable[float | None]],
        lane_of: Callable[[K], Lane],
        places: Mapping[Lane, int],
        backoff: Backoff,
        *,
        rng: Random,
        clock: Callable[[], float] = time.monotonic,
        observer: Observer | None = None,
    ) -> None:
        self._handle = handle
        self._lane_of = lane_of
        self._lanes: dict[Lane, _Lane[K]] = {lane: _Lane(places[lane]) for lane in Lane}
        self._backoff = backoff
        self._rng = rng
        self._clock = clock
        self._observer = observer
        self._later: Delays[K] = Delays()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: float | None = None
        self._busy: dict[K, bool] = {}
        """Keys whose turn it is, to whether they were added meanwhile."""
        self._failures: dict[K, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = True
        self._paused = True
        self.turns = 0
        """Turns finished since the start; it stands still when the queue does."""

    def add(self, key: K, after: float = 0.0) -> None:
        """Make the key due `after` seconds from now, or earlier if it is already."""
        if not self._open:
            return
        if after > 0:
            self._add_later(key, self._clock() + after)
        else:
            self._add_now(key)
            self._fill()

    def forget(self, key: K) -> None:
        """Drop a key that is gone: it is not due any more, and its failures are forgotten."""
        for lane in self._lanes.values():
            lane.due.pop(key, None)
        self._later.discard(key)
        self._failures.pop(key, None)
        if key in self._busy:
            self._busy[key] = False

    def resume(self) -> None:
        """Begin, or go on."""
        self._paused = False
        self._fill()

    def pause(self) -> None:
        """Begin no more turns; those that run go on."""
        self._paused = True

    async def drain(self, grace: float) -> int:
        """Take nothing more, wait for the turns that run; return how many had to be cancelled."""
        self._open = False
        self._paused = True
        if self._timer:
            self._timer.cancel()
        if not self._tasks:
            return 0
        _, late = await asyncio.wait(self._tasks, timeout=grace)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
        return len(late)

    def failures(self, key: K) -> int:
        """Return how many turns of the key have failed in a row."""
        return self._failures.get(key, 0)

    @property
    def waiting(self) -> int:
        """How many keys are due at a later moment."""
        return len(self._later)

    def state(self, lane: Lane) -> LaneState:
        """Return how a lane stands now."""
        one = self._lanes[lane]
        oldest = next(iter(one.due.values()), None)
        age = 0.0 if oldest is None else max(0.0, self._clock() - oldest)
        return LaneState(len(one.due), one.running, age)

    def _add_now(self, key: K) -> None:
        if key in self._busy:
            self._busy[key] = True
            return
        self._later.discard(key)
        lane = self._lane_of(key)
        since = self._clock()
        for other, queued in self._lanes.items():
            if key in queued.due:
                if other == lane:
                    return
                since = queued.due.pop(key)
        self._lanes[lane].due[key] = since

    def _add_later(self, key: K, moment: float) -> None:
        if not any(key in lane.due for lane in self._lanes.values()):
            self._later.add(key, moment)
            self._set_timer()

    def _set_timer(self) -> None:
        first = self._later.first() if self._open else None
        if first == self._timer_at:
            return
        if self._timer:
            self._timer.cancel()
        self._timer, self._timer_at = None, first
        if first is not None:
            wait = max(0.0, first - self._clock())
            self._timer = asyncio.get_running_loop().call_later(wait, self._wake)

    def _wake(self) -> None:
        self._timer, self._timer_at = None, None
        for key in self._later.take(self._clock()):
            self._add_now(key)
        self._set_timer()
        self._fill()

    def _fill(self) -> None:
        if self._paused:
            return
        for name, lane in self._lanes.items():
            while lane.due and lane.running < lane.limit and not self._holds_back(name):
                key = next(iter(lane.due))
                since = lane.due.pop(key)
                lane.running += 1
                self._busy[key] = False
                task = asyncio.create_task(self._turn(name, key, since))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def _holds_back(self, name: Lane) -> bool:
        if name is not Lane.SERVE or not self._lanes[Lane.SUBMIT].due:
            return False
        return self.state(name).oldest < _PATIENCE_S

    async def _turn(self, name: Lane, key: K, since: float) -> None:
        started = self._clock()
        if self._observer:
            self._observer.started(name, started - since)
        again: float | None = None
        failed = False
        try:
            again = await self._handle(key)
            self._failures.pop(key, None)
        except NotLeader:
            # Soon, not at once: until the election has noticed too, it would go round and round.
            again = _NOT_LEADER_AGAIN_S
        except asyncio.CancelledError:
            # The end of the process, or of its patience: nothing new is begun.
            self._paused = True
            raise
        except Exception as error:
            failed = True
            again = self._failed(key, error)
        finally:
            self._lanes[name].running -= 1
            self.turns += 1
            if self._observer:
                self._observer.finished(name, self._clock() - started, failed)
            if self._busy.pop(key) and not failed:
                again = 0.0
            if again is not None:
                self.add(key, again)
            self._fill()

    def _failed(self, key: K, error: Exception) -> float:
        count = self._failures[key] = self._failures.get(key, 0) + 1
        again = self._backoff.delay(count, self._rng)
        # What the API server refuses says itself what is wrong; anything else is our mistake.
        log.error(
            "reconcile failed for the %d. time in a row, again in %.1f s: %s",
            count,
            again,
            error,
            exc_info=None if isinstance(error, ApiError) else error,
        )
        return again
