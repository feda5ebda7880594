"""kopf watches applications; all it does here is to say which of them changed."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, repeat
from typing import Any, Literal

import kopf
import uvloop

from yeoul_operator.kube.kinds import Kind, Object

log = logging.getLogger(__name__)

EventType = Literal["ADDED", "MODIFIED", "DELETED"] | None
Seen = Callable[[EventType, Object], object]
"""Called with the kind of change (None: it was there already) and the object."""

_LISTED_AT_ONCE = 250
_ASKED_S = 30
_SLOWEST_S = 3.0
_AGAIN_S = 2.0
_END_S = 6.0
_CANCEL_S = 0.5
_CANCELLATIONS = 10
# Shorter than the server's own five to ten minutes, so that a watch that hangs ends.
_WATCH_S = 300


class _Pauses:
    """Seconds between the tries of one request: first short ones, and no end of them."""

    def __iter__(self) -> Iterator[float]:
        return chain((0.2, 0.5, 1.0, 2.0), repeat(_SLOWEST_S))


def settings_of(kinds: Sequence[Kind], selector: str) -> kopf.OperatorSettings:
    """Return kopf's settings: no peering, no events of its own, watches that end."""
    settings = kopf.OperatorSettings()
    # A Lease decides who writes; peering can freeze all replicas.
    settings.peering.standalone = True
    settings.posting.enabled = False
    # Kinds and namespaces are known: to look for others takes rights over the whole cluster.
    settings.scanning.disabled = True
    settings.watching.server_timeout = _WATCH_S
    settings.watching.client_timeout = _WATCH_S + 60
    settings.watching.connect_timeout = 15
    # Its own tries end after a minute, and the operator with them.
    settings.networking.error_backoffs = _Pauses()
    settings.networking.request_timeout = _ASKED_S
    settings.watching.chunk_size = _LISTED_AT_ONCE
    # A worker for each object that nothing happens to is memory for nothing.
    settings.queueing.idle_timeout = 0.5
    if selector:
        for kind in kinds:
            settings.watching.label_selectors[kind.plural] = selector
    return settings


def registry_of(kinds: Mapping[Kind, Seen]) -> kopf.OperatorRegistry:
    """Return the handlers: one for each kind, and the login."""
    registry = kopf.OperatorRegistry()
    for kind, seen in kinds.items():
        _watch(registry, kind, seen)

    @kopf.on.login(registry=registry)
    def login(**arguments: Any) -> kopf.ConnectionInfo | None:
        # As the operator's own client: a kubeconfig that is named goes first.
        inside = os.environ.get("KUBERNETES_SERVICE_HOST") and not os.environ.get("KUBECONFIG")
        if inside:
            return kopf.login_with_service_account(**arguments)
        return kopf.login_with_kubeconfig(**arguments)

    return registry


def _watch(registry: kopf.OperatorRegistry, kind: Kind, seen: Seen) -> None:
    group, _, version = kind.api_version.partition("/")

    @kopf.on.event(group, version, kind.plural, registry=registry, id=f"see-{kind.plural}")
    async def see(event: Any, **_: Any) -> None:
        seen(event["type"], event["object"])


async def watch(
    kinds: Mapping[Kind, Seen],
    selector: str,
    namespaces: Sequence[str],
    usable: asyncio.Event,
    ready: asyncio.Event,
    stop: asyncio.Event,
) -> None:
    """Run kopf until `stop`; `kinds` are told in the loop that calls.

    It looks once at what kinds there are, so it begins when the definitions are `usable`. What
    kopf takes for the end of it all, such as an answer of 410 to a watch, is a new begin here.
    """
    await usable.wait()
    loop = asyncio.get_running_loop()
    told = {kind: _handed_over(loop, seen) for kind, seen in kinds.items()}
    stopping = asyncio.create_task(stop.wait())
    scope: _Scope | None = None
    try:
        while not stop.is_set():
            flag = _Flag(partial(_tell, loop, ready.set))
            scope = _Scope(told, selector, tuple(namespaces), flag)
            ended = asyncio.create_task(_beside(loop, scope))
            await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set():
                scope.stop.set()
                await asyncio.wait({ended}, timeout=_END_S)
                return
            log.warning("watching applications begins anew: %s", ended.result() or "it ended")
            await asyncio.sleep(_AGAIN_S)
    finally:
        stopping.cancel()
        if scope is not None:
            scope.stop.set()


def _handed_over(loop: asyncio.AbstractEventLoop, seen: Seen) -> Seen:
    return lambda event, document: loop.call_soon_threadsafe(seen, event, document)


class _Flag(threading.Event):
    """Tells when it is set."""

    def __init__(self, tell: Callable[[], None]) -> None:
        super().__init__()
        self._tell = tell

    def set(self) -> None:
        super().set()
        self._tell()


@dataclass(frozen=True, slots=True)
class _Scope:
    kinds: Mapping[Kind, Seen]
    selector: str
    namespaces: tuple[str, ...]
    ready: threading.Event
    stop: threading.Event = field(default_factory=threading.Event)


async def _beside(loop: asyncio.AbstractEventLoop, scope: _Scope) -> str:
    """Run kopf in a thread and a loop of its own; return why it ended.

    When kopf ends, it cancels whatever runs in its loop.
    """
    ended: asyncio.Future[str] = loop.create_future()

    def end(why: str) -> None:
        if not ended.done():
            ended.set_result(why)

    def run() -> None:
        why = ""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            try:
                runner.run(_kopf(scope))
            except Exception as error:
                why = str(error) or type(error).__name__
            # Before the loop is closed, which waits for what has not ended.
            _tell(loop, partial(end, why))

    threading.Thread(target=run, name="kopf", daemon=True).start()
    return await ended


async def _kopf(scope: _Scope) -> None:
    """Run kopf's tasks until one of them ends, as kopf itself does, and end the others.

    Raises:
        Exception: what ended it.
    """
    try:
        roots = await kopf.spawn_tasks(
            registry=registry_of(scope.kinds),
            settings=settings_of(tuple(scope.kinds), scope.selector),
            standalone=True,
            clusterwide=not scope.namespaces,
            namespaces=scope.namespaces,
            ready_flag=scope.ready,
            stop_flag=scope.stop,
        )
        await asyncio.wait(roots, return_when=asyncio.FIRST_COMPLETED)
    finally:
        # A thread of kopf's waits for it.
        scope.stop.set()
    failed = [task for task in roots if task.done() and not task.cancelled() and task.exception()]
    await _end_others()
    for task in failed:
        task.result()


async def _end_others() -> None:
    """Cancel all other tasks of this loop until they have ended.

    A watch of kopf's that is cancelled while it waits for an answer takes that for a pause, and
    goes on: kopf, which cancels once, would wait for it for ever.
    """
    for _ in range(_CANCELLATIONS):
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if not others:
            return
        for task in others:
            task.cancel()
        await asyncio.wait(others, timeout=_CANCEL_S)


def _tell(loop: asyncio.AbstractEventLoop, tell: Callable[[], None]) -> None:
    """Tell the other loop, if it is still there."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(tell)
