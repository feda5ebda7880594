"""What the faulty proxy does to requests, on the real API server."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import httpx
import pytest

from bed.api import Api, ApiError, until
from bed.proxy import WRITES, Cut, Delay, FaultyProxy, Hang, Match
from fix_cluster import Cluster

MAPS = Match(resource="configmaps")


@pytest.fixture
def proxy(cluster: Cluster, tmp_path: Path) -> Iterator[FaultyProxy]:
    with FaultyProxy(cluster.kubeconfig, tmp_path) as started:
        yield started


@pytest.fixture
def through(proxy: FaultyProxy) -> Iterator[Api]:
    """A client that goes through the proxy, and gives up after 5 s."""
    client = Api(proxy.kubeconfig, timeout=5.0)
    yield client
    client.close()


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    """A process to be killed in the operator's place."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


class Watcher:
    """Watches the ConfigMaps of a namespace; `seen` brings their names, and None at the end."""

    def __init__(self, proxy: FaultyProxy, namespace: str) -> None:
        self.seen: Queue[str | None] = Queue()
        url = proxy.kubeconfig.read_text().split('server: "')[1].split('"')[0]
        path = f"{url}/api/v1/namespaces/{namespace}/configmaps?watch=true"
        self._thread = threading.Thread(target=self._watch, args=(path,))
        self._thread.start()

    def _watch(self, url: str) -> None:
        try:
            with httpx.stream("GET", url, timeout=60, trust_env=False) as answer:
                for line in answer.iter_lines():
                    name = line.split('"name":"')[1].split('"')[0]
                    self.seen.put(name)
        except httpx.TransportError:
            pass
        self.seen.put(None)

    def names(self, count: int) -> list[str | None]:
        return [self.seen.get(timeout=30) for _ in range(count)]

    def end(self) -> None:
        self._thread.join(30)


def config_map(namespace: str, name: str) -> dict[str, Any]:
    metadata = {"namespace": namespace, "name": name}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


def test_requests_pass(through: Api, namespace: str) -> None:
    through.create(config_map(namespace, "a"))
    assert through.read("ConfigMap", namespace, "a")["metadata"]["name"] == "a"


def test_refusal_of_the_server_passes(through: Api, namespace: str) -> None:
    assert through.get("ConfigMap", namespace, "absent") is None


def test_big_object_passes(through: Api, namespace: str) -> None:
    body = config_map(namespace, "big") | {"data": {"text": "x" * 1_000_000}}
    through.create(body)
    assert len(through.read("ConfigMap", namespace, "big")["data"]["text"]) == 1_000_000


@pytest.mark.parametrize("status", [409, 429, 500, 503, 504])
def test_answer_is_injected_once(
    proxy: FaultyProxy, through: Api, namespace: str, status: int
) -> None:
    proxy.fail(status, Match("create", "configmaps"))
    with pytest.raises(ApiError) as refused:
        through.create(config_map(namespace, "a"))
    assert refused.value.code == status
    through.create(config_map(namespace, "a"))


def test_refused_write_does_not_reach_the_server(
    proxy: FaultyProxy, through: Api, api: Api, namespace: str
) -> None:
    proxy.fail(500, WRITES)
    with pytest.raises(ApiError):
        through.create(config_map(namespace, "a"))
    assert api.get("ConfigMap", namespace, "a") is None


def test_hanging_request_is_not_answered(proxy: FaultyProxy, through: Api, namespace: str) -> None:
    proxy.inject(Hang(), MAPS)
    with pytest.raises(httpx.ReadTimeout):
        through.get("ConfigMap", namespace, "a")


def test_delayed_request_is_answered(proxy: FaultyProxy, through: Api, namespace: str) -> None:
    proxy.inject(Delay(0.01), MAPS)
    assert through.list("ConfigMap", namespace) is not None


@pytest.mark.parametrize("after", [False, True])
def test_cut_write_took_effect_only_if_it_was_forwarded(
    proxy: FaultyProxy, through: Api, api: Api, namespace: str, *, after: bool
) -> None:
    proxy.inject(Cut(after), WRITES)
    with pytest.raises(httpx.RemoteProtocolError):
        through.create(config_map(namespace, "a"))
    assert (api.get("ConfigMap", namespace, "a") is not None) == after


