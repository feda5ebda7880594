"""The page over HTTP: its files, and what it shows as JSON. No request changes anything."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp
from aiohttp import web

from yeoul_web.changes import changes
from yeoul_web.history import History
from yeoul_web.model import Alert, Look
from yeoul_web.prometheus import PrometheusError, alerts
from yeoul_web.source import Source, Table
from yeoul_web.store import StoreError, letters, vehicles

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
EVERY_S = 5.0
# The database is asked no oftener, however many people look.
_REST_S = 10.0
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass
class _Kept:
    """An answer that is asked for again after a rest."""

    ask: Callable[[], Awaitable[Any]]
    at: float = float("-inf")
    answer: Any = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def now(self) -> Any:
        async with self.lock:
            if monotonic() - self.at > _REST_S:
                self.answer = await self.ask()
                self.at = monotonic()
            return self.answer


class Page:
    """What is shown: looks at the source again and again, and remembers a little."""

    def __init__(self, source: Source, prometheus: str | None = None) -> None:
        self._source = source
        self._prometheus = prometheus
        self._history = History()
        self._look: Look | None = None
        self._alerts: list[Alert] = []
        self._no_alerts = ""
        self._letters = _Kept(partial(self._read, "letters", letters))
        self._vehicles = _Kept(partial(self._read, "vehicles", vehicles))

    async def refresh(self, session: aiohttp.ClientSession) -> None:
        """Look once."""
        before, now = self._look, await self._source.look()
        self._history.add(now, (*now.events, *changes(before, now)))
        self._look = now
        if self._prometheus:
            try:
                self._alerts, self._no_alerts = await alerts(session, self._prometheus), ""
            except PrometheusError as error:
                self._alerts, self._no_alerts = [], str(error)

    def status(self) -> dict[str, Any]:
        """All of it but letters and vehicles, JSON-ready."""
        look = self._look
        return {
            "title": self._source.title,
            "look": _dump(look) if look else None,
            "history": self._history.document(),
            "events": [_dump(one) for one in self._history.events],
            "alerts": [_dump(one) for one in self._alerts],
            "problems": [*(look.problems if look else ()), *filter(None, [self._no_alerts])],
        }

    async def letters(self) -> dict[str, Any]:
        """Dead letters, and why they could not be read."""
        found: dict[str, Any] = await self._letters.now()
        return found

    async def vehicles(self) -> dict[str, Any]:
        """Vehicles, and why they could not be read."""
        found: dict[str, Any] = await self._vehicles.now()
        return found

    async def _read(self, name: str, ask: Callable[[Sequence[Table], Path], Any]) -> dict[str, Any]:
        tables = await self._source.tables()
        try:
            found = await asyncio.to_thread(ask, tables, self._source.secrets)
        except StoreError as error:
            return {name: [], "problem": str(error)}
        return {name: [_dump(one) for one in found], "problem": ""}

    async def close(self) -> None:
        """Let go of the source."""
        await self._source.close()


def application(page: Page) -> web.Application:
    """The routes, and the looking as long as it runs."""
    app = web.Application()

    async def index(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html")

    async def status(_: web.Request) -> web.StreamResponse:
        return web.json_response(page.status())

    async def dead(_: web.Request) -> web.StreamResponse:
        return web.json_response(await page.letters())

    async def fleet(_: web.Request) -> web.StreamResponse:
        return web.json_response(await page.vehicles())

    async def health(_: web.Request) -> web.StreamResponse:
        return web.Response(text="ok\n")

    app.add_routes(
        [
            web.get("/", index),
            web.get("/api/status", status),
            web.get("/api/letters", dead),
            web.get("/api/vehicles", fleet),
            web.get("/healthz", health),
            web.static("/static", STATIC),
        ]
    )
    app.on_response_prepare.append(_secure)
    app.cleanup_ctx.append(lambda _: _looking(page))
    return app


async def _secure(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


async def _looking(page: Page) -> AsyncIterator[None]:
    async def forever() -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                try:
                    await page.refresh(session)
                except Exception:
                    # A page that stands still says so by its time; it goes on with the next look.
                    log.exception("the look failed")
                await asyncio.sleep(EVERY_S)

    task = asyncio.create_task(forever())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await page.close()


def _dump(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = value.model_dump(mode="json", by_alias=True)
    return found
