"""What was made while this process led, and so cannot have been worked upon by another one."""

import asyncio
import logging
import math
from collections.abc import Sequence

from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.errors import ApiError
from yeoul_operator.kube.kinds import Kind

log = logging.getLogger(__name__)


class Reign:
    """The time during which this process leads, measured in versions of the objects of one kind.

    A watch that lags may bring as new what another leader has long been at work upon. Versions of
    one kind can be compared, so an object's own version tells.
    """

    def __init__(self, kube: Kube, kind: Kind, namespaces: Sequence[str]) -> None:
        self._kube = kube
        self._kind = kind
        self._scope = next(iter(namespaces), None)
        self._since: float = math.inf
        self._looking: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Nobody else writes any more; learn which version the store is at."""
        self.end()
        self._looking = asyncio.create_task(self._look())

    def end(self) -> None:
        """Others may write from now on."""
        self._since = math.inf
        if self._looking:
            self._looking.cancel()

    def covers(self, version: str) -> bool:
        """Whether that version came to be during this reign; no, as long as it is not known."""
        return int(version) > self._since

    async def _look(self) -> None:
        try:
            async for page in self._kube.pages(self._kind, self._scope, size=1):
                self._since = int(page.resource_version)
                return
        except ApiError as error:
            log.warning("each new application is read again before it is submitted: %s", error)