@pytest.mark.parametrize("after", [False, True])
def test_kill_comes_before_or_after_the_write(
    proxy: FaultyProxy,
    through: Api,
    api: Api,
    namespace: str,
    victim: subprocess.Popen[bytes],
    *,
    after: bool,
) -> None:
    proxy.kill_at(victim.pid, 2, after=after)
    through.create(config_map(namespace, "first"))
    with pytest.raises(httpx.RemoteProtocolError):
        through.create(config_map(namespace, "second"))
    assert victim.wait(30) == -9
    assert proxy.killed.is_set()
    assert (api.get("ConfigMap", namespace, "second") is not None) == after


def test_reads_and_leases_do_not_count_for_a_kill(
    proxy: FaultyProxy, through: Api, namespace: str, victim: subprocess.Popen[bytes]
) -> None:
    proxy.kill_at(victim.pid, 1, after=False)
    through.list("ConfigMap", namespace)
    metadata = {"namespace": namespace, "name": "a"}
    through.create({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata})
    assert victim.poll() is None


def test_requests_are_counted_by_verb_and_resource(
    proxy: FaultyProxy, through: Api, namespace: str
) -> None:
    through.create(config_map(namespace, "a"))
    through.get("ConfigMap", namespace, "a")
    through.get("ConfigMap", namespace, "b")
    assert proxy.counts() == {"create configmaps": 1, "get configmaps": 2}
    assert proxy.count(Match(name="b")) == 1


def test_forgotten_requests_are_not_counted(
    proxy: FaultyProxy, through: Api, namespace: str
) -> None:
    through.list("ConfigMap", namespace)
    proxy.forget()
    assert proxy.count() == 0


def test_watch_brings_events(proxy: FaultyProxy, api: Api, namespace: str) -> None:
    watcher = Watcher(proxy, namespace)
    api.create(config_map(namespace, "a"))
    assert "a" in watcher.names(2)
    proxy.drop_watches()
    watcher.end()


def test_dropped_watch_ends(proxy: FaultyProxy, namespace: str) -> None:
    watcher = Watcher(proxy, namespace)
    until("an open watch", lambda: proxy.count(Match("watch")))
    until("a dropped watch", lambda: proxy.drop_watches(MAPS))
    watcher.end()
    assert watcher.names(watcher.seen.qsize())[-1] is None


def test_watch_of_something_else_is_not_dropped(proxy: FaultyProxy, namespace: str) -> None:
    watcher = Watcher(proxy, namespace)
    until("an open watch", lambda: proxy.count(Match("watch")))
    assert proxy.drop_watches(Match(resource="pods")) == 0
    until("a dropped watch", proxy.drop_watches)
    watcher.end()


def test_frozen_watch_is_silent_and_then_goes_on(
    proxy: FaultyProxy, api: Api, namespace: str
) -> None:
    watcher = Watcher(proxy, namespace)
    assert watcher.names(1) == ["kube-root-ca.crt"]
    with proxy.frozen_watches():
        api.create(config_map(namespace, "late"))
        with pytest.raises(Empty):
            watcher.seen.get(timeout=0.5)
    assert watcher.names(1) == ["late"]
    proxy.drop_watches()
    watcher.end()


def test_no_connection_is_accepted_in_an_outage(
    proxy: FaultyProxy, through: Api, namespace: str
) -> None:
    through.list("ConfigMap", namespace)
    with proxy.outage(), pytest.raises(httpx.TransportError):
        through.list("ConfigMap", namespace)


def test_requests_pass_after_an_outage(proxy: FaultyProxy, through: Api, namespace: str) -> None:
    with proxy.outage():
        pass
    assert through.list("ConfigMap", namespace) is not None


def test_token_of_a_request_decides_its_rights(proxy: FaultyProxy, namespace: str) -> None:
    url = proxy.kubeconfig.read_text().split('server: "')[1].split('"')[0]
    answer = httpx.get(
        f"{url}/api/v1/namespaces/{namespace}/secrets",
        headers={"Authorization": "Bearer nobody"},
        trust_env=False,
    )
    assert answer.status_code == 401
