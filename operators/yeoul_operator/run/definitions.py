"""The CRDs that the cluster has: looked at when the process starts, and never changed by it.

With a CRD that drops what the operator writes into a status, its books would be lost at each
write: it then serves nothing, says so, and looks again until somebody has put it right.
"""

import asyncio
import logging

from yeoul_operator.api.crd import APPLICATIONS, GROUP, SCHEDULES, Resource
from yeoul_operator.api.installed import Installed, Origin, judge_installed
from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.errors import ApiError, Forbidden, Unauthorized
from yeoul_operator.kube.kinds import CRDS

log = logging.getLogger(__name__)
_AGAIN_S = 5.0


class Definitions:
    """Whether the operator can work with the CRDs of the cluster."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._said: set[str] = set()
        self.usable = asyncio.Event()
        self._wrong = "not looked at yet"

    def check(self) -> str | None:
        """Return what is in the way, for the probe of readiness."""
        return None if self.usable.is_set() else self._wrong

    async def look(self) -> None:
        """Look until they can be worked with; what is to be said of them is logged once."""
        while not self.usable.is_set():
            found = [await self._judge(resource) for resource in (APPLICATIONS, SCHEDULES)]
            for one in found:
                self._say(one)
            self._wrong = "; ".join(one.message for one in found if not one.usable)
            if all(one.usable for one in found):
                self.usable.set()
            else:
                await asyncio.sleep(_AGAIN_S)

    async def _judge(self, resource: Resource) -> Installed:
        name = f"{resource.plural}.{GROUP}"
        try:
            return judge_installed(resource, await self._kube.get(CRDS, None, name))
        except (Forbidden, Unauthorized) as error:
            # The rights to look are a convenience, and may have been left out.
            return Installed(Origin.OURS, True, f"CRD {name} cannot be looked at: {error}")
        except ApiError as error:
            return Installed(Origin.MISSING, False, f"CRD {name} cannot be looked at: {error}")

    def _say(self, installed: Installed) -> None:
        if installed.message and installed.message not in self._said:
            self._said.add(installed.message)
            log.log(logging.WARNING if installed.usable else logging.ERROR, installed.message)
