"""The client, on the real API server and through a proxy that does harm."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bed.api import Api, until
from bed.control_plane import ControlPlane
from bed.faults import Cut, Hang
from bed.proxy import FaultyProxy, Match
from fix_cluster import Cluster
from fix_kube import HASTY, with_kube
from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.errors import (
    AlreadyExists,
    ApiError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    NotLeader,
    Unavailable,
)
from yeoul_operator.kube.kinds import CONFIG_MAPS, PDBS, SERVICES, Object
from yeoul_operator.kube.request import Guard

MAPS = Match(resource="configmaps")


def config_map(namespace: str, name: str = "a", **data: str) -> Object:
    metadata = {"namespace": namespace, "name": name, "labels": {"test": "client"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def pod(namespace: str, name: str) -> Object:
    metadata = {"namespace": namespace, "name": name}
    spec = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "any"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def service(namespace: str, name: str) -> Object:
    metadata = {"namespace": namespace, "name": name}
    spec = {"clusterIP": "None", "selector": {"none": "none"}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def data_of(api: Api, namespace: str, name: str = "a") -> Any:
    return api.read("ConfigMap", namespace, name).get("data")


@pytest.fixture
def proxy(cluster: Cluster, tmp_path: Path) -> Iterator[FaultyProxy]:
    with FaultyProxy(cluster.kubeconfig, tmp_path) as started:
        yield started


def test_an_object_that_is_created_is_there(kubeconfig: Path, api: Api, namespace: str) -> None:
    with_kube(kubeconfig, lambda kube: kube.create(config_map(namespace, key="value")))
    assert data_of(api, namespace) == {"key": "value"}


def test_what_is_not_there_is_none(kubeconfig: Path, namespace: str) -> None:
    assert with_kube(kubeconfig, lambda kube: kube.get(CONFIG_MAPS, namespace, "a")) is None


def test_creating_twice_is_said(kubeconfig: Path, namespace: str) -> None:
    async def twice(kube: Kube) -> None:
        await kube.create(config_map(namespace))
        with pytest.raises(AlreadyExists):
            await kube.create(config_map(namespace))

    with_kube(kubeconfig, twice)


def test_an_object_that_is_not_accepted_is_said_with_its_field(
    kubeconfig: Path, namespace: str
) -> None:
    async def bad(kube: Kube) -> Invalid:
        with pytest.raises(Invalid) as refused:
            await kube.create({**pod(namespace, "a"), "spec": {}})
        return refused.value

    assert [cause.field for cause in with_kube(kubeconfig, bad).causes] == ["spec.containers"]


def test_a_merge_patch_changes_only_what_it_names(
    kubeconfig: Path, api: Api, namespace: str
) -> None:
    async def change(kube: Kube) -> None:
        await kube.create(config_map(namespace, keep="1", change="1", drop="1"))
        patch = {"data": {"change": "2", "drop": None}}
        await kube.patch(CONFIG_MAPS, namespace, "a", patch)

    with_kube(kubeconfig, change)
    assert data_of(api, namespace) == {"keep": "1", "change": "2"}


def test_a_status_is_written_to_the_version_that_was_read(kubeconfig: Path, namespace: str) -> None:
    def condition(reason: str) -> Object:
        found = {"type": "Test", "status": "True", "reason": reason, "message": ""}
        return {"conditions": [found | {"lastTransitionTime": "2026-01-01T00:00:00Z"}]}

    async def write(kube: Kube) -> Object:
        old = await kube.create(service(namespace, "a"))
        new = await kube.patch(SERVICES, namespace, "a", {"metadata": {"labels": {"new": "yes"}}})
        versions = [one["metadata"]["resourceVersion"] for one in (old, new)]
        with pytest.raises(Conflict):
            await kube.patch_status(SERVICES, namespace, "a", condition("Late"), versions[0])
        return await kube.patch_status(SERVICES, namespace, "a", condition("Now"), versions[1])

    assert with_kube(kubeconfig, write)["status"]["conditions"][0]["reason"] == "Now"


def test_replacing_an_older_version_is_a_conflict(kubeconfig: Path, namespace: str) -> None:
    async def replace(kube: Kube) -> None:
        made = await kube.create(config_map(namespace))
        await kube.replace({**made, "data": {"first": "1"}})
        with pytest.raises(Conflict):
            await kube.replace({**made, "data": {"second": "1"}})

    with_kube(kubeconfig, replace)


def test_applying_leaves_what_others_said(kubeconfig: Path, api: Api, namespace: str) -> None:
    async def apply(kube: Kube) -> None:
        await kube.apply(config_map(namespace, ours="1"))
        await kube.patch(CONFIG_MAPS, namespace, "a", {"data": {"theirs": "1"}})
        await kube.apply(config_map(namespace, ours="2"))

    with_kube(kubeconfig, apply)
    assert data_of(api, namespace) == {"ours": "2", "theirs": "1"}


def test_a_list_comes_whole_although_it_comes_in_pages(kubeconfig: Path, namespace: str) -> None:
    async def pages(kube: Kube) -> list[list[str]]:
        for number in range(5):
            await kube.create(config_map(namespace, f"m-{number}"))
        found = kube.pages(CONFIG_MAPS, namespace, "test=client", size=2)
        return [[item["metadata"]["name"] for item in page.items] async for page in found]

    assert with_kube(kubeconfig, pages) == [["m-0", "m-1"], ["m-2", "m-3"], ["m-4"]]


def test_a_deletion_is_of_that_very_object(kubeconfig: Path, api: Api, namespace: str) -> None:
    async def delete(kube: Kube) -> None:
        first = await kube.create(config_map(namespace))
        await kube.delete(CONFIG_MAPS, namespace, "a", first["metadata"]["uid"])
        await kube.create(config_map(namespace, new="1"))
        await kube.delete(CONFIG_MAPS, namespace, "a", first["metadata"]["uid"])

    with_kube(kubeconfig, delete)
    assert data_of(api, namespace) == {"new": "1"}


def test_deleting_what_is_gone_is_done(kubeconfig: Path, namespace: str) -> None:
    with_kube(kubeconfig, lambda kube: kube.delete(PDBS, namespace, "none", None))


def test_the_log_of_a_pod_that_is_gone_is_empty(kubeconfig: Path, namespace: str) -> None:
    assert with_kube(kubeconfig, lambda kube: kube.pod_log(namespace, "none", "main")) == ""


def test_a_used_up_quota_is_said(kubeconfig: Path, api: Api, namespace: str) -> None:
    quota = {"name": "none", "namespace": namespace}
    api.create(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": quota,
            "spec": {"hard": {"pods": "0"}},
        }
    )
    until("a counted quota", lambda: api.read("ResourceQuota", namespace, "none").get("status"))

    async def create(kube: Kube) -> bool:
        with pytest.raises(Forbidden) as refused:
            await kube.create(pod(namespace, "a"))
        return refused.value.quota

    assert with_kube(kubeconfig, create)


AT_ONE_TRY = 2


def leading(times: int) -> Guard:
    """A guard that agrees so many times."""
    answers = iter([10.0] * times)

    def asked() -> float:
        try:
            return next(answers)
        except StopIteration:
            raise NotLeader("not any more") from None

    return asked


def test_a_write_asks_the_guard_and_a_read_does_not(
    kubeconfig: Path, api: Api, namespace: str
) -> None:
    def refuse() -> float:
        raise NotLeader("not any more")

    async def use(kube: Kube) -> None:
        guarded = kube.guarded(refuse)
        await guarded.get(CONFIG_MAPS, namespace, "a")
        with pytest.raises(NotLeader):
            await guarded.create(config_map(namespace))

    with_kube(kubeconfig, use)
    assert api.get("ConfigMap", namespace, "a") is None


def test_a_retry_asks_the_guard_anew(proxy: FaultyProxy, api: Api, namespace: str) -> None:
    async def use(kube: Kube) -> None:
        with pytest.raises(NotLeader):
            await kube.guarded(leading(AT_ONE_TRY)).create(config_map(namespace))

    proxy.fail(500, MAPS)
    with_kube(proxy.kubeconfig, use)
    assert proxy.count(MAPS) == 1
    assert api.get("ConfigMap", namespace, "a") is None


def test_the_guard_is_asked_again_when_the_write_is_about_to_leave(
    proxy: FaultyProxy, namespace: str
) -> None:
    """The process may have slept since the first time, while it connected."""

    async def use(kube: Kube) -> None:
        with pytest.raises(NotLeader):
            await kube.guarded(leading(1)).create(config_map(namespace))

    with_kube(proxy.kubeconfig, use)
    assert proxy.count() == 0


def test_a_write_is_given_up_when_its_time_is_over(proxy: FaultyProxy, namespace: str) -> None:
    async def use(kube: Kube) -> None:
        with pytest.raises(Unavailable) as refused:
            await kube.urgent.guarded(lambda: 0.1).create(config_map(namespace))
        assert refused.value.reason == "TimedOut"

    proxy.inject(Hang(), MAPS)
    with_kube(proxy.kubeconfig, use)


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_what_passes_is_tried_again(
    proxy: FaultyProxy, api: Api, namespace: str, status: int
) -> None:
    proxy.fail(status, MAPS, times=2)
    with_kube(proxy.kubeconfig, lambda kube: kube.create(config_map(namespace, key="1")))
    assert data_of(api, namespace) == {"key": "1"}


def test_a_conflict_while_creating_is_tried_again(
    proxy: FaultyProxy, api: Api, namespace: str
) -> None:
    """As between many pods that are counted in one quota at once."""
    proxy.fail(409, MAPS)
    with_kube(proxy.kubeconfig, lambda kube: kube.create(config_map(namespace, key="1")))
    assert data_of(api, namespace) == {"key": "1"}


def test_a_creation_whose_answer_was_lost_is_found_to_be_there(
    proxy: FaultyProxy, namespace: str
) -> None:
    async def use(kube: Kube) -> None:
        with pytest.raises(AlreadyExists):
            await kube.create(config_map(namespace))

    proxy.inject(Cut(after=True), MAPS)
    with_kube(proxy.kubeconfig, use)


def test_a_refusal_is_not_tried_again(proxy: FaultyProxy, namespace: str) -> None:
    async def use(kube: Kube) -> None:
        with pytest.raises(NotFound):
            await kube.patch(CONFIG_MAPS, namespace, "none", {"data": {}})

    with_kube(proxy.kubeconfig, use)
    assert proxy.count(MAPS) == 1


def test_an_urgent_request_is_tried_once(proxy: FaultyProxy, namespace: str) -> None:
    async def use(kube: Kube) -> None:
        with pytest.raises(Unavailable):
            await kube.urgent.get(CONFIG_MAPS, namespace, "a")

    proxy.fail(500, MAPS)
    with_kube(proxy.kubeconfig, use)
    assert proxy.count(MAPS) == 1


def test_what_fails_for_too_long_is_said(proxy: FaultyProxy, namespace: str) -> None:
    async def use(kube: Kube) -> ApiError:
        with pytest.raises(Unavailable) as refused:
            await kube.get(CONFIG_MAPS, namespace, "a")
        return refused.value

    proxy.fail(503, MAPS, times=None)
    assert "503" in str(with_kube(proxy.kubeconfig, use))


def test_a_restart_of_the_api_server_is_not_felt(
    control_plane: ControlPlane, kubeconfig: Path, api: Api, namespace: str
) -> None:
    async def use(kube: Kube) -> None:
        await kube.create(config_map(namespace, "before"))
        control_plane.stop_api_server()
        creating = asyncio.create_task(kube.create(config_map(namespace, "during")))
        await asyncio.sleep(0.5)
        control_plane.start_api_server()
        await creating

    with_kube(kubeconfig, use, replace(HASTY, retry_for=120.0))
    names = {one["metadata"]["name"] for one in api.list("ConfigMap", namespace)}
    assert names >= {"before", "during"}


def test_requests_are_counted_by_verb_resource_and_status(kubeconfig: Path, namespace: str) -> None:
    async def use(kube: Kube) -> dict[tuple[str, str, str], int]:
        await kube.create(config_map(namespace))
        await kube.get(CONFIG_MAPS, namespace, "a")
        await kube.get(CONFIG_MAPS, namespace, "b")
        return dict(kube.stats.requests)

    assert with_kube(kubeconfig, use) == {
        ("create", "configmaps", "201"): 1,
        ("get", "configmaps", "200"): 1,
        ("get", "configmaps", "404"): 1,
    }
