"""Comparing what is held of kopf's objects with what is there, for events that never came."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.errors import ApiError
from yeoul_operator.kube.kinds import Kind, Object, key_of
from yeoul_operator.reconcile.store import Applications

log = logging.getLogger(__name__)
# A list of thousands comes as thousands of events; one look after all of them is enough.
_QUIET_S = 5.0


class Sweeper:
    """Looks every `pause` seconds, and soon after kopf has listed anew.

    kopf tells of everything that a new list holds, and not of what it no longer holds. What is
    found to be news goes to `changed`, what is found to be gone to `gone`.
    """

    def __init__(
        self,
        kube: Kube,
        stores: Mapping[Kind, Applications],
        namespaces: Sequence[str],
        selector: str,
        pause: float,
        *,
        changed: Callable[[Object], None],
        gone: Callable[[Object], None],
    ) -> None:
        self._kube = kube
        self._stores = stores
        self._namespaces: Sequence[str | None] = namespaces or (None,)
        self._selector = selector or None
        self._pause = pause
        self._changed = changed
        self._gone = gone
        self._listed = asyncio.Event()

    def listed(self) -> None:
        """Note that an object came by a list, not by a watch."""
        self._listed.set()

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            await self._until_due()
            try:
                for kind, store in self._stores.items():
                    await self._sweep(kind, store)
            except ApiError as error:
                log.warning("comparing what is held with what is there: %s", error)

    async def _until_due(self) -> None:
        try:
            async with asyncio.timeout(self._pause):
                await self._listed.wait()
        except TimeoutError:
            return
        while self._listed.is_set():
            self._listed.clear()
            await asyncio.sleep(_QUIET_S)

    async def _sweep(self, kind: Kind, store: Applications) -> None:
        held = {key: store.get(key) for key in store.all_keys()}
        there: set[str] = set()
        moment = 0
        for namespace in self._namespaces:
            async for page in self._kube.pages(kind, namespace, self._selector):
                moment = max(moment, int(page.resource_version))
                for item in page.items:
                    there.add(item["metadata"]["uid"])
                    if store.is_news(item):
                        self._changed({"apiVersion": kind.api_version, "kind": kind.kind, **item})
        for entry in held.values():
            # What was made after the list is not in it.
            if entry and entry.uid not in there and entry.resource_version <= moment:
                document = entry.document()
                log.info("%s %s/%s went while nobody watched", kind.kind, *key_of(document))
                self._gone(document)
