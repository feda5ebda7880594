"""The proxy's inside: forwards requests, and does to them what the rules say."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import yarl
from aiohttp import web

from bed import api
from bed.calls import Call, Match, parse
from bed.faults import Answer, Cut, Delay, Hang, Kill, Rules

_LOOPBACK = "127.0.0.1"
# Those of one connection, not of the message; the server adds its own.
_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "host", "content-length"}
)
_STREAMS = ("watch", "follow")
_LOOK_SECONDS = 0.5
_GOODBYE_SECONDS = 10.0
_GOODBYE_STEP_S = 0.05


@dataclass(frozen=True, slots=True)
class Record:
    """A request that was answered, or not.

    Attributes:
        call: what it asked for.
        status: of the answer; 0 when there was none.
        at: when it came, in seconds of the monotonic clock.
        forwarded: whether the API server saw it.
    """

    call: Call
    status: int
    at: float
    forwarded: bool


class _GoneError(Exception):
    """The connection is to be cut without an answer."""


class Forwarder:
    """Runs in the proxy's event loop; only `records` and `killed` are for other threads."""

    def __init__(self, upstream: Path, rules: Rules) -> None:
        self._upstream = upstream
        self._rules = rules
        self._frozen: Match | None = None
        self._thawed = asyncio.Event()
        self._streams: dict[asyncio.BaseTransport, Call] = {}
        # Connections of a process that was killed: what is left in them never arrives.
        self._dead: weakref.WeakSet[asyncio.BaseTransport] = weakref.WeakSet()
        self._known: weakref.WeakSet[asyncio.BaseTransport] = weakref.WeakSet()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._port = 0
        self.records: list[Record] = []
        self.killed = threading.Event()

    async def start(self) -> int:
        """Connect upstream and listen; returns the port."""
        access = api.access(self._upstream)
        self._server_url = access.server
        self._admin = _session(aiohttp.TCPConnector(ssl=access.tls, limit=0), access.headers)
        self._anyone = _session(aiohttp.TCPConnector(ssl=access.trust, limit=0), {})
        self._server = web.Server(self._handle)
        self._runner = web.ServerRunner(self._server, shutdown_timeout=0.1)
        await self._runner.setup()
        await self.open()
        return self._port

    async def stop(self) -> None:
        """Close all connections."""
        await self.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._runner.cleanup()
        await self._admin.close()
        await self._anyone.close()
        # What was just being accepted still comes in, and sockets are closed in later rounds.
        await asyncio.sleep(_GOODBYE_STEP_S)
        until = time.monotonic() + _GOODBYE_SECONDS
        while self._is_busy() and time.monotonic() < until:
            await self._server.shutdown(0)
            await asyncio.sleep(_GOODBYE_STEP_S)
        await asyncio.sleep(_GOODBYE_STEP_S)

    def _is_busy(self) -> bool:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        return bool(others or self._server.connections)

    async def open(self) -> None:
        """Listen, on the same port as before."""
        self._site = web.TCPSite(self._runner, _LOOPBACK, self._port, reuse_address=True)
        await self._site.start()
        self._port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Stop to listen, and cut all connections."""
        await self._site.stop()
        for transport in list(self._known):
            _abort(transport)

    async def drop(self, match: Match) -> int:
        """Cut the streams that match; returns how many."""
        dropped = [transport for transport, call in self._streams.items() if match(call)]
        for transport in dropped:
            _abort(transport)
        return len(dropped)

    async def freeze(self, match: Match | None) -> None:
        """Hold what streams that match bring; None lets all go on."""
        self._frozen = match
        if match is None:
            self._thawed.set()
            self._thawed = asyncio.Event()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        at = time.monotonic()
        call = parse(request.method, request.path, request.query)
        if request.transport is not None:
            if request.transport in self._dead:
                return await self._cut(request, Record(call, 0, at, forwarded=False))
            self._known.add(request.transport)
        try:
            return await self._serve(request, call, at)
        except (_GoneError, ConnectionError, aiohttp.ClientError):
            return await self._cut(request, Record(call, 0, at, forwarded=False))

    async def _serve(self, request: web.BaseRequest, call: Call, at: float) -> web.StreamResponse:
        body = await request.content.read()
        fault = self._rules.fault(call)
        match fault:
            case Answer():
                self.records.append(Record(call, fault.status, at, forwarded=False))
                return _status(fault)
            case Hang():
                await _until_closed(request)
                raise _GoneError
            case Delay(seconds):
                await asyncio.sleep(seconds)
            case Kill(pid, False):
                self._kill(pid)
                raise _GoneError
            case Cut(False):
                raise _GoneError
        if any(request.query.get(name) in ("true", "1") for name in _STREAMS):
            return await self._stream(request, call, at)
        response = await self._forward(request, body)
        match fault:
            case Kill(pid, True):
                self._kill(pid)
                return await self._cut(request, Record(call, 0, at, forwarded=True))
            case Cut(True):
                return await self._cut(request, Record(call, 0, at, forwarded=True))
        self.records.append(Record(call, response.status, at, forwarded=True))
        return response

    async def _forward(self, request: web.BaseRequest, body: bytes) -> web.Response:
        async with self._ask(request, body) as answer:
            content = await answer.read()
            return web.Response(body=content, status=answer.status, headers=_kept(answer.headers))

    async def _stream(self, request: web.BaseRequest, call: Call, at: float) -> web.StreamResponse:
        async with self._ask(request, b"") as answer:
            self.records.append(Record(call, answer.status, at, forwarded=True))
            response = web.StreamResponse(status=answer.status, headers=_kept(answer.headers))
            response.enable_chunked_encoding()
            await response.prepare(request)
            transport = request.transport
            if transport is None:
                return response
            self._streams[transport] = call
            try:
                await self._pump(request, call, answer, response)
            finally:
                del self._streams[transport]
                # In the middle of an answer, TLS would wait for the server to say good-bye.
                if answer.connection is not None:
                    _abort(answer.connection.transport)
        return response

    async def _pump(
        self,
        request: web.BaseRequest,
        call: Call,
        answer: aiohttp.ClientResponse,
        response: web.StreamResponse,
    ) -> None:
        """Chunk by chunk, until either side ends or a freeze does."""
        while True:
            reading = asyncio.ensure_future(answer.content.readany())
            if not await _unless_closed(request, reading):
                return
            chunk = reading.result()
            while self._frozen is not None and self._frozen(call):
                if not await _unless_closed(request, asyncio.ensure_future(self._thawed.wait())):
                    return
            if not chunk:
                await response.write_eof()
                return
            await response.write(chunk)

    def _ask(
        self, request: web.BaseRequest, body: bytes
    ) -> aiohttp.client._BaseRequestContextManager[aiohttp.ClientResponse]:
        session = self._anyone if "Authorization" in request.headers else self._admin
        url = yarl.URL(self._server_url + request.raw_path, encoded=True)
        headers = _kept(request.headers)
        return session.request(request.method, url, data=body or None, headers=headers)

    def _kill(self, pid: int) -> None:
        self._dead = weakref.WeakSet(self._known)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.killed.set()

    async def _cut(self, request: web.BaseRequest, record: Record) -> web.StreamResponse:
        self.records.append(record)
        _abort(request.transport)
        return web.Response(status=502)


def _session(connector: aiohttp.TCPConnector, headers: dict[str, str]) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        headers=headers,
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
    )


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _HOP}


def _status(answer: Answer) -> web.Response:
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": answer.message,
        "reason": answer.reason,
        "code": answer.status,
    }
    headers = {} if answer.retry_after is None else {"Retry-After": str(answer.retry_after)}
    body = orjson.dumps(status)
    kind = "application/json"
    return web.Response(body=body, status=answer.status, headers=headers, content_type=kind)


def _abort(transport: asyncio.BaseTransport | None) -> None:
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


def _is_closed(request: web.BaseRequest) -> bool:
    return request.transport is None or request.transport.is_closing()


async def _until_closed(request: web.BaseRequest) -> None:
    while not _is_closed(request):
        await asyncio.sleep(_LOOK_SECONDS)


async def _unless_closed(request: web.BaseRequest, waiting: asyncio.Future[Any]) -> bool:
    """Whether what is waited for came before the client went."""
    try:
        while not waiting.done():
            await asyncio.wait({waiting}, timeout=_LOOK_SECONDS)
            if _is_closed(request):
                return False
    finally:
        if not waiting.done() or _is_closed(request):
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
    return True
