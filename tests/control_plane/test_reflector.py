"""The cache that a watch keeps, on the real API server and through a proxy that does harm."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bed.api import Api
from bed.control_plane import ControlPlane
from bed.faults import Answer
from bed.proxy import FaultyProxy, Match
from fix_cluster import Cluster
from fix_kube import alongside, eventually, with_kube
from yeoul_operator.kube.backoff import Backoff
from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.kinds import CONFIG_MAPS, Key, Object
from yeoul_operator.kube.watch import Reflector, WatchSettings

SELECTOR = "test=reflector"
MAPS = Match(resource="configmaps")
WATCHES = Match(verb="watch", resource="configmaps")
LISTS = Match(verb="list", resource="configmaps")
HASTY = WatchSettings(page=3, lasting=60, silence=30.0, backoff=Backoff(0.05, 0.5))


def config_map(namespace: str, name: str, **data: str) -> Object:
    labels = {"test": "reflector"}
    metadata = {"namespace": namespace, "name": name, "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def value_of(obj: Object) -> str:
    """What the tests keep of a ConfigMap."""
    return str((obj.get("data") or {}).get("value", ""))


class Watched:
    """A reflector of the ConfigMaps of namespaces, and the keys that it said had changed."""

    def __init__(
        self,
        kube: Kube,
        namespaces: Sequence[str],
        settings: WatchSettings = HASTY,
        index: Callable[[str], Key | None] | None = None,
        project: Callable[[Object], str] = value_of,
    ) -> None:
        self.changes: list[Key] = []
        self.reflector = Reflector(
            kube,
            CONFIG_MAPS,
            project,
            self.changes.append,
            selector=SELECTOR,
            namespaces=namespaces,
            index=index,
            settings=settings,
        )

    @property
    def held(self) -> dict[str, str]:
        return {name: value for (_, name), value in self.reflector.items()}

    async def holds(self, expected: dict[str, str]) -> None:
        await eventually(f"{expected} in the cache", lambda: self.held == expected)


def watching(
    kubeconfig: Path,
    use: Callable[[Kube, Watched], Awaitable[None]],
    *namespaces: str,
    **options: Any,
) -> Watched:
    """Run `use` once the reflector has listed everything; return what it saw."""

    async def main(kube: Kube) -> Watched:
        watched = Watched(kube, namespaces, **options)

        async def synced() -> None:
            async with asyncio.timeout(30):
                await watched.reflector.synced.wait()
            await use(kube, watched)

        await alongside(watched.reflector.run(), synced())
        return watched

    return with_kube(kubeconfig, main)


@pytest.fixture
def proxy(cluster: Cluster, tmp_path: Path) -> Iterator[FaultyProxy]:
    with FaultyProxy(cluster.kubeconfig, tmp_path) as started:
        yield started


def fill(api: Api, namespace: str, count: int) -> dict[str, str]:
    """Create so many; return what is to be held then."""
    for number in range(count):
        api.create(config_map(namespace, f"m-{number}", value=str(number)))
    return {f"m-{number}": str(number) for number in range(count)}


def test_all_is_held_although_it_comes_in_pages(kubeconfig: Path, api: Api, namespace: str) -> None:
    expected = fill(api, namespace, 8)

    async def use(_: Kube, watched: Watched) -> None:
        assert watched.held == expected

    watching(kubeconfig, use, namespace)


def test_what_comes_changes_and_goes_is_followed(
    kubeconfig: Path, api: Api, namespace: str
) -> None:
    fill(api, namespace, 1)

    async def use(kube: Kube, watched: Watched) -> None:
        await kube.create(config_map(namespace, "new", value="1"))
        await watched.holds({"m-0": "0", "new": "1"})
        await kube.patch(CONFIG_MAPS, namespace, "m-0", {"data": {"value": "9"}})
        await watched.holds({"m-0": "9", "new": "1"})
        await kube.delete(CONFIG_MAPS, namespace, "new", None)
        await watched.holds({"m-0": "9"})

    watched = watching(kubeconfig, use, namespace)
    assert watched.changes == [(namespace, name) for name in ("m-0", "new", "m-0", "new")]


def test_a_change_that_the_projection_does_not_show_is_not_told(
    kubeconfig: Path, api: Api, namespace: str
) -> None:
    fill(api, namespace, 1)

    async def use(kube: Kube, watched: Watched) -> None:
        await kube.patch(CONFIG_MAPS, namespace, "m-0", {"data": {"other": "9"}})
        await kube.create(config_map(namespace, "after"))
        await watched.holds({"m-0": "0", "after": ""})

    watched = watching(kubeconfig, use, namespace)
    assert watched.changes == [(namespace, "m-0"), (namespace, "after")]


def test_what_loses_the_label_is_gone(kubeconfig: Path, api: Api, namespace: str) -> None:
    fill(api, namespace, 2)

    async def use(kube: Kube, watched: Watched) -> None:
        await kube.patch(CONFIG_MAPS, namespace, "m-0", {"metadata": {"labels": {"test": None}}})
        await watched.holds({"m-1": "1"})

    watching(kubeconfig, use, namespace)


def test_several_namespaces_are_watched_and_no_others(
    kubeconfig: Path, api: Api, namespace: str
) -> None:
    others = [f"{namespace}-b", f"{namespace}-c"]
    for name in others:
        api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        api.create(config_map(name, "m", value="1"))
    fill(api, namespace, 1)

    async def use(_: Kube, watched: Watched) -> None:
        assert {key for key, _ in watched.reflector.items()} == {
            (namespace, "m-0"),
            (others[0], "m"),
        }

    try:
        watching(kubeconfig, use, namespace, others[0])
    finally:
        for name in others:
            api.delete("Namespace", None, name)


def test_without_namespaces_all_are_watched(kubeconfig: Path, api: Api, namespace: str) -> None:
    fill(api, namespace, 1)

    async def use(_: Kube, watched: Watched) -> None:
        assert watched.reflector.get((namespace, "m-0")) == "0"

    watching(kubeconfig, use)


def test_changes_are_told_by_the_key_that_the_index_names(kubeconfig: Path, namespace: str) -> None:
    """A pod's application, in the operator: also when the pod is gone or changes hands."""

    async def use(kube: Kube, watched: Watched) -> None:
        await kube.create(config_map(namespace, "a", value="one"))
        await watched.holds({"a": "one"})
        await kube.patch(CONFIG_MAPS, namespace, "a", {"data": {"value": "two"}})
        await watched.holds({"a": "two"})
        assert watched.reflector.by_index(("app", "one")) == []
        assert watched.reflector.by_index(("app", "two")) == ["two"]
        await kube.delete(CONFIG_MAPS, namespace, "a", None)
        await watched.holds({})

    watched = watching(kubeconfig, use, namespace, index=lambda value: ("app", value))
    assert sorted(watched.changes) == sorted(
        [("app", "one"), ("app", "one"), ("app", "two"), ("app", "two")]
    )


