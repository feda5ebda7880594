"""One request to the API server: connection, credentials, time-outs, retries, typed errors."""

import asyncio
import random
import socket
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import aiohttp
from aiohttp.abc import AbstractStreamWriter

from yeoul_operator.kube.backoff import Backoff
from yeoul_operator.kube.credentials import Credentials
from yeoul_operator.kube.errors import (
    ApiError,
    Conflict,
    NotLeader,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    error_of,
)
from yeoul_operator.kube.request import Guard, Request, RequestStats

# The longest that a server asked us to wait and we did, inside one request.
_RETRY_AFTER_CAP_S = 10.0
_GOODBYE_S = 0.05
# The server says whole seconds, and its answer has been on its way.
_SKEW_S = 3.0
AddrInfo = tuple[int, int, int, str, tuple[object, ...]]
_NO_ANSWER = (aiohttp.ClientError, TimeoutError, OSError)
# aiohttp says RuntimeError of a connection that was lost between two reads.
_BROKEN = (*_NO_ANSWER, RuntimeError)


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Seconds, and how many requests may be under way at once."""

    timeout: float = 15.0
    retry_for: float = 20.0
    concurrency: int = 32
    backoff: Backoff = field(default_factory=lambda: Backoff(0.1, 3.0))


class Http:
    """The connection pool. Shared by everything that talks to the API server."""

    def __init__(self, credentials: Credentials, settings: HttpSettings) -> None:
        self.credentials = credentials
        self.stats = RequestStats()
        self.skew = 0.0
        """By how many seconds the server's clock was ahead of ours at its first answer; 0 for
        next to nothing."""
        self._is_skew_known = False
        self._settings = settings
        self._gate = asyncio.Semaphore(settings.concurrency)
        self._rng = random.Random()  # noqa: S311 - jitter, not secrets
        self._session = aiohttp.ClientSession(
            # The gate bounds requests; watches hold connections of their own.
            connector=aiohttp.TCPConnector(
                limit=0,
                ssl=credentials.tls if credentials.tls is not None else True,
                keepalive_timeout=60,
                socket_factory=_socket,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Packing costs the server and us more than the bytes do inside a cluster.
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": "yeoul-operator",
            },
            proxy=credentials.proxy,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()
        # Sockets are closed in the loop's next rounds.
        await asyncio.sleep(_GOODBYE_S)

    async def send(self, request: Request, *, urgent: bool = False) -> bytes:
        """Send and return the answer's body; try again where that is safe, for some seconds.

        429 and 5xx answers, lost connections and time-outs are tried again if the request is
        repeatable; 429 always, since it was not carried out. An `urgent` request does not wait
        for a place among the others, and is tried once.

        Raises:
            ApiError: the server refused, or there was no answer (Unavailable).
            NotLeader: the guard of a write said so.
        """
        give_up_at = time.monotonic() + (0.0 if urgent else self._settings.retry_for)
        gate: AbstractAsyncContextManager[object] = nullcontext() if urgent else self._gate
        failures, fresh = 0, False
        while True:
            try:
                async with gate:
                    return await self._try(request, fresh)
            except Unauthorized:
                # The token may have been replaced; a second refusal is meant.
                if fresh:
                    raise
                fresh = True
            except ApiError as error:
                failures += 1
                wait = self._wait(request, error, failures)
                if wait is None or time.monotonic() + wait > give_up_at:
                    raise
                await asyncio.sleep(wait)

    def _wait(self, request: Request, error: ApiError, failures: int) -> float | None:
        """Return the seconds until the next try, None if there shall be none."""
        again = (
            isinstance(error, TooManyRequests)
            or (isinstance(error, Unavailable) and request.repeatable)
            # A quota's own object changed under the server's hands; nothing was created.
            or (isinstance(error, Conflict) and request.verb == "create")
        )
        if not again:
            return None
        wait = self._settings.backoff.delay(failures, self._rng)
        asked = getattr(error, "retry_after", None)
        return max(wait, min(asked, _RETRY_AFTER_CAP_S)) if asked else wait

    async def _try(self, request: Request, fresh: bool) -> bytes:
        timeout = self._settings.timeout
        limit = request.guard() if request.guard else None
        if limit is not None:
            timeout = min(timeout, limit)
        total = aiohttp.ClientTimeout(total=timeout)
        async with self._answer(request, total, fresh) as response:
            try:
                return await response.read()
            except _BROKEN as error:
                raise _no_answer(request, error) from error

    async def stream(self, request: Request, *, silence: float) -> AsyncGenerator[bytes, None]:
        """Yield an answer that goes on and on; nothing for `silence` seconds ends it.

        Raises:
            ApiError: the server refused, or the answer broke off (Unavailable).
        """
        timeout = aiohttp.ClientTimeout(total=None, connect=10, sock_read=silence)
        async with self._answer(request, timeout, False) as response:
            try:
                while chunk := await _next_chunk(request, response):
                    yield chunk
            finally:
                # In the middle of an answer, TLS would wait for the server to say good-bye.
                if response.connection and response.connection.transport:
                    response.connection.transport.abort()

    @asynccontextmanager
    async def _answer(
        self, request: Request, timeout: aiohttp.ClientTimeout, fresh: bool
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        started = time.monotonic()
        status = "none"
        try:
            headers = await self._headers(request, fresh)
            context = self._session.request(
                request.method,
                request.url(self.credentials.host),
                data=_body_of(request),
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
                server_hostname=self.credentials.server_name,
            )
            try:
                response = await context
            except _NO_ANSWER as error:
                if isinstance(error.__cause__, NotLeader):
                    raise error.__cause__ from None
                raise _no_answer(request, error) from error
            status = str(response.status)
            if not self._is_skew_known:
                self._is_skew_known = True
                self.skew = _skew(response.headers.get("Date"), time.time())
        finally:
            self.stats.requests[request.verb, request.resource, status] += 1
            self.stats.seconds[request.verb, request.resource] += time.monotonic() - started
        async with response:
            if response.status >= 300:
                raise error_of(
                    response.status,
                    await _body(response),
                    response.headers.get("Retry-After"),
                    str(request),
                )
            yield response

    async def _headers(self, request: Request, fresh: bool) -> dict[str, str]:
        headers = {}
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        token = await self.credentials.authorization(fresh)
        if token:
            headers["Authorization"] = token
        return headers


class _GuardedBody(aiohttp.BytesPayload):
    """A write's body, which asks the guard once more when it is about to leave.

    Connecting takes its time, and so does a machine that sleeps. Headers leave with the body.
    """

    def __init__(self, body: bytes, content_type: str, guard: Guard) -> None:
        super().__init__(body, content_type=content_type)
        self._guard = guard

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        """Write it, or raise NotLeader."""
        self._guard()
        await super().write_with_length(writer, content_length)


def _body_of(request: Request) -> aiohttp.BytesPayload | bytes | None:
    if request.body is None or request.guard is None:
        return request.body
    return _GuardedBody(request.body, request.content_type, request.guard)


def _skew(date: str | None, now: float) -> float:
    try:
        ahead = parsedate_to_datetime(date).timestamp() - now if date else 0.0
    except ValueError:
        return 0.0
    return ahead if abs(ahead) > _SKEW_S else 0.0


async def _next_chunk(request: Request, response: aiohttp.ClientResponse) -> bytes:
    """Return what comes next of an answer; nothing at its end."""
    try:
        return await response.content.readany()
    except _BROKEN as error:
        raise _no_answer(request, error) from error


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """What the server says about a refusal; the refusal stands also without it."""
    try:
        return await response.read()
    except _BROKEN:
        return b""


def _no_answer(request: Request, error: Exception) -> Unavailable:
    reason = "TimedOut" if isinstance(error, TimeoutError) else "NoAnswer"
    return Unavailable(0, reason, str(error) or type(error).__name__, request=str(request))


def _socket(address: AddrInfo) -> socket.socket:
    """A peer that vanished without a word is noticed within a minute, not within two hours."""
    family, kind, protocol, _, _ = address
    connection = socket.socket(family, kind, protocol)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 20)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    return connection
