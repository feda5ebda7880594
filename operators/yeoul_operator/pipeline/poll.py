"""Asking drivers for their progress: many at once, none of them waited for by the others."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

import aiohttp
import orjson

from yeoul_operator.kube.kinds import Key
from yeoul_operator.pipeline.progress import Report, parse_progress

log = logging.getLogger(__name__)
_TICK_S = 0.5
_JITTER = 0.05
_LONGEST = 1 << 20
_FAILED = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class PollSettings:
    """Seconds. `concurrency`: drivers that are asked at once.

    `url_format` may name {ip}, {port}, {namespace} and {name}.
    """

    interval: float = 7.0
    timeout: float = 4.0
    concurrency: int = 32
    url_format: str = "http://{ip}:{port}"


@dataclass(frozen=True, slots=True)
class Target:
    """A driver to ask; `key` is its pipeline's."""

    key: Key
    pod_uid: str
    ip: str
    port: int


def next_share(rng: Random, *, is_new: bool) -> float:
    """After what share of an interval a driver that is asked now is asked again.

    A new one at any moment of the first: all that are found at once, as by an operator that has
    just begun, must not be asked at once for ever.
    """
    return rng.random() if is_new else rng.uniform(1 - _JITTER, 1 + _JITTER)


class Poller:
    """Asks every target once an interval, a new one at once, and tells what came of it.

    `targets` is called twice a second, and must be cheap. Who is asked when is spread by `rng`, so
    that drivers which started together are not asked together.
    """

    def __init__(
        self,
        targets: Callable[[], Iterable[Target]],
        tell: Callable[[Key, Report], None],
        settings: PollSettings,
        now: Callable[[], datetime],
        rng: Random,
    ) -> None:
        self._targets = targets
        self._tell = tell
        self._settings = settings
        self._now = now
        self._rng = rng
        self._due: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self.asked = 0
        self.failed = 0

    async def run(self) -> None:
        """Ask until cancelled."""
        loop = asyncio.get_running_loop()
        gate = asyncio.Semaphore(self._settings.concurrency)
        # The job closes each connection after its answer.
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        timeout = aiohttp.ClientTimeout(total=self._settings.timeout)
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
        ) as self._session:
            while True:
                self._begin(loop.time(), gate)
                await asyncio.sleep(_TICK_S)

    def _begin(self, moment: float, gate: asyncio.Semaphore) -> None:
        targets = {target.pod_uid: target for target in self._targets()}
        for gone in self._due.keys() - targets.keys():
            del self._due[gone]
        for uid, target in targets.items():
            if moment < self._due.get(uid, 0.0):
                continue
            share = next_share(self._rng, is_new=uid not in self._due)
            self._due[uid] = moment + self._settings.interval * share
            self._spawn(self._ask(target, gate))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, target: Target, gate: asyncio.Semaphore) -> None:
        async with gate:
            self.asked += 1
            try:
                body = await self._send("GET", target, "/progress")
                progress = parse_progress(orjson.loads(body), *target.key)
                report = Report(target.pod_uid, self._now(), progress)
            except _FAILED as error:
                self.failed += 1
                text = str(error) or type(error).__name__
                report = Report(target.pod_uid, self._now(), error=text[:300])
        self._tell(target.key, report)

    async def _send(self, verb: str, target: Target, path: str, body: bytes = b"") -> bytes:
        assert self._session is not None  # noqa: S101 only while it runs
        url = self.address(target) + path
        async with self._session.request(verb, url, data=body or None) as answer:
            text = await answer.content.read(_LONGEST)
            if answer.status >= 400:
                said = text[:200].decode(errors="replace").strip()
                raise ValueError(f"{verb} {path}: HTTP {answer.status}: {said}")
            return text

    def address(self, target: Target) -> str:
        """Return where a driver answers."""
        ip = f"[{target.ip}]" if ":" in target.ip else target.ip
        namespace, name = target.key
        return self._settings.url_format.format(
            ip=ip, port=target.port, namespace=namespace, name=name
        )

    def scale(self, target: Target, executors: int) -> None:
        """Ask the driver for so many executors; what does not arrive is asked again later."""
        self._spawn(self._scale(target, executors))

    async def _scale(self, target: Target, executors: int) -> None:
        try:
            await self._send("POST", target, "/executors", orjson.dumps({"target": executors}))
        except _FAILED as error:
            log.info("%s/%s: executors: %s", *target.key, error)
