"""The validating webhook's server: HTTPS, with a certificate that changes without a restart."""

import logging
import ssl
import tempfile
from pathlib import Path

import orjson
from aiohttp import web

from yeoul_operator.admission.certificates import Bundle
from yeoul_operator.admission.review import Served, answer

log = logging.getLogger(__name__)
PATH = "/validate"
# A resource is at most 1.5 MiB in etcd; a review holds it twice.
_MAX_BYTES = 8 << 20
_GRACE_S = 5.0


class Webhook:
    """Answers reviews on every replica, leader or not. Nothing is served until `show`."""

    def __init__(self, served: Served, port: int, host: str | None = None) -> None:
        self._served = served
        self._port = port
        self._host = host
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._runner: web.AppRunner | None = None
        self.reviews = 0
        self.refused = 0
        self.has_certificate = False

    def show(self, bundle: Bundle) -> None:
        """Use this certificate for connections from now on."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "pair.pem")
            path.touch(0o600)
            path.write_bytes(bundle.serving.key + bundle.serving.certificate)
            self._tls.load_cert_chain(path)
        self.has_certificate = True

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        app = web.Application(client_max_size=_MAX_BYTES)
        app.router.add_post(PATH, self._review)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GRACE_S)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port, ssl_context=self._tls).start()

    async def stop(self) -> None:
        """Answer what has been asked, and close."""
        if self._runner:
            await self._runner.cleanup()

    async def _review(self, request: web.Request) -> web.Response:
        try:
            review = orjson.loads(await request.read())
        except orjson.JSONDecodeError as error:
            return web.Response(status=400, text=f"not an AdmissionReview: {error}")
        try:
            answered = answer(review, self._served)
        except Exception:
            # The failure policy decides then; the reconciler judges each resource once more.
            log.exception("a review could not be answered")
            return web.Response(status=500, text="see the operator's log")
        self.reviews += 1
        self.refused += not answered["response"]["allowed"]
        return web.Response(body=orjson.dumps(answered), content_type="application/json")
