"""Two replicas: one writes at a time, and another goes on when the first is gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bed.api import Api
from bed.calls import Call
from bed.proxy import ANY, WRITES, Delay, FaultyProxy, Hang, Match
from fix_cluster import Cluster
from fix_history import History
from fix_kube import eventually, with_kube
from fix_lives import own_namespace
from fix_operator import SPARK, Applications
from fix_replicas import Replica, Replicas, pause, resume, wait_until
from yeoul_operator.kube.client import Kube
from yeoul_operator.kube.kinds import SPARK_APPLICATIONS
from yeoul_operator.run.reign import Reign

COUNT = 60
TAKEOVER_S = 20.0
# Four writes each until they are SUBMITTED: in the middle of the work.
MIDWAY = COUNT * 2
LEASES = Match(resource="leases")


@dataclass(frozen=True, slots=True)
class Member:
    """A replica and the proxy that only it goes through."""

    replica: Replica
    proxy: FaultyProxy

    @property
    def writes(self) -> list[tuple[float, Call]]:
        """When it asked for which change, forwarded or not; not of the Lease."""
        found = [(one.at, one.call) for one in self.proxy.records if WRITES(one.call)]
        return sorted(found, key=lambda each: each[0])

    @property
    def leads(self) -> bool:
        return self.replica.leads


@contextmanager
def team(
    cluster: Cluster, replicas: Replicas, namespace: str, lease: float
) -> Iterator[tuple[Member, Member]]:
    """Two replicas for one namespace, both ready; the first of them leads."""
    settings = {
        "namespaces": namespace,
        "operator_namespace": namespace,
        "lease_seconds": str(lease),
    }
    with ExitStack() as stack:

        def member(name: str) -> Member:
            folder = replicas.folder / f"{namespace}-{name}"
            folder.mkdir()
            proxy = stack.enter_context(FaultyProxy(cluster.kubeconfig, folder))
            replica = replicas.start(proxy.kubeconfig, f"{namespace}-{name}", settings)
            stack.callback(replica.process.kill)
            wait_until(f"{name} is ready", lambda: replica.answers("/readyz"), [replica])
            return Member(replica, proxy)

        first = member("first")
        wait_until("a leader", lambda: first.leads, [first.replica])
        yield first, member("second")


def submit(api: Api, namespace: str, count: int = COUNT) -> None:
    applications = Applications(api, namespace)
    for number in range(count):
        applications.create(f"a-{number}")


def states(api: Api, namespace: str) -> list[str]:
    stati = [one.get("status") or {} for one in api.list(SPARK, namespace)]
    return [str((one.get("applicationState") or {}).get("state")) for one in stati]


def all_run(api: Api, namespace: str, watched: Member, count: int = COUNT) -> None:
    running = lambda: states(api, namespace).count("RUNNING") == count  # noqa: E731
    wait_until("all run", running, [watched.replica], 180)


def writes_after(member: Member, moment: float) -> list[str]:
    return [str(call) for at, call in member.writes if at > moment]


@dataclass(frozen=True, slots=True)
class Takeover:
    """What came of a leader that stopped in the middle of its work.

    Attributes:
        seconds: from its last write to the first of its successor.
        drivers: how many driver pods there were.
        wrong: what must never be.
        late: writes of the first leader after the second had begun.
    """

    seconds: float
    drivers: int
    wrong: list[str]
    late: list[str]


def outcome(history: History, namespace: str, first: Member, second: Member) -> Takeover:
    begun = second.writes[0][0]
    last = max(at for at, _ in first.writes if at <= begun)
    return Takeover(
        begun - last,
        len(history.of(namespace)),
        history.doubled(namespace),
        writes_after(first, begun),
    )


@pytest.fixture(scope="module")
def killed(cluster: Cluster, replicas: Replicas, history: History) -> Takeover:
    """Killed in the middle of its work."""
    with (
        own_namespace(cluster.api) as namespace,
        team(cluster, replicas, namespace, 12) as (first, second),
    ):
        first.proxy.kill_at(first.replica.pid, MIDWAY, after=True)
        submit(cluster.api, namespace)
        all_run(cluster.api, namespace, second)
        return outcome(history, namespace, first, second)


@pytest.fixture(scope="module")
def stopped(cluster: Cluster, replicas: Replicas, history: History) -> Takeover:
    """Frozen as a machine that sleeps; when it wakes, it cannot know that time has passed."""
    with (
        own_namespace(cluster.api) as namespace,
        team(cluster, replicas, namespace, 6) as (first, second),
    ):
        submit(cluster.api, namespace)
        wait_until("half the work", lambda: len(first.writes) > MIDWAY)
        pause(first.replica)
        all_run(cluster.api, namespace, second)
        resume(first.replica)
        wait_until("it answers again", lambda: first.replica.answers("/healthz"))
        one_more(cluster.api, namespace, second)
        return outcome(history, namespace, first, second)


@pytest.fixture(scope="module")
def cut_off(cluster: Cluster, replicas: Replicas, history: History) -> Takeover:
    """Its network takes requests and brings no answers, for a while."""
    with (
        own_namespace(cluster.api) as namespace,
        team(cluster, replicas, namespace, 6) as (first, second),
    ):
        submit(cluster.api, namespace)
        wait_until("half the work", lambda: len(first.writes) > MIDWAY)
        with first.proxy.frozen_watches():
            first.proxy.inject(Hang(), ANY, times=None)
            all_run(cluster.api, namespace, second)
        first.proxy.clear()
        one_more(cluster.api, namespace, second)
        return outcome(history, namespace, first, second)


@pytest.fixture(scope="module")
def delayed(cluster: Cluster, replicas: Replicas, history: History) -> Takeover:
    """Its network delivers writes when another one leads already."""
    with (
        own_namespace(cluster.api) as namespace,
        team(cluster, replicas, namespace, 6) as (first, second),
    ):
        submit(cluster.api, namespace)
        wait_until("half the work", lambda: len(first.writes) > MIDWAY)
        first.proxy.inject(Hang(), LEASES, times=None)
        before = arrivals(first)
        late = first.proxy.inject(Delay(12.0), WRITES, times=None)
        all_run(cluster.api, namespace, second)
        arrived = lambda: arrivals(first) - before >= late.done > 0  # noqa: E731
        wait_until("the late writes arrive", arrived)
        return outcome(history, namespace, first, second)


def one_more(api: Api, namespace: str, leader: Member) -> None:
    """Something to do, of which both are told."""
    Applications(api, namespace).create("later")
    all_run(api, namespace, leader, COUNT + 1)


def arrivals(member: Member) -> int:
    return sum(WRITES(one.call) and one.forwarded for one in member.proxy.records)


def test_another_one_takes_over_within_20_s_of_a_kill(killed: Takeover) -> None:
    assert killed.seconds < TAKEOVER_S


def test_a_killed_leader_leaves_one_driver_each(killed: Takeover) -> None:
    assert (killed.drivers, killed.wrong) == (COUNT, [])


def test_a_leader_that_was_frozen_writes_nothing_when_it_wakes(stopped: Takeover) -> None:
    assert stopped.late == []


def test_a_frozen_leader_leaves_one_driver_each(stopped: Takeover) -> None:
    assert (stopped.drivers, stopped.wrong) == (COUNT + 1, [])


def test_a_leader_that_is_cut_off_asks_for_no_change_once_another_one_leads(
    cut_off: Takeover,
) -> None:
    assert cut_off.late == []


def test_a_leader_that_is_cut_off_leaves_one_driver_each(cut_off: Takeover) -> None:
    assert (cut_off.drivers, cut_off.wrong) == (COUNT + 1, [])


def test_writes_that_arrive_late_do_no_harm(delayed: Takeover) -> None:
    assert (delayed.drivers, delayed.wrong) == (COUNT, [])


def test_a_leader_that_ends_in_order_hands_over_before_its_lease_is_over(
    cluster: Cluster, replicas: Replicas, namespace: str
) -> None:
    with team(cluster, replicas, namespace, 300) as (first, second):
        submit(cluster.api, namespace, 10)
        wait_until("some work", lambda: len(first.writes) > 10)
        first.replica.process.stop(30)
        wait_until("the other one leads", lambda: second.leads, [second.replica])
        all_run(cluster.api, namespace, second, 10)


# What a new leader takes for untouched


async def begun(reign: Reign, before: str) -> None:
    """The reign knows the store's version, which is no lower than an older object's."""
    reign.begin()
    await eventually("a version", lambda: reign.covers(str(2**63)))
    assert not reign.covers(before)


def test_what_was_made_before_a_reign_may_have_been_worked_upon(
    kubeconfig: Path, namespace: str, api: Api, crds: None
) -> None:
    del crds
    before = Applications(api, namespace).create("before")["metadata"]["resourceVersion"]

    async def look(kube: Kube) -> None:
        await begun(Reign(kube, SPARK_APPLICATIONS, [namespace]), before)

    with_kube(kubeconfig, look)


def test_what_was_made_during_a_reign_is_untouched_until_it_ends(
    kubeconfig: Path, namespace: str, api: Api, crds: None
) -> None:
    del crds
    before = Applications(api, namespace).create("before")["metadata"]["resourceVersion"]

    async def look(kube: Kube) -> tuple[bool, bool]:
        reign = Reign(kube, SPARK_APPLICATIONS, [namespace])
        await begun(reign, before)
        made = Applications(api, namespace).create("during")["metadata"]["resourceVersion"]
        during = reign.covers(made)
        reign.end()
        return during, reign.covers(made)

    assert with_kube(kubeconfig, look) == (True, False)
