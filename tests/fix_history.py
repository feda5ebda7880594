"""What happened to the pods of a cluster, all of it: a watch beside the operator's own."""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx

from bed.api import access

_DRIVERS = "/api/v1/pods?labelSelector=spark-role%3Ddriver"
_OVER = ("Succeeded", "Failed")
_AGAIN_S = 0.2
# How late the end of the block is noticed on a quiet cluster.
_READ_S = 1.0


@dataclass(slots=True)
class Driver:
    """A driver pod's life; `born` and `over` count the events of all pods."""

    namespace: str
    name: str
    uid: str
    application: str
    attempt: str
    submission: str
    born: int
    over: int | None = None


@dataclass
class History:
    """All driver pods that there ever were since the watch began."""

    drivers: dict[str, Driver] = field(default_factory=dict)
    _events: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, event: str, pod: dict[str, Any]) -> None:
        """Take an event of the watch in."""
        with self._lock:
            self._events += 1
            metadata = pod["metadata"]
            one = self.drivers.get(metadata["uid"])
            if one is None:
                one = self.drivers[metadata["uid"]] = _driver(metadata, self._events)
            ended = event == "DELETED" or (pod.get("status") or {}).get("phase") in _OVER
            if ended and one.over is None:
                one.over = self._events

    def only(self, uids: set[str]) -> None:
        """Of those that there were only these are left."""
        with self._lock:
            self._events += 1
            for one in self.drivers.values():
                if one.over is None and one.uid not in uids:
                    one.over = self._events

    def of(self, namespace: str) -> list[Driver]:
        """The driver pods of a namespace, the oldest first."""
        with self._lock:
            found = [one for one in self.drivers.values() if one.namespace == namespace]
        return sorted(found, key=lambda one: one.born)

    def doubled(self, namespace: str) -> list[str]:
        """What must never be: attempts with more than one pod, and drivers side by side."""
        drivers = self.of(namespace)
        pods = Counter((one.application, one.attempt) for one in drivers)
        wrong = [f"{key} had {count} driver pods" for key, count in pods.items() if count > 1]
        mine: dict[str, list[Driver]] = defaultdict(list)
        for one in drivers:
            mine[one.application].append(one)
        for each in mine.values():
            for before, after in pairwise(each):
                if before.over is None or before.over > after.born:
                    wrong.append(f"{after.name} began while {before.name} was alive")
        return wrong


def _driver(metadata: dict[str, Any], born: int) -> Driver:
    labels = metadata["labels"]
    owners: list[dict[str, Any]] = metadata.get("ownerReferences") or [{}]
    return Driver(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        application=owners[0].get("uid", ""),
        attempt=labels.get("yeoul.dev/attempt", ""),
        submission=labels.get("sparkoperator.k8s.io/submission-id", ""),
        born=born,
    )


@contextmanager
def history_of(kubeconfig: Path) -> Iterator[History]:
    """Watch within the block, also over restarts of the API server."""
    history, stop = History(), threading.Event()
    found = access(kubeconfig)
    timeout = httpx.Timeout(30.0, read=_READ_S)
    client = httpx.Client(
        base_url=found.server,
        verify=found.tls,
        headers=found.headers,
        timeout=timeout,
        trust_env=False,
    )
    since = _list(client, history)
    thread = threading.Thread(target=_follow, args=(client, history, since, stop), daemon=True)
    thread.start()
    try:
        yield history
    finally:
        stop.set()
        thread.join()
        client.close()


def _list(client: httpx.Client, history: History) -> str:
    """Take in all there are; return the version from which to watch."""
    listed = client.get(_DRIVERS).json()
    history.only({one["metadata"]["uid"] for one in listed["items"]})
    for pod in listed["items"]:
        history.take("ADDED", pod)
    return str(listed["metadata"]["resourceVersion"])


def _follow(client: httpx.Client, history: History, since: str, stop: threading.Event) -> None:
    while not stop.is_set():
        path = f"{_DRIVERS}&watch=true&resourceVersion={since}"
        try:
            with client.stream("GET", path) as answer:
                for line in answer.iter_lines():
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        since = _list(client, history)
                        break
                    history.take(event["type"], event["object"])
                    since = event["object"]["metadata"]["resourceVersion"]
                    if stop.is_set():
                        return
        except (httpx.TransportError, KeyError):
            # Away, or not ready yet: an answer without items.
            stop.wait(_AGAIN_S)
