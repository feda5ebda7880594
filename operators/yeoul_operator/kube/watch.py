"""A cache of objects of one kind, kept up to date by a watch; only projections are kept."""

import asyncio
import logging
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from yeoul_operator.kube.backoff import Backoff
from yeoul_operator.kube.client import PAGE, Kube
from yeoul_operator.kube.errors import ApiError, Expired, Forbidden, NotFound
from yeoul_operator.kube.kinds import Key, Kind, Object, key_of
from yeoul_operator.kube.stream import Watch, watch

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """Seconds, and objects a page.

    The server ends a watch after `lasting` to twice that, drawn anew each time, with a bookmark
    two seconds before; to go on from there costs next to nothing. Otherwise bookmarks come every
    two minutes at best (observed on 1.35), so `silence` is longer than a watch, not than those:
    a stream that is frozen is noticed after it.
    """

    page: int = PAGE
    lasting: int = 30
    silence: float = 70.0
    backoff: Backoff = field(default_factory=lambda: Backoff(0.2, 15.0))


class Reflector(Generic[T]):
    """Holds `project(object)` of every object that matches, and says what changed.

    `namespaces`: those; none: all. `index(projection)` names the key that a projection belongs to,
    an application's for a pod; without it that is the object's own. `on_change` is called with the
    key that a changed object belongs to (and with the one that it belonged to before), after the
    cache shows the change; not when the projection is equal to the one before. It must not block.

    What is held lags behind the server, by a round trip as a rule, and never goes back in time.
    """

    def __init__(
        self,
        kube: Kube,
        kind: Kind,
        project: Callable[[Object], T],
        on_change: Callable[[Key], None],
        *,
        selector: str | None = None,
        namespaces: Sequence[str] = (),
        index: Callable[[T], Key | None] | None = None,
        settings: WatchSettings | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self._kube = kube
        self._kind = kind
        self._project = project
        self._on_change = on_change
        self._selector = selector
        self._index = index
        self._settings = settings or WatchSettings()
        self._rng = rng or random.Random()  # noqa: S311 - jitter, not secrets
        self._items: dict[Key, T] = {}
        self._members: dict[Key, dict[Key, T]] = {}
        self._scopes = [_Scope(namespace) for namespace in namespaces or (None,)]
        self.synced = asyncio.Event()
        """Set once everything has been listed."""

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: Key) -> T | None:
        """Return the projection of an object."""
        return self._items.get(key)

    def items(self) -> Iterator[tuple[Key, T]]:
        """Return all; do not let other tasks run while iterating."""
        return iter(self._items.items())

    def values(self) -> Iterator[T]:
        """Return all projections; do not let other tasks run while iterating."""
        return iter(self._items.values())

    def by_index(self, owner: Key) -> list[T]:
        """Return the projections that belong to a key."""
        return list(self._members.get(owner, {}).values())

    @property
    def listed(self) -> bool:
        """Whether everything has been listed."""
        return self.synced.is_set()

    @property
    def silence(self) -> float:
        """Seconds since the quietest of the watches said something."""
        return time.monotonic() - min(scope.heard for scope in self._scopes)

    @property
    def idle(self) -> float:
        """Seconds since the laziest of the watches did something, if only to fail.

        It stays below `silence` of the settings and the cap of the back-off, whatever the API
        server does; more means that this code hangs.
        """
        return time.monotonic() - min(max(one.heard, one.tried) for one in self._scopes)

    async def run(self) -> None:
        """List and watch until cancelled; whatever fails is tried again."""
        async with asyncio.TaskGroup() as group:
            for scope in self._scopes:
                group.create_task(self._follow(scope))

    async def _follow(self, scope: "_Scope") -> None:
        failures = 0
        while True:
            began = scope.tried = time.monotonic()
            try:
                if scope.resource_version is None:
                    scope.resource_version = await self._list(scope)
                await self._watch(scope, scope.resource_version)
                scope.heard = time.monotonic()
                # Some proxies end each stream at once: that must not become a busy loop.
                failures = failures + 1 if time.monotonic() - began < 1.0 else 0
            except ApiError as error:
                failures = 1 if scope.heard > began else failures + 1
                if _lost(error):
                    scope.resource_version = None
                if failures & (failures - 1) == 0:  # The 1st, 2nd, 4th, 8th: not every few seconds.
                    log.warning("watching %s: %s%s", self._kind.plural, error, _remedy(error))
            if failures:
                await asyncio.sleep(self._settings.backoff.delay(failures, self._rng))

    async def _list(self, scope: "_Scope") -> str:
        """List page by page; what was held and is not listed is gone. Return the list's moment."""
        listed: set[Key] = set()
        moment = ""
        pages = self._kube.pages(
            self._kind, scope.namespace, self._selector, size=self._settings.page
        )
        async for page in pages:
            scope.heard = time.monotonic()
            moment = page.resource_version
            for obj in page.items:
                listed.add(self._put(obj))
        held = (key for key in self._items if scope.namespace in (None, key[0]))
        for key in [key for key in held if key not in listed]:
            self._drop(key)
        scope.listed = True
        if all(one.listed for one in self._scopes):
            self.synced.set()
        return moment

    async def _watch(self, scope: "_Scope", since: str) -> None:
        lasting = int(self._settings.lasting * self._rng.uniform(1, 2))
        what = Watch(
            self._kind, scope.namespace, self._selector, since, lasting, self._settings.silence
        )
        async with aclosing(watch(self._kube.http, what)) as events:
            async for event, obj in events:
                scope.heard = time.monotonic()
                if event in ("ADDED", "MODIFIED"):
                    self._put(obj)
                elif event == "DELETED":
                    self._drop(key_of(obj))
                scope.resource_version = obj["metadata"]["resourceVersion"]

    def _put(self, obj: Object) -> Key:
        namespace, name = key_of(obj)
        key = sys.intern(namespace), name
        try:
            new = self._project(obj)
        except Exception:
            # One object that is not as expected must not hide all others.
            log.exception("%s %s/%s cannot be read", self._kind.kind, *key)
            return key
        old = self._items.get(key)
        if old is None or old != new:
            self._items[key] = new
            self._changed(key, old, new)
        return key

    def _drop(self, key: Key) -> None:
        old = self._items.pop(key, None)
        if old is not None:
            self._changed(key, old, None)

    def _changed(self, key: Key, old: T | None, new: T | None) -> None:
        was, now = self._owner(key, old), self._owner(key, new)
        if was is not None and was != now:
            members = self._members[was]
            del members[key]
            if not members:
                del self._members[was]
        if now is not None and new is not None:
            self._members.setdefault(now, {})[key] = new
        for owner in {was, now}:
            if owner is not None:
                self._on_change(owner)

    def _owner(self, key: Key, one: T | None) -> Key | None:
        if one is None:
            return None
        return self._index(one) if self._index else key


@dataclass(slots=True)
class _Scope:
    """One list and watch: a namespace, or all of them (None)."""

    namespace: str | None
    resource_version: str | None = None
    listed: bool = False
    heard: float = field(default_factory=time.monotonic)
    tried: float = field(default_factory=time.monotonic)


def _lost(error: ApiError) -> bool:
    """Whether the watch cannot go on from where it was: too old, or of a store put back."""
    return (
        isinstance(error, Expired)
        or error.status == 400
        or "Too large resource version" in error.message
    )


def _remedy(error: ApiError) -> str:
    if isinstance(error, Forbidden):
        return "; allow it in the operator's Role or ClusterRole (verbs list and watch)"
    if isinstance(error, NotFound):
        return "; install the CRD: kubectl apply -f manifests/crds"
    return ""
