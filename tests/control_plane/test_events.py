"""Events as people see them, on the real API server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bed.api import Api
from bed.faults import Answer
from bed.proxy import FaultyProxy, Match
from fix_cluster import Cluster
from fix_kube import alongside, eventually, with_kube
from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.errors import NotLeader
from yeoul_operator.kube.events import EventSettings, Recorder
from yeoul_operator.kube.kinds import Object

EVENTS = Match(resource="events")


@pytest.fixture
def proxy(cluster: Cluster, tmp_path: Path) -> Iterator[FaultyProxy]:
    with FaultyProxy(cluster.kubeconfig, tmp_path) as started:
        yield started


def about(namespace: str, name: str = "pi") -> Object:
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"namespace": namespace, "name": name, "uid": f"uid-of-{name}"},
    }


def recording(
    kubeconfig: Path,
    use: Callable[[Recorder], Awaitable[None]],
    settings: EventSettings | None = None,
    guard: Callable[[], float] | None = None,
) -> Recorder:
    async def main(kube: Kube) -> Recorder:
        recorder = Recorder(kube.guarded(guard) if guard else kube, "replica-1", settings)
        await alongside(recorder.run(), use(recorder))
        return recorder

    return with_kube(kubeconfig, main)


def events(api: Api, namespace: str) -> list[dict[str, Any]]:
    return api.list("Event", namespace)


def test_an_event_is_shown_with_its_object(kubeconfig: Path, api: Api, namespace: str) -> None:
    async def use(recorder: Recorder) -> None:
        recorder.event(about(namespace), "Warning", "DriverFailed", "exit code 1")
        await eventually("an event", lambda: events(api, namespace))

    recording(kubeconfig, use)
    (event,) = events(api, namespace)
    assert (event["type"], event["reason"], event["message"]) == (
        "Warning",
        "DriverFailed",
        "exit code 1",
    )
    assert event["involvedObject"]["uid"] == "uid-of-pi"


def test_the_same_event_again_is_counted(kubeconfig: Path, api: Api, namespace: str) -> None:
    async def use(recorder: Recorder) -> None:
        recorder.event(about(namespace), "Normal", "Submitted", "attempt 1")
        await eventually("an event", lambda: events(api, namespace))
        for _ in range(4):
            recorder.event(about(namespace), "Normal", "Submitted", "attempt 1")
        await eventually("a count", lambda: events(api, namespace)[0]["count"] == 5)

    recording(kubeconfig, use)
    assert len(events(api, namespace)) == 1


def test_other_messages_are_other_events(kubeconfig: Path, api: Api, namespace: str) -> None:
    async def use(recorder: Recorder) -> None:
        for number in (1, 2):
            recorder.event(about(namespace), "Normal", "Submitted", f"attempt {number}")
        await eventually("two events", lambda: len(events(api, namespace)) == 2)

    recording(kubeconfig, use)


def test_an_event_that_was_cleaned_up_begins_anew(
    kubeconfig: Path, api: Api, namespace: str
) -> None:
    async def use(recorder: Recorder) -> None:
        recorder.event(about(namespace), "Normal", "Submitted", "attempt 1")
        await eventually("an event", lambda: events(api, namespace))
        api.delete("Event", namespace, events(api, namespace)[0]["metadata"]["name"])
        for _ in range(2):
            recorder.event(about(namespace), "Normal", "Submitted", "attempt 1")
            await asyncio.sleep(0.3)
        await eventually("another event", lambda: events(api, namespace))

    recording(kubeconfig, use)


def test_a_long_message_is_cut(kubeconfig: Path, api: Api, namespace: str) -> None:
    async def use(recorder: Recorder) -> None:
        recorder.event(about(namespace), "Warning", "DriverFailed", "x" * 5000)
        await eventually("an event", lambda: events(api, namespace))

    recording(kubeconfig, use)
    assert len(events(api, namespace)[0]["message"]) == 1024


def test_a_long_name_fits(kubeconfig: Path, api: Api, namespace: str) -> None:
    async def use(recorder: Recorder) -> None:
        recorder.event(about(namespace, "n" * 253), "Normal", "Submitted", "attempt 1")
        await eventually("an event", lambda: events(api, namespace))

    recording(kubeconfig, use)


def test_too_many_are_dropped_and_counted(kubeconfig: Path, namespace: str) -> None:
    async def use(recorder: Recorder) -> None:
        for number in range(10):
            recorder.event(about(namespace), "Normal", "Submitted", f"attempt {number}")

    assert recording(kubeconfig, use, EventSettings(queue=4)).dropped == 6


def test_a_warning_is_sent_however_many_others_wait(
    kubeconfig: Path, api: Api, namespace: str
) -> None:
    async def use(recorder: Recorder) -> None:
        for number in range(10):
            recorder.event(about(namespace), "Normal", "Submitted", f"attempt {number}")
        recorder.event(about(namespace), "Warning", "DriverFailed", "exit code 1")
        await eventually("an event", lambda: events(api, namespace))

    recording(kubeconfig, use, EventSettings(queue=4, per_second=0.1, burst=1))
    assert events(api, namespace)[0]["type"] == "Warning"


def test_events_are_sent_at_a_limited_rate(proxy: FaultyProxy, namespace: str) -> None:
    async def use(recorder: Recorder) -> None:
        for number in range(50):
            recorder.event(about(namespace), "Normal", "Submitted", f"attempt {number}")
        await asyncio.sleep(1.0)

    recording(proxy.kubeconfig, use, EventSettings(per_second=1.0, burst=5))
    assert proxy.count(EVENTS) < 10


def test_events_that_are_refused_hold_nothing_up(
    proxy: FaultyProxy, api: Api, namespace: str
) -> None:
    async def use(recorder: Recorder) -> None:
        recorder.event(about(namespace), "Normal", "Submitted", "refused")
        recorder.event(about(namespace), "Normal", "Submitted", "accepted")
        await eventually("an event", lambda: events(api, namespace))

    proxy.inject(Answer(403, "Forbidden"), EVENTS)
    recorder = recording(proxy.kubeconfig, use)
    assert recorder.dropped == 1


def test_one_who_does_not_lead_says_nothing(kubeconfig: Path, api: Api, namespace: str) -> None:
    def refuse() -> float:
        raise NotLeader("not any more")

    async def use(recorder: Recorder) -> None:
        recorder.event(about(namespace), "Normal", "Submitted", "attempt 1")
        await asyncio.sleep(0.5)

    recording(kubeconfig, use, guard=refuse)
    assert events(api, namespace) == []


def test_what_waits_at_the_end_is_sent(kubeconfig: Path, api: Api, namespace: str) -> None:
    async def main(kube: Kube) -> None:
        recorder = Recorder(kube, "replica-1")
        recorder.event(about(namespace), "Normal", "Submitted", "attempt 1")
        await recorder.flush(10.0)

    with_kube(kubeconfig, main)
    assert len(events(api, namespace)) == 1
