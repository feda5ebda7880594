"""One leader among the replicas, by a Lease; what is done as the leader asks the guard first.

The client library's election (kubernetes.aio.leaderelection 37.0) is not used: it measures by the
wall clock, so a clock that jumps makes two leaders or none; it cannot be asked whether the Lease
still holds; and it does not give the Lease back.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from random import Random

from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.errors import (
    AlreadyExists,
    ApiError,
    Conflict,
    Forbidden,
    NotFound,
    NotLeader,
)
from yeoul_operator.kube.kinds import LEASES, Object
from yeoul_operator.run.lease import Move, Observed, Timing, decide, held, observe, released

log = logging.getLogger(__name__)


def clock() -> float:
    """Return monotonic seconds that also count while the machine sleeps."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class Election:
    """Takes part in the election. `gained` and `lost` are called as leadership changes.

    `kube` is not guarded: the Lease's own version guards it.
    """

    def __init__(
        self,
        kube: Kube,
        place: tuple[str, str],
        identity: str,
        timing: Timing,
        *,
        gained: Callable[[], None],
        lost: Callable[[], None],
        rng: Random,
        clock: Callable[[], float] = clock,
    ) -> None:
        self._kube = kube.urgent
        self._place = place
        self._identity = identity
        self._timing = timing
        self._gained = gained
        self._lost = lost
        self._rng = rng
        self._clock = clock
        self._lease: Object | None = None
        self._seen: Observed | None = None
        self._renewed = float("-inf")
        self._leading = False
        self._refused = ""
        self.tried = clock()
        """When the last round began, by `clock`; it comes back every few seconds."""

    @property
    def is_leader(self) -> bool:
        """Whether writes may begin now."""
        return self._leading and self._clock() < self._renewed + self._timing.write

    def guard(self) -> float:
        """Return for how many seconds a write that begins now may be on its way.

        Raises:
            NotLeader: another one may hold the Lease, or may soon.
        """
        if not self.is_leader:
            raise NotLeader(f"the Lease {'/'.join(self._place)} is not surely held")
        return self._renewed + self._timing.flight - self._clock()

    async def run(self) -> None:
        """Take part until cancelled. The Lease is kept then: call `release` when all is done."""
        while True:
            self.tried = self._clock()
            # A request that hangs must not use up the time in which another could succeed.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._timing.lease / 4):
                    await self._step()
            if self._leading and not self.is_leader:
                self._stop_leading("it could not be renewed in time")
            await asyncio.sleep(self._timing.retry * self._rng.uniform(0.8, 1.0))

    async def release(self) -> None:
        """Give the Lease up, so that another one takes it within seconds, not after its time.

        Call it when nothing of ours is being written any more.
        """
        lease, was_leading = self._lease, self._leading
        if was_leading:
            self._stop_leading("given back", logging.INFO)
        if was_leading and lease is not None:
            with suppress(ApiError, TimeoutError):
                async with asyncio.timeout(self._timing.lease / 4):
                    await self._kube.replace(released(lease, datetime.now(UTC)))

    async def _step(self) -> None:
        try:
            if not self._leading:
                await self._look()
            move = decide(self._seen, self._identity, self._clock())
            if move is not Move.WAIT:
                await self._write(move)
            self._refused = ""
        except (AlreadyExists, Conflict, NotFound):
            # Somebody was faster, or an answer of ours was lost: what is there now decides.
            await self._look_again()
        except ApiError as error:
            self._complain(error)

    async def _look(self) -> None:
        self._lease = await self._kube.get(LEASES, *self._place)
        now = self._clock()
        self._seen = observe(self._lease, self._seen, now) if self._lease else None

    async def _look_again(self) -> None:
        try:
            await self._look()
        except ApiError as error:
            self._complain(error)
            return
        if self._leading and (self._seen is None or self._seen.holder != self._identity):
            holder = self._seen.holder if self._seen else "nobody"
            self._stop_leading(f"{holder or 'nobody'} holds it")

    async def _write(self, move: Move) -> None:
        wanted = held(
            self._lease, self._place, self._identity, self._timing.lease, datetime.now(UTC)
        )
        sent = self._clock()
        if move is Move.CREATE:
            self._lease = await self._kube.create(wanted)
        else:
            self._lease = await self._kube.replace(wanted)
        self._seen = observe(self._lease, self._seen, self._clock())
        self._renewed = sent
        if not self._leading:
            self._leading = True
            log.info("leading: %s holds the Lease %s", self._identity, "/".join(self._place))
            self._gained()

    def _stop_leading(self, why: str, level: int = logging.WARNING) -> None:
        self._leading = False
        self._renewed = float("-inf")
        log.log(level, "not leading any more: the Lease %s: %s", "/".join(self._place), why)
        self._lost()

    def _complain(self, error: ApiError) -> None:
        """Once for each kind of trouble: this comes every two seconds."""
        kind = f"{error.status} {error.reason}"
        if kind != self._refused:
            self._refused = kind
            remedy = (
                "; allow get, create and update of leases in the operator's Role"
                if isinstance(error, Forbidden)
                else ""
            )
            log.warning("election: %s%s", error, remedy)
