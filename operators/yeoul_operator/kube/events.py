"""Events for people: what `kubectl describe` shows. Best effort: they never hold up the work."""

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Literal, Protocol

from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.errors import AlreadyExists, ApiError, Forbidden, NotFound, NotLeader
from yeoul_operator.kube.kinds import EVENTS, Object

log = logging.getLogger(__name__)

# As in client-go: https://github.com/kubernetes/client-go/blob/v0.35.0/tools/record/events_cache.go
_MAX_MESSAGE = 1024
_SAME_FOR_S = 600.0
_REMEMBERED = 2048


@dataclass(frozen=True, slots=True)
class EventSettings:
    """How many of a type may wait, and how many are sent a second (a burst of `burst` at once)."""

    queue: int = 2000
    per_second: float = 20.0
    burst: int = 100


@dataclass(slots=True)
class _Series:
    """Events that are alike: one object on the server, with a count."""

    digest: bytes
    namespace: str
    name: str
    is_warning: bool
    body: Object | None
    """Until it has been sent."""
    seen_at: float
    count: int = 0
    last: str = ""
    waiting: bool = False


class EventRecorder(Protocol):
    """Takes events; never raises and never waits."""

    def event(
        self,
        about: Mapping[str, Any],
        type_: Literal["Normal", "Warning"],
        reason: str,
        message: str,
    ) -> None:
        """Say something about an object (`apiVersion`, `kind`, `metadata` with name and uid)."""


class Recorder:
    """Takes events at once and sends them in the background, at a limited rate.

    The same event for the same object within ten minutes raises the count of the first. Warnings
    go first. When too many of a type wait, the newest are dropped, and counted in `dropped`.
    """

    def __init__(
        self,
        kube: Kube,
        identity: str,
        settings: EventSettings | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._kube = kube
        self._identity = identity
        self._settings = settings or EventSettings()
        self._now = now
        self._known: OrderedDict[bytes, _Series] = OrderedDict()
        self._warnings: deque[_Series] = deque()
        self._others: deque[_Series] = deque()
        self._arrived = asyncio.Event()
        self.dropped = 0

    def event(
        self,
        about: Mapping[str, Any],
        type_: Literal["Normal", "Warning"],
        reason: str,
        message: str,
    ) -> None:
        """Say something about an object (`apiVersion`, `kind`, `metadata` with name and uid).

        `reason` is one word in CamelCase for machines, `message` a sentence; it is cut at 1 KiB.
        Never raises and never waits.
        """
        metadata = about["metadata"]
        text = message if len(message) <= _MAX_MESSAGE else message[: _MAX_MESSAGE - 1] + "…"
        identity = "\0".join((metadata.get("uid", ""), about["kind"], type_, reason, text))
        digest = blake2b(identity.encode(), digest_size=8).digest()
        moment = time.monotonic()
        series = self._known.get(digest)
        if series is None or moment - series.seen_at > _SAME_FOR_S:
            body = self._body(about, type_, reason, text)
            place = body["metadata"]
            is_warning = type_ == "Warning"
            series = _Series(digest, place["namespace"], place["name"], is_warning, body, moment)
            self._known[digest] = series
        series.count += 1
        series.seen_at = moment
        series.last = _timestamp(self._now())
        self._known.move_to_end(digest)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        self._enqueue(series)

    async def run(self) -> None:
        """Send until cancelled."""
        tokens, filled_at = float(self._settings.burst), time.monotonic()
        while True:
            if not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
            moment = time.monotonic()
            tokens += (moment - filled_at) * self._settings.per_second
            tokens, filled_at = min(tokens, self._settings.burst), moment
            if tokens < 1:
                await asyncio.sleep((1 - tokens) / self._settings.per_second)
                continue
            tokens -= 1
            await self._send(self._waiting.popleft())

    async def flush(self, within: float) -> None:
        """Send what waits, for so many seconds at most; the rest is lost."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._waiting:
                    await self._send(self._waiting.popleft())

    @property
    def _waiting(self) -> deque[_Series]:
        return self._warnings or self._others

    def _enqueue(self, series: _Series) -> None:
        if series.waiting:
            return
        queue = self._warnings if series.is_warning else self._others
        if len(queue) >= self._settings.queue:
            self.dropped += 1
            return
        series.waiting = True
        queue.append(series)
        self._arrived.set()

    async def _send(self, series: _Series) -> None:
        series.waiting = False
        latest = {"count": series.count, "lastTimestamp": series.last}
        try:
            if series.body is None:
                await self._kube.patch(EVENTS, series.namespace, series.name, latest)
                return
            # An answer may have been lost: then it is there already.
            with suppress(AlreadyExists):
                await self._kube.create({**series.body, **latest})
            series.body = None
        except (NotFound, NotLeader):
            # The server has cleaned it up, or its namespace is gone: the next one begins anew.
            self._known.pop(series.digest, None)
        except ApiError as error:
            self.dropped += 1
            if not (isinstance(error, Forbidden) and error.terminating):
                log.warning("an event was not recorded: %s", error)

    def _body(self, about: Mapping[str, Any], type_: str, reason: str, message: str) -> Object:
        metadata, now = about["metadata"], self._now()
        # Events about what has no namespace go where the server expects them.
        namespace = metadata.get("namespace") or "default"
        reference = {
            "apiVersion": about["apiVersion"],
            "kind": about["kind"],
            "name": metadata["name"],
            "namespace": metadata.get("namespace"),
            "uid": metadata.get("uid"),
            "resourceVersion": metadata.get("resourceVersion"),
        }
        name = f"{metadata['name'][:230]}.{int(now.timestamp() * 1e6):x}"
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": {key: value for key, value in reference.items() if value},
            "type": type_,
            "reason": reason,
            "message": message,
            "source": {"component": "yeoul-operator"},
            "reportingComponent": "yeoul-operator",
            "reportingInstance": self._identity[:128],
            "firstTimestamp": _timestamp(now),
        }


def _timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
