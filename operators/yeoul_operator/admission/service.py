"""The webhook as one part of the process: its server, and the keeper of its certificates."""

from yeoul_operator.admission.keeper import Keeper, Place
from yeoul_operator.admission.review import Served
from yeoul_operator.admission.webhook import Webhook
from yeoul_operator.kube.client import Kube


class Admission:
    """`start` listens, `run` keeps the certificates, `stop` ends it. Every replica has one.

    `kube` is not guarded by leadership: a replica that does not lead answers too.
    """

    def __init__(self, kube: Kube, served: Served, place: Place, port: int) -> None:
        self.webhook = Webhook(served, port)
        self.keeper = Keeper(kube, place, self.webhook.show)

    async def start(self) -> None:
        """Listen; connections come about once there is a certificate.

        Raises:
            OSError: the port is taken.
        """
        await self.webhook.start()

    async def run(self) -> None:
        """Keep the certificates until cancelled."""
        await self.keeper.run()

    async def stop(self) -> None:
        """Answer what has been asked, and close."""
        await self.webhook.stop()

    def check(self) -> str | None:
        """For readiness: what is wrong, or None."""
        return None if self.webhook.has_certificate else "no certificate yet"