def test_one_object_that_cannot_be_read_does_not_hide_others(
    kubeconfig: Path, api: Api, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    fill(api, namespace, 3)

    def project(obj: Object) -> str:
        if obj["metadata"]["name"] == "m-1":
            raise KeyError("phase")
        return value_of(obj)

    async def use(_: Kube, watched: Watched) -> None:
        assert set(watched.held) == {"m-0", "m-2"}

    watching(kubeconfig, use, namespace, project=project)
    assert "m-1" in caplog.text


def test_a_dropped_watch_goes_on_where_it_was(proxy: FaultyProxy, api: Api, namespace: str) -> None:
    fill(api, namespace, 1)

    async def use(_: Kube, watched: Watched) -> None:
        await eventually("a watch", lambda: proxy.count(WATCHES) == 1)
        proxy.drop_watches(MAPS)
        api.create(config_map(namespace, "missed", value="1"))
        await watched.holds({"m-0": "0", "missed": "1"})

    watching(proxy.kubeconfig, use, namespace)
    assert proxy.count(LISTS) == 1


def test_a_watch_that_is_too_old_is_listed_anew_and_deletions_are_noticed(
    proxy: FaultyProxy, api: Api, namespace: str
) -> None:
    fill(api, namespace, 2)

    async def use(_: Kube, watched: Watched) -> None:
        await eventually("a watch", lambda: proxy.count(WATCHES) == 1)
        proxy.inject(Answer(410, "Expired"), WATCHES)
        with proxy.outage():
            api.delete("ConfigMap", namespace, "m-0")
        await watched.holds({"m-1": "1"})

    watched = watching(proxy.kubeconfig, use, namespace)
    assert watched.changes.count((namespace, "m-0")) == 2
    assert proxy.count(LISTS) == 2


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_refused_watch_is_tried_again(
    proxy: FaultyProxy, api: Api, namespace: str, status: int
) -> None:
    fill(api, namespace, 1)
    proxy.fail(status, WATCHES, times=3)

    async def use(_: Kube, watched: Watched) -> None:
        api.create(config_map(namespace, "later", value="1"))
        await watched.holds({"m-0": "0", "later": "1"})

    watching(proxy.kubeconfig, use, namespace)
    assert proxy.count(LISTS) == 1


def test_a_frozen_watch_is_given_up(proxy: FaultyProxy, api: Api, namespace: str) -> None:
    fill(api, namespace, 1)

    async def use(_: Kube, watched: Watched) -> None:
        await eventually("a watch", lambda: proxy.count(WATCHES) == 1)
        with proxy.frozen_watches(MAPS):
            api.create(config_map(namespace, "hidden", value="1"))
            await eventually("another watch", lambda: proxy.count(WATCHES) > 1)
        await watched.holds({"m-0": "0", "hidden": "1"})

    watching(proxy.kubeconfig, use, namespace, settings=replace(HASTY, silence=1.0))


def test_an_outage_is_outlived(proxy: FaultyProxy, api: Api, namespace: str) -> None:
    fill(api, namespace, 1)

    async def use(_: Kube, watched: Watched) -> None:
        with proxy.outage():
            api.create(config_map(namespace, "during", value="1"))
            await asyncio.sleep(1.0)
        await watched.holds({"m-0": "0", "during": "1"})

    watching(proxy.kubeconfig, use, namespace)


def test_a_restart_of_the_api_server_is_outlived(
    control_plane: ControlPlane, kubeconfig: Path, api: Api, namespace: str
) -> None:
    fill(api, namespace, 1)

    async def use(_: Kube, watched: Watched) -> None:
        control_plane.restart_api_server()
        api.create(config_map(namespace, "after", value="1"))
        await watched.holds({"m-0": "0", "after": "1"})

    watching(kubeconfig, use, namespace)


def test_a_watch_does_something_all_the_time_while_the_api_server_is_away(
    proxy: FaultyProxy, namespace: str
) -> None:
    """Liveness asks for that, and must not fail for an API server that is away."""

    async def use(_: Kube, watched: Watched) -> None:
        with proxy.outage():
            await asyncio.sleep(2.5)
            assert watched.reflector.idle < 2.0
            assert watched.reflector.silence > 2.0

    watching(proxy.kubeconfig, use, namespace)
