"""The API server is away, or starts anew, in the middle of everything."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

from bed import stages
from bed.control_plane import ControlPlane
from bed.proxy import FaultyProxy
from fix_cluster import Cluster
from fix_history import History
from fix_lives import BY_HAND, Ground, own_namespace
from fix_operator import SPARK, application, driver, states
from fix_replicas import Replica, Replicas, wait_until

AWAY_S = 30.0
COUNT = 30
RETRIED = {"type": "OnFailure", "onFailureRetries": 3, "onFailureRetryInterval": 1}
SETTINGS = {"leader_election": "false", "resync": "30"}


@dataclass(frozen=True, slots=True)
class Outage:
    """How it was outlived.

    Attributes:
        lived: whether the process was live all the time.
        states: of the applications, in the end.
        wrong: what must never be.
        pods: how many driver pods there were, by application.
        running: what the operator's own metric says of how many run.
    """

    lived: bool
    states: dict[str, str]
    wrong: list[str]
    pods: dict[str, int]
    running: float


EXPECTED = {
    "runs": "RUNNING",
    "ends": "COMPLETED",
    "fails": "RUNNING",
    "loses-its-driver": "RUNNING",
    "is-edited": "RUNNING",
    "is-new": "RUNNING",
}


def meanwhile(ground: Ground) -> None:
    """What happens while nobody hears of it."""
    ground.end_driver(0, "ends")
    ground.end_driver(3, "fails")
    ground.api.delete("Pod", ground.namespace, "loses-its-driver-driver", gracePeriodSeconds=0)
    ground.applications.patch({"spec": {"arguments": ["1000"]}}, "is-edited")
    ground.api.delete(SPARK, ground.namespace, "is-deleted")
    ground.applications.create("is-new", driver=BY_HAND)


@pytest.fixture(scope="module")
def outage(cluster: Cluster, replicas: Replicas, history: History) -> Outage:
    """Connections are refused for 30 s."""
    api = cluster.api
    with (
        own_namespace(api) as namespace,
        FaultyProxy(cluster.kubeconfig, replicas.folder) as proxy,
    ):
        ground = Ground(api, namespace, proxy)
        settings = {**SETTINGS, "namespaces": namespace}
        replica = replicas.start(proxy.kubeconfig, f"{namespace}-outage", settings)
        names = [*(name for name in EXPECTED if name != "is-new"), "is-deleted"]
        for name in names:
            ground.applications.create(name, driver=BY_HAND, restartPolicy=RETRIED)
        placed = [ground.has_placed(1, name) for name in names]
        wait_until("drivers", lambda: all(look() for _, look in placed), [replica])
        for name in names:
            ground.run_driver(name)
        running = lambda: list(states(api, namespace).values()) == ["RUNNING"] * len(names)  # noqa: E731
        wait_until("all run", running, [replica])
        with proxy.outage():
            meanwhile(ground)
            lived = lives(replica, AWAY_S)
        again = [
            ground.has_placed(2, "fails"),
            ground.has_placed(2, "loses-its-driver"),
            ground.has_placed(2, "is-edited"),
            ground.has_placed(1, "is-new"),
        ]
        wait_until("new attempts", lambda: all(look() for _, look in again), [replica], 120)
        for name in ("fails", "loses-its-driver", "is-edited", "is-new"):
            ground.run_driver(name)
        settled = lambda: states(api, namespace) == EXPECTED  # noqa: E731
        wait_until(f"all are {EXPECTED}", settled, [replica], 120)
        metric = "spark_application_running_count"
        counted = sum(state == "RUNNING" for state in EXPECTED.values())
        wait_until("what is gone is forgotten", lambda: replica.metric(metric) == counted,
                   [replica], 120)  # fmt: skip
        result = Outage(
            lived and replica.process.alive,
            states(api, namespace),
            history.doubled(namespace),
            {name: count(history, namespace, name) for name in EXPECTED},
            replica.metric(metric),
        )
        replica.process.kill()
        return result


def count(history: History, namespace: str, name: str) -> int:
    return sum(one.name == f"{name}-driver" for one in history.of(namespace))


def lives(replica: Replica, seconds: float) -> bool:
    """Whether the process is live until so many seconds have passed."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not replica.answers("/healthz"):
            return False
        time.sleep(1.0)
    return True


def test_the_operator_stays_alive_while_the_api_server_is_away(outage: Outage) -> None:
    assert outage.lived


def test_what_happened_meanwhile_is_caught_up_with(outage: Outage) -> None:
    assert outage.states == EXPECTED


def test_an_outage_starts_no_driver_that_was_not_to_start(outage: Outage) -> None:
    expected = {
        "runs": 1, "ends": 1, "fails": 2, "loses-its-driver": 2, "is-edited": 2, "is-new": 1,
    }  # fmt: skip
    assert (outage.pods, outage.wrong) == (expected, [])


# The API server itself


@pytest.fixture(scope="module")
def restarted(cluster: Cluster, replicas: Replicas, history: History) -> Outage:
    """The API server dies and starts again while applications are submitted."""
    if cluster.plane is None:
        pytest.skip("breaks the API server, which is not done to the cluster of KUBECONFIG")
    api, plane = cluster.api, cluster.plane
    with own_namespace(api) as namespace:
        settings = {**SETTINGS, "namespaces": namespace}
        replica = replicas.start(cluster.kubeconfig, f"{namespace}-restart", settings)
        wait_until("it is ready", lambda: replica.answers("/readyz"), [replica])
        for number in range(COUNT):
            name = f"a-{number}"
            ends = driver(**{stages.ENDS_AFTER: "1s"}) if number % 2 else driver()
            api.create(application(namespace, name, driver=ends))
            if number == COUNT // 2:
                kill_and_start(plane)
        expected = {f"a-{i}": "COMPLETED" if i % 2 else "RUNNING" for i in range(COUNT)}
        done = lambda: states(api, namespace) == expected  # noqa: E731
        wait_until("all come to their end", done, [replica], 180)
        result = Outage(
            replica.process.alive,
            states(api, namespace),
            history.doubled(namespace),
            {"all": len(history.of(namespace))},
            replica.metric("spark_application_running_count"),
        )
        replica.process.kill()
        return result


def kill_and_start(plane: ControlPlane) -> None:
    plane.stop_api_server(grace=0)
    plane.start_api_server()


def test_a_restart_of_the_api_server_loses_and_doubles_nothing(restarted: Outage) -> None:
    assert (restarted.pods, restarted.wrong) == ({"all": COUNT}, [])
