"""One leader and never two: processes against the real API server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bed.api import Api, until
from bed.control_plane import ControlPlane
from bed.proxy import FaultyProxy, Match
from fix_cluster import Cluster

LEASE_S = 3
"""Shorter than the operator's, for tests that do not measure it."""
TESTS = Path(__file__).parents[1]
LEASES = Match(resource="leases")


class Candidate:
    """A process that takes part; what it says is read as it comes."""

    def __init__(self, kubeconfig: Path, namespace: str, identity: str, lease: int) -> None:
        self.identity = identity
        self.lines: list[dict[str, Any]] = []
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "bed.candidate"),
                *(str(kubeconfig), namespace, "operator", identity, str(lease)),
            ],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(TESTS)},
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    @property
    def events(self) -> list[str]:
        return [line["event"] for line in self.lines.copy() if "event" in line]

    @property
    def leads(self) -> bool:
        return self.events[-1:] == ["gained"] and self.process.poll() is None

    @property
    def writes(self) -> list[tuple[float, float]]:
        return [(line["at"], line["until"]) for line in self.lines.copy() if "until" in line]

    def end(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        self.process.wait(30)
        self._reader.join(30)


Start = Callable[..., Candidate]


@pytest.fixture
def start(kubeconfig: Path, namespace: str) -> Iterator[Start]:
    started: list[Candidate] = []

    def begin(identity: str, lease: int = LEASE_S, through: Path = kubeconfig) -> Candidate:
        started.append(Candidate(through, namespace, identity, lease))
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.process.send_signal(signal.SIGCONT)
            one.end(signal.SIGKILL)
        assert one.process.stdout
        one.process.stdout.close()


def leader(*candidates: Candidate, seconds: float = 60.0) -> Candidate:
    return until("a leader", lambda: next((c for c in candidates if c.leads), None), seconds)


def pair(start: Start, lease: int = LEASE_S) -> tuple[Candidate, Candidate]:
    """A leader, and another one that waits."""
    first = start("first", lease)
    leader(first)
    second = start("second", lease)
    until("its first look", lambda: any("looked" in line for line in second.lines.copy()))
    return first, second


def overlaps(one: Candidate, other: Candidate) -> list[tuple[float, float]]:
    """Writes of `one` that may have been on their way while `other` might write."""
    spans = other.writes
    return [
        (begin, end)
        for begin, end in one.writes
        if any(begin < their_end and their_begin < end for their_begin, their_end in spans)
    ]


def test_of_two_one_leads(start: Start) -> None:
    candidates = start("first"), start("second")
    first = leader(*candidates)
    (other,) = {*candidates} - {first}
    until("some writes", lambda: len(first.writes) > 100)
    assert other.writes == []


def test_the_lease_names_its_holder(start: Start, api: Api, namespace: str) -> None:
    leader(start("first"))
    assert api.read("Lease", namespace, "operator")["spec"]["holderIdentity"] == "first"


def test_another_one_leads_within_20_seconds_of_a_kill(start: Start) -> None:
    """With the timing that the operator has."""
    first, second = pair(start, lease=12)
    first.end(signal.SIGKILL)
    assert leader(second, seconds=20.0) is second
    assert overlaps(first, second) == []


def test_another_one_leads_at_once_when_the_lease_is_given_back(start: Start) -> None:
    first, second = pair(start, lease=60)
    until("a write", lambda: first.writes)
    first.end(signal.SIGTERM)
    assert leader(second, seconds=30.0) is second
    until("a write of the other one", lambda: second.writes)
    # It had ended what it wrote, whatever time there was left for that.
    (lost,) = (line["at"] for line in first.lines if line.get("event") == "lost")
    assert max(first.writes)[0] <= lost < min(second.writes)[0]


def test_a_leader_that_slept_does_not_write_when_it_wakes(start: Start) -> None:
    first, second = pair(start)
    first.process.send_signal(signal.SIGSTOP)
    leader(second)
    first.process.send_signal(signal.SIGCONT)
    until("the first one's end as a leader", lambda: first.events == ["gained", "lost"])
    assert overlaps(first, second) == []


def test_an_api_server_that_is_frozen_makes_no_two_leaders(
    start: Start, control_plane: ControlPlane
) -> None:
    first, second = pair(start)
    with control_plane.frozen_api_server():
        until("no leader", lambda: first.events == ["gained", "lost"])
        count = len(first.writes)
    again = leader(first, second)
    until("writes anew", lambda: len(again.writes) > (count if again is first else 0))
    assert overlaps(first, second) == []


def test_a_leader_that_cannot_reach_the_api_server_makes_way(
    start: Start, cluster: Cluster, tmp_path: Path
) -> None:
    with FaultyProxy(cluster.kubeconfig, tmp_path) as proxy:
        first = start("first", through=proxy.kubeconfig)
        leader(first)
        second = start("second")
        with proxy.outage():
            leader(second)
            until("the first one's end as a leader", lambda: first.events == ["gained", "lost"])
        assert overlaps(first, second) == []
        first.end(signal.SIGKILL)


def test_lost_answers_to_renewals_do_not_end_leadership(
    start: Start, cluster: Cluster, tmp_path: Path
) -> None:
    with FaultyProxy(cluster.kubeconfig, tmp_path) as proxy:
        first = start("first", through=proxy.kubeconfig)
        leader(first)
        renewals = Match(verb="update", resource="leases")
        for status in (409, 500, 429):
            proxy.fail(status, renewals)
            count = proxy.count(renewals)
            until("renewals after it", lambda count=count: proxy.count(renewals) >= count + 3)  # type: ignore[misc]
        assert first.events == ["gained"]
        first.end(signal.SIGKILL)


def test_a_lease_that_is_deleted_is_made_anew(start: Start, api: Api, namespace: str) -> None:
    first = start("first")
    leader(first)
    api.delete("Lease", namespace, "operator")
    until("a new Lease", lambda: api.get("Lease", namespace, "operator"))
    leader(first)
