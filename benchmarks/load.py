"""Applications on a cluster: created by a client, and what another one sees become of them."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp
import orjson

from bed.api import access, path_of
from fix_operator import SPARK, application

NAMESPACE = "bench"
FAILED = ("FAILED", "SUBMISSION_FAILED")
_DRIVERS = "sparkoperator.k8s.io/launched-by-spark-operator=true,spark-role=driver"
_APP_NAME = "sparkoperator.k8s.io/app-name"
# As many as a shell loop or a workflow engine has under way; the API server queues the rest anyway.
_AT_ONCE = 24
_CHUNK = 2**22


@dataclass(slots=True)
class Seen:
    """When a client saw what, in seconds of the loop's clock; NaN for what has not come."""

    asked: float = math.nan
    """The creation was sent."""
    pod: float = math.nan
    """The driver pod exists."""
    pod_running: float = math.nan
    """It has the phase Running."""
    running: float = math.nan
    """The application's status says so."""
    state: str = ""

    @property
    def lag(self) -> float:
        """Seconds from a running pod to a status that says so."""
        return self.running - self.pod_running


class Load:
    """A client that creates applications, and one that watches; both on this event loop."""

    def __init__(self, kubeconfig: Path) -> None:
        self._access = access(kubeconfig)
        self._session: aiohttp.ClientSession
        self._watches: list[asyncio.Task[None]] = []
        self.seen: dict[str, Seen] = {}

    async def __aenter__(self) -> "Load":
        tls = self._access.tls
        self._session = aiohttp.ClientSession(
            self._access.server,
            connector=aiohttp.TCPConnector(limit=0, ssl=tls),
            headers={"Accept-Encoding": "identity", **self._access.headers},
            read_bufsize=_CHUNK,
        )
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        with contextlib.suppress(aiohttp.ClientResponseError):
            await self._post(path_of("Namespace", None), body)
        # Pods are admitted once their namespace has a service account; a new CRD takes a moment.
        await self._there(path_of("ServiceAccount", NAMESPACE, "default"))
        await self._there(path_of(SPARK, NAMESPACE))
        for path, selector, see in (
            (path_of("Pod", NAMESPACE), _DRIVERS, self._see_pod),
            (path_of(SPARK, NAMESPACE), "", self._see_application),
        ):
            self._watches.append(asyncio.create_task(self._follow(path, selector, see)))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._watches:
            task.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        await self._session.close()

    async def create(self, names: Sequence[str]) -> None:
        """Create them, as fast as the API server takes them."""
        path, waiting = path_of(SPARK, NAMESPACE), iter(names)

        async def some() -> None:
            for name in waiting:
                body = application(NAMESPACE, name)
                self._of(name).asked = asyncio.get_running_loop().time()
                await self._post(path, body)

        await asyncio.gather(*(some() for _ in range(min(_AT_ONCE, len(names)))))

    async def until(
        self, what: str, condition: Callable[[], bool], seconds: float, pause: float = 0.01
    ) -> None:
        """Wait for it.

        Raises:
            TimeoutError: it did not come true.
            RuntimeError: a watch broke.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        while not condition():
            self.check()
            if clock() > deadline:
                raise TimeoutError(f"{what}: not within {seconds:.0f} s")
            await asyncio.sleep(pause)

    def check(self) -> None:
        """Raise RuntimeError if a watch broke, so that nothing would be seen any more."""
        for task in self._watches:
            if task.done():
                raise RuntimeError(f"a watch of the benchmark ended: {task.exception()}")

    def count(self, names: Sequence[str], condition: Callable[[Seen], bool]) -> int:
        """Return of how many of the names it is true."""
        return sum(condition(self.seen[name]) for name in names if name in self.seen)

    async def _there(self, path: str) -> None:
        for _ in range(600):
            async with self._session.get(path) as answer:
                if answer.status == 200:
                    return
            await asyncio.sleep(0.1)
        raise TimeoutError(f"{path} was not there within 60 s")

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        headers = {"Content-Type": "application/json"}
        data = orjson.dumps(body)
        async with self._session.post(path, data=data, headers=headers) as answer:
            if answer.status >= 400:
                text = (await answer.text())[:500]
                raise aiohttp.ClientResponseError(
                    answer.request_info, answer.history, status=answer.status, message=text
                )
            await answer.read()

    async def _follow(
        self, path: str, selector: str, see: Callable[[dict[str, Any], float], None]
    ) -> None:
        """Watch for ever; a definition that changes ends the watches of its kind."""
        params = {"watch": "1", "allowWatchBookmarks": "true"}
        if selector:
            params["labelSelector"] = selector
        timeout = aiohttp.ClientTimeout(total=None)
        clock = asyncio.get_running_loop().time
        while True:
            async with self._session.get(path, params=params, timeout=timeout) as answer:
                answer.raise_for_status()
                async for line in _lines(answer.content):
                    event = orjson.loads(line)
                    if event["type"] == "ERROR":
                        raise RuntimeError(str(event["object"]))
                    if event["type"] in ("ADDED", "MODIFIED"):
                        see(event["object"], clock())
                    params["resourceVersion"] = event["object"]["metadata"]["resourceVersion"]

    def _see_pod(self, pod: dict[str, Any], now: float) -> None:
        seen = self._of(pod["metadata"]["labels"][_APP_NAME])
        if math.isnan(seen.pod):
            seen.pod = now
        if math.isnan(seen.pod_running) and pod["status"].get("phase") == "Running":
            seen.pod_running = now

    def _see_application(self, document: dict[str, Any], now: float) -> None:
        seen = self._of(document["metadata"]["name"])
        state = (document.get("status") or {}).get("applicationState") or {}
        seen.state = state.get("state", "")
        if math.isnan(seen.running) and seen.state == "RUNNING":
            seen.running = now

    def _of(self, name: str) -> Seen:
        return self.seen.setdefault(name, Seen())


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    rest = b""
    async for chunk in content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line:
                yield line
