"""Keeps the webhook's certificates: in a Secret that all replicas share, trusted by the server."""

import asyncio
import base64
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from yeoul_operator.admission.certificates import Bundle, Pair, is_due, is_for, make_bundle
from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.errors import AlreadyExists, ApiError, Conflict, Forbidden
from yeoul_operator.kube.kinds import SECRETS, VALIDATING_WEBHOOKS, Object

log = logging.getLogger(__name__)
_FIELDS = ("ca.crt", "ca.key", "tls.crt", "tls.key", "trusted.crt")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the webhook is: Service and Secret of a namespace, and the cluster's configuration."""

    namespace: str
    service: str
    secret: str
    configuration: str

    @property
    def names(self) -> tuple[str, ...]:
        """The DNS names by which the API server may call the service."""
        return tuple(
            f"{self.service}.{self.namespace}.{suffix}" for suffix in ("svc", "svc.cluster.local")
        )


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: between looks, after a first failure, until all API servers have heard."""

    look: float = 60.0
    first: float = 1.0
    spread: float = 3.0


class Keeper:
    """Looks every minute; makes, renews and trusts certificates as needed.

    All replicas do it: writes carry the version that they change, so one wins, and the others
    read what it wrote. `show` is called with each bundle that is to be used from then on.
    """

    def __init__(
        self,
        kube: Kube,
        place: Place,
        show: Callable[[Bundle], None],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pace: Pace | None = None,
    ) -> None:
        self._kube = kube
        self._place = place
        self._show = show
        self._now = now
        self._pace = pace or Pace()
        self._shown: Bundle | None = None
        self._said = ""

    async def run(self) -> None:
        """Keep until cancelled."""
        wait = self._pace.first
        while True:
            try:
                well = await self.look()
            except (Conflict, AlreadyExists):
                # Another replica was faster: what it wrote is read next.
                well = False
            except ApiError as error:
                well = False
                self._say(f"webhook certificates: {error}{_remedy(error)}")
            wait = self._pace.look if well else min(wait * 2, self._pace.look)
            await asyncio.sleep(wait)

    async def look(self) -> bool:
        """Bring Secret, trust and what is shown in line; return whether the server trusts us.

        Raises:
            ApiError: something could not be read or written.
        """
        bundle = await self._stored()
        if self._shown is None:
            # Whether it is believed or not: without one, no connection comes about at all.
            self._use(bundle)
        trusted = await self._trusted(bundle)
        if trusted and bundle != self._shown:
            # The API servers must have heard of a new authority before it is relied on.
            await asyncio.sleep(self._pace.spread)
            self._use(bundle)
        return trusted

    def _use(self, bundle: Bundle) -> None:
        self._show(bundle)
        self._shown = bundle

    async def _stored(self) -> Bundle:
        """Return what the Secret holds, renewed and stored if that is due."""
        place, now = self._place, self._now()
        secret = await self._kube.get(SECRETS, place.namespace, place.secret)
        before = _read(secret) if secret else None
        if before and not is_due(before.serving, now) and is_for(before, place.names):
            return before
        bundle = make_bundle(place.names, now, before)
        wanted = _secret(place, bundle, secret)
        await (self._kube.replace(wanted) if secret else self._kube.create(wanted))
        log.info("a certificate for %s was made", place.names[0])
        return bundle

    async def _trusted(self, bundle: Bundle) -> bool:
        """Write the authority into the configuration's entries that call our service."""
        name = self._place.configuration
        configuration = await self._kube.get(VALIDATING_WEBHOOKS, None, name)
        if configuration is None:
            self._say(
                f"there is no ValidatingWebhookConfiguration {name}: nothing is validated before "
                "it is stored; apply manifests/operator/webhook.yaml, or set --webhook false"
            )
            return False
        ours = [hook for hook in configuration.get("webhooks") or () if self._is_ours(hook)]
        if not ours:
            self._say(
                f"the ValidatingWebhookConfiguration {name} calls another service than "
                f"{self._place.namespace}/{self._place.service}: it is left alone; name ours by "
                "--webhook-configuration"
            )
            return False
        bundled = base64.b64encode(bundle.trusted).decode()
        if any(hook["clientConfig"].get("caBundle") != bundled for hook in ours):
            for hook in ours:
                hook["clientConfig"]["caBundle"] = bundled
            await self._kube.replace(configuration)
        self._said = ""
        return True

    def _is_ours(self, hook: Object) -> bool:
        service = hook.get("clientConfig", {}).get("service") or {}
        mine = (self._place.namespace, self._place.service)
        return (service.get("namespace"), service.get("name")) == mine

    def _say(self, text: str) -> None:
        """Once: it comes back every few seconds."""
        if text != self._said:
            self._said = text
            log.warning("%s", text)


def _secret(place: Place, bundle: Bundle, before: Object | None) -> Object:
    values = (
        bundle.authority.certificate,
        bundle.authority.key,
        bundle.serving.certificate,
        bundle.serving.key,
        bundle.trusted,
    )
    data = {
        name: base64.b64encode(value).decode() for name, value in zip(_FIELDS, values, strict=True)
    }
    metadata = (
        before["metadata"] if before else {"namespace": place.namespace, "name": place.secret}
    )
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": (before or {}).get("type", "Opaque"),
        "data": data,
    }


def _read(secret: Object) -> Bundle | None:
    """Return the bundle, or None if the Secret is empty or not as we write it."""
    data = secret.get("data") or {}
    try:
        authority, authority_key, serving, serving_key, trusted = (
            base64.b64decode(data[name]) for name in _FIELDS
        )
    except (KeyError, ValueError):
        return None
    return Bundle(Pair(authority, authority_key), Pair(serving, serving_key), trusted)


def _remedy(error: ApiError) -> str:
    if isinstance(error, Forbidden):
        return "; apply manifests/operator anew: it has the rights, and the Secret to be filled"
    return ""
