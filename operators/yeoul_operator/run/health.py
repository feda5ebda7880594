"""Whether the process gets on: for the kubelet's probes, and for people."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

Check = Callable[[], str | None]
"""Returns what is wrong, or None."""

_BEAT_S = 1.0


@dataclass(slots=True)
class Progress:
    """Says when a counter has stood still for too long although there is something to do.

    A pure record of what was seen when; `check` is called by the probe.
    """

    what: str
    patience: float
    last: int = 0
    moved_at: float = 0.0

    def check(self, count: int, waiting: bool, now: float) -> str | None:
        """Return what is wrong at `now`, given the counter and whether there is something to do."""
        if count != self.last or not waiting:
            self.last, self.moved_at = count, now
            return None
        still = now - self.moved_at
        return f"{self.what} for {still:.0f} s" if still > self.patience else None


class Heartbeat:
    """A task of the event loop that notes the time: a loop that is blocked beats late."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.at = clock()
        self._worst = 0.0

    def worst(self) -> float:
        """Return the longest that the loop was late since this was asked before, in seconds."""
        now_and_before = self._worst, max(0.0, self._clock() - self.at - _BEAT_S)
        self._worst = 0.0
        return max(now_and_before)

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            await asyncio.sleep(_BEAT_S)
            now = self._clock()
            self._worst = max(self._worst, now - self.at - _BEAT_S)
            self.at = now


class Probes:
    """Names checks, and answers them over HTTP.

    `/healthz` (liveness): every live check passes; a process that hangs does not answer at all,
    which is the point of asking the loop that does the work. `/readyz`: those of readiness too.
    """

    def __init__(self) -> None:
        self._live: dict[str, Check] = {}
        self._ready: dict[str, Check] = {}

    def live(self, name: str, check: Check) -> None:
        """Add a check without which the process is to be started anew."""
        self._live[name] = check

    def ready(self, name: str, check: Check) -> None:
        """Add a check without which the process does not serve yet, or not any more."""
        self._ready[name] = check

    def wrong(self, *, readiness: bool) -> dict[str, str]:
        """Return the checks that do not pass, with their reasons."""
        checks = {**self._live, **self._ready} if readiness else self._live
        answers = {name: check() for name, check in checks.items()}
        return {name: answer for name, answer in answers.items() if answer is not None}

    def routes(self) -> list[web.RouteDef]:
        """Return the two addresses."""
        return [
            web.get("/healthz", self._answer(readiness=False)),
            web.get("/readyz", self._answer(readiness=True)),
        ]

    def _answer(self, *, readiness: bool) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(_: web.Request) -> web.Response:
            wrong = self.wrong(readiness=readiness)
            text = "".join(f"{name}: {reason}\n" for name, reason in wrong.items())
            return web.Response(text=text or "ok\n", status=503 if wrong else 200)

        return answer


async def serve(routes: list[web.RouteDef], port: int, host: str | None = None) -> web.AppRunner:
    """Serve addresses on a port, of all interfaces if no host is given; `cleanup` ends it.

    Raises:
        OSError: the port is taken.
    """
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner
