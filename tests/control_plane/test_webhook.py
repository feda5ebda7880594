"""The webhook as the API server asks it, and the keeping of its certificates."""

from __future__ import annotations

import asyncio
import base64
import random
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bed.api import Api, ApiError, until
from fix_application import application, schedule
from fix_kube import with_kube
from yeoul_local import ports
from yeoul_operator.admission.certificates import Bundle, make_bundle
from yeoul_operator.admission.keeper import Keeper, Pace, Place
from yeoul_operator.admission.review import Served
from yeoul_operator.admission.webhook import PATH, Webhook
from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.errors import Conflict

NOW = datetime.now(UTC)
KIND = "ValidatingWebhookConfiguration"
BAD_CONF = {"spark.master": "local", "spark.kubernetes.namespace": "elsewhere"}
"""Two problems that no schema sees."""
AT_ONCE = Pace(look=0.1, first=0.05, spread=0.0)


class Server:
    """A webhook in a thread of its own, as in a process of its own."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.webhook = Webhook(Served(), port, "127.0.0.1")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def show(self, bundle: Bundle) -> None:
        self._loop.call_soon_threadsafe(self.webhook.show, bundle)

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.webhook.start(), self._loop).result(10)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        await self.webhook.stop()
        # Sockets are closed in the loop's next rounds.
        await asyncio.sleep(0.1)

    def shown_to(self, trusted: bytes) -> bytes:
        """The certificate that one who trusts `trusted` is shown; DER."""
        tls = ssl.create_default_context(cadata=trusted.decode())
        with httpx.Client(verify=tls, trust_env=False) as client:
            answer = client.get(f"https://localhost:{self.port}/")
            stream = answer.extensions["network_stream"]
            shown: bytes = stream.get_extra_info("ssl_object").getpeercert(True)
        return shown


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(ports.choose(("hook",), (), random.Random())["hook"])
    made.start()
    yield made
    made.stop()


@contextmanager
def asked(api: Api, server: Server, trusted: bytes, namespace: str) -> Iterator[None]:
    """The API server asks `server` about what is made in the namespace."""
    api.create(
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": KIND,
            "metadata": {"name": namespace},
            "webhooks": [
                {
                    "name": "spark.yeoul.dev",
                    "clientConfig": {
                        "url": f"https://localhost:{server.port}{PATH}",
                        "caBundle": base64.b64encode(trusted).decode(),
                    },
                    "rules": [
                        {
                            "apiGroups": ["sparkoperator.k8s.io"],
                            "apiVersions": ["v1beta2"],
                            "operations": ["CREATE", "UPDATE"],
                            "resources": ["sparkapplications", "scheduledsparkapplications"],
                        }
                    ],
                    "namespaceSelector": {
                        "matchLabels": {"kubernetes.io/metadata.name": namespace}
                    },
                    "failurePolicy": "Fail",
                    "sideEffects": "None",
                    "timeoutSeconds": 5,
                    "admissionReviewVersions": ["v1"],
                }
            ],
        }
    )
    try:
        # The API server takes a moment to hear of it.
        until("a webhook in force", lambda: refusal(api, in_namespace(namespace, "probe")))
        yield
    finally:
        api.delete(KIND, None, namespace)


def in_namespace(namespace: str, name: str = "pi", **spec: Any) -> dict[str, Any]:
    body = application(name, namespace, **(spec or {"sparkConf": BAD_CONF}))
    del body["metadata"]["uid"]
    return body


def refusal(api: Api, body: dict[str, Any]) -> str | None:
    """What is said against creating `body`; nothing is kept."""
    group = "/apis/sparkoperator.k8s.io/v1beta2/namespaces/"
    plural = f"{body['kind'].lower()}s"
    path = f"{group}{body['metadata']['namespace']}/{plural}?dryRun=All"
    try:
        api.request("POST", path, body)
    except ApiError as error:
        # A definition that was just applied is not served yet.
        return None if error.code == 404 else str(error)
    return None


@pytest.fixture
def bundle() -> Bundle:
    return make_bundle(("localhost",), NOW)


@pytest.fixture
def guarded_namespace(
    request: pytest.FixtureRequest, api: Api, namespace: str, server: Server, bundle: Bundle
) -> Iterator[str]:
    """A namespace whose resources are judged by a webhook on this machine."""
    # Ours: another cluster's API server cannot call this machine.
    request.getfixturevalue("control_plane")
    request.getfixturevalue("crds")
    server.show(bundle)
    with asked(api, server, bundle.trusted, namespace):
        yield namespace


def test_a_bad_application_is_refused_with_all_that_is_wrong(
    api: Api, guarded_namespace: str
) -> None:
    said = refusal(api, in_namespace(guarded_namespace))
    assert said is not None
    assert 'spec.sparkConf["spark.master"] = "local"' in said
    assert 'spec.sparkConf["spark.kubernetes.namespace"] = "elsewhere"' in said


def test_a_good_application_is_stored(api: Api, guarded_namespace: str) -> None:
    assert refusal(api, in_namespace(guarded_namespace, arguments=["10"])) is None


def test_a_bad_schedule_is_refused(api: Api, guarded_namespace: str) -> None:
    body = schedule(template={"sparkConf": BAD_CONF})
    body["metadata"]["namespace"] = guarded_namespace
    said = refusal(api, body)
    assert said is not None
    assert 'spec.template.sparkConf["spark.master"]' in said


def test_a_renewed_certificate_is_shown_without_a_restart(
    api: Api, guarded_namespace: str, server: Server, bundle: Bundle
) -> None:
    before = server.shown_to(bundle.trusted)
    server.show(make_bundle(("localhost",), NOW, bundle))
    until("another certificate", lambda: server.shown_to(bundle.trusted) != before)
    assert refusal(api, in_namespace(guarded_namespace)) is not None


# The keeper


@pytest.fixture
def place(api: Api, namespace: str) -> Iterator[Place]:
    """A configuration that calls our service about nothing at all."""
    found = Place(namespace, "hook", "hook-certificates", f"{namespace}-hook")
    api.create(configuration(found))
    yield found
    api.delete(KIND, None, found.configuration)


def configuration(place: Place) -> dict[str, Any]:
    service = {"namespace": place.namespace, "name": place.service, "path": PATH, "port": 443}
    hook = {
        "clientConfig": {"service": service},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": KIND,
        "metadata": {"name": place.configuration},
        "webhooks": [{"name": f"{name}.yeoul.dev", **hook} for name in ("one", "two")],
    }


def kept(
    kubeconfig: Path, place: Place, use: Callable[[Callable[..., Keeper]], Awaitable[None]]
) -> list[Bundle]:
    """Run `use` with a maker of keepers; return the bundles that were shown.

    Time goes on for all of them when one is made with a later day.
    """
    shown: list[Bundle] = []
    today = [0.0]

    async def main(kube: Kube) -> list[Bundle]:
        def keeper(days: float = 0) -> Keeper:
            today[0] = max(today[0], days)
            return Keeper(
                kube, place, shown.append, now=lambda: NOW + timedelta(days=today[0]), pace=AT_ONCE
            )

        await use(keeper)
        return shown

    return with_kube(kubeconfig, main)


def trusted_by(api: Api, place: Place) -> list[bytes]:
    hooks = api.read(KIND, None, place.configuration)["webhooks"]
    return [base64.b64decode(hook["clientConfig"].get("caBundle", "")) for hook in hooks]


def test_what_is_shown_is_trusted(kubeconfig: Path, api: Api, place: Place) -> None:
    async def use(keeper: Callable[..., Keeper]) -> None:
        assert await keeper().look()

    (bundle,) = kept(kubeconfig, place, use)
    assert trusted_by(api, place) == [bundle.trusted, bundle.trusted]


def test_replicas_show_the_same_certificate(kubeconfig: Path, place: Place) -> None:
    async def use(keeper: Callable[..., Keeper]) -> None:
        await keeper().look()
        await keeper().look()

    first, second = kept(kubeconfig, place, use)
    assert first == second


def test_replicas_that_begin_at_once_come_to_agree(kubeconfig: Path, place: Place) -> None:
    async def use(keeper: Callable[..., Keeper]) -> None:
        keepers = [asyncio.create_task(keeper().run()) for _ in range(4)]
        await asyncio.sleep(2.0)
        for task in keepers:
            task.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)

    shown = kept(kubeconfig, place, use)
    assert len(shown) == 4
    assert len({bundle.serving.certificate for bundle in shown}) == 1


def test_a_secret_that_is_there_and_empty_is_filled(
    kubeconfig: Path, api: Api, place: Place
) -> None:
    metadata = {"namespace": place.namespace, "name": place.secret, "labels": {"keep": "me"}}
    api.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})

    async def use(keeper: Callable[..., Keeper]) -> None:
        await keeper().look()

    kept(kubeconfig, place, use)
    secret = api.read("Secret", place.namespace, place.secret)
    assert secret["metadata"]["labels"] == {"keep": "me"}
    assert set(secret["data"]) == {"ca.crt", "ca.key", "tls.crt", "tls.key", "trusted.crt"}


def test_a_certificate_is_renewed_long_before_its_end(
    kubeconfig: Path, api: Api, place: Place
) -> None:
    async def use(keeper: Callable[..., Keeper]) -> None:
        await keeper().look()
        await keeper(days=61).look()

    first, second = kept(kubeconfig, place, use)
    assert first.serving != second.serving
    assert trusted_by(api, place)[0] == first.trusted == second.trusted


def test_a_replica_takes_over_what_another_one_renewed(kubeconfig: Path, place: Place) -> None:
    async def use(keeper: Callable[..., Keeper]) -> None:
        mine = keeper()
        await mine.look()
        await keeper(days=61).look()
        await mine.look()

    _, renewed, taken = kept(kubeconfig, place, use)
    assert renewed == taken


def test_a_secret_that_was_deleted_is_made_anew_and_trusted(
    kubeconfig: Path, api: Api, place: Place
) -> None:
    async def use(keeper: Callable[..., Keeper]) -> None:
        mine = keeper()
        await mine.look()
        api.delete("Secret", place.namespace, place.secret)
        await mine.look()

    _, second = kept(kubeconfig, place, use)
    assert trusted_by(api, place)[0] == second.trusted


def test_trust_that_was_taken_back_is_written_again(
    kubeconfig: Path, api: Api, place: Place
) -> None:
    """As a tool does that applies the manifest again."""

    async def use(keeper: Callable[..., Keeper]) -> None:
        mine = keeper()
        await mine.look()
        api.patch(KIND, None, place.configuration, {"webhooks": configuration(place)["webhooks"]})
        await mine.look()

    (bundle,) = kept(kubeconfig, place, use)
    assert trusted_by(api, place) == [bundle.trusted, bundle.trusted]


def test_a_configuration_of_another_installation_is_left_alone(
    kubeconfig: Path, api: Api, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    theirs = configuration(Place("theirs", "hook", "", place.configuration))
    api.patch(KIND, None, place.configuration, {"webhooks": theirs["webhooks"]})

    async def use(keeper: Callable[..., Keeper]) -> None:
        assert not await keeper().look()

    kept(kubeconfig, place, use)
    assert trusted_by(api, place) == [b"", b""]
    assert "left alone" in caplog.text


def test_without_a_configuration_the_remedy_is_said(
    kubeconfig: Path, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def use(keeper: Callable[..., Keeper]) -> None:
        assert not await keeper().look()

    kept(kubeconfig, Place(namespace, "hook", "hook", "nobody-made-it"), use)
    assert "apply manifests/operator/webhook.yaml" in caplog.text


def test_a_write_of_another_replica_is_not_overwritten(kubeconfig: Path, place: Place) -> None:
    async def use(keeper: Callable[..., Keeper]) -> None:
        await keeper().look()
        late = [keeper(days=61).look() for _ in range(3)]
        ends = await asyncio.gather(*late, return_exceptions=True)
        assert all(end is True or isinstance(end, Conflict) for end in ends)

    shown = kept(kubeconfig, place, use)
    assert len({bundle.serving.certificate for bundle in shown[1:]}) == 1
