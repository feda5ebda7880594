"""The first example on a real node: whatever happens to it, it goes on, and the proof holds.

The tests follow each other on one pipeline: each takes over what the one before has left running. A
proof is of everything since the first row, so by day not each of them ends in one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import pytest

from bed.node import Node
from charts.monitoring.dashboards import BOARDS
from cluster.platform_objects import platform_values
from cluster.running import Running, first_example
from fix_node import Release, Site
from fix_prometheus import queries

pytestmark = [pytest.mark.usefixtures("operator"), pytest.mark.timeout(1800)]

FAST = [{"name": "table", "where": "vhcleSped > 10"}]


@pytest.fixture(scope="module")
def running(release: Release, pytestconfig: pytest.Config) -> Iterator[Running]:
    """The pipeline, which has written its first rows."""
    with first_example(release, platform_values(), pytestconfig) as pipeline:
        yield pipeline


@pytest.fixture(autouse=True)
def step(request: pytest.FixtureRequest, running: Running) -> Iterator[None]:
    began = time.monotonic()
    yield
    running.took(request.node.name, time.monotonic() - began)


@pytest.fixture
def node(site: Site) -> Node:
    if site.node is None:
        pytest.skip("stops parts of a node, which is not done to the cluster of KUBECONFIG")
    return site.node


def test_pipeline_fills_table_and_lake(running: Running) -> None:
    running.works()
    report = running.prove()
    assert [sink["sink"] for sink in report["sinks"] if sink["rows"]] == ["table", "lake"]


def test_prometheus_hears_of_everybody(running: Running) -> None:
    wanted = {"stream", "operator", "poller", "kafka", "hdfs", "postgres", "kubelet"}

    def answering() -> set[str]:
        jobs = {one["metric"]["job"].removeprefix("yeoul-") for one in running.metrics("up == 1")}
        return wanted - jobs

    running.wait("all jobs", lambda: not answering())
    running.wait("the proof", lambda: running.metrics('yeoul_verify_ok{sink="lake"} == 1'))
    (lag,) = running.metrics('yeoul_lag_rows{sink="table"}')
    assert lag["metric"]["namespace"] == running.namespace


def test_proof_is_given_by_itself(running: Running) -> None:
    driver = running.driver()
    running.apply(verify={"every": "6 hours"})
    running.wait("the proof", lambda: running.holds("Proven"))
    running.wait("its metric", lambda: running.metrics("yeoul_pipeline_verify_ok == 1"))
    running.apply()
    running.wait("nothing but the stream", lambda: len(running.pods("driver")) == 1)
    assert running.driver() == driver


def test_panels_of_the_operator_have_answers(running: Running) -> None:
    (board,) = [one for one in BOARDS if one.name == "operator"]
    for panel, query in queries(board):
        running.wait(f"an answer for {panel.title}", partial(running.metrics, query))


@pytest.mark.night
def test_alert_of_a_lost_database_fires_and_clears(running: Running) -> None:
    running.resize("yeoul-postgres", 0)
    running.fires("YeoulPostgresDown")
    running.resize("yeoul-postgres", 1)
    running.clears("YeoulPostgresDown")
    running.goes_on()


def test_deleted_driver_is_replaced(running: Running) -> None:
    epoch, driver = running.epoch(), running.driver()
    running.site.api.delete("Pod", running.namespace, "car-info-driver")
    running.replaced(driver)
    running.works(since=epoch)
    running.prove_at_night()


def test_deleted_executors_are_replaced_by_their_driver(running: Running) -> None:
    driver = running.driver()
    gone = {pod["metadata"]["name"] for pod in running.pods("executor")}
    for name in gone:
        running.site.api.delete("Pod", running.namespace, name, gracePeriodSeconds=0)

    def others() -> bool:
        return bool({pod["metadata"]["name"] for pod in running.pods("executor")} - gone)

    running.wait("other executors", others)
    running.works()
    assert running.driver() == driver


def test_executors_come_and_go_under_the_same_driver(running: Running) -> None:
    driver = running.driver()
    for executors in (2, 1):
        running.scale(executors)
        running.wait(f"{executors} executors", partial(running.has_executors, executors))
    running.works()
    assert running.driver() == driver
    running.prove_at_night()


def test_killed_operators_change_nothing(running: Running) -> None:
    driver, before = running.driver(), running.status()["lastBatchAt"]
    running.kill_operators()
    running.wait("a later batch", lambda: running.status()["lastBatchAt"] > before)
    assert running.driver() == driver


def test_revision_that_cannot_run_is_rolled_back(running: Running) -> None:
    epoch, before = running.epoch(), running.status()["revision"]
    running.apply(runtime={"image": "localhost/absent:1"}, health={"startDeadline": "20 seconds"})
    running.wait("a rollback", lambda: running.holds("RolledBack"))
    running.works(since=epoch)
    assert running.status()["revision"] == before
    running.prove_at_night()


def test_change_is_rolled_out(running: Running) -> None:
    epoch, before = running.epoch(), running.status()["revision"]
    running.apply(sinks=FAST)
    running.wait("another revision", lambda: running.status()["revision"] != before)
    running.works(since=epoch)
    assert running.status()["healthyRevision"] == running.status()["revision"]
    table, _ = running.prove()["sinks"]
    assert table["filtered"] > 0


def test_suspended_pipeline_resumes_where_it_stood(running: Running) -> None:
    epoch = running.epoch()
    running.apply(sinks=FAST, suspend=True)
    running.wait("its rest", lambda: running.status().get("phase") == "Suspended")
    assert running.pods() == []
    running.apply(sinks=FAST)
    running.works(since=epoch)


def test_pipeline_that_is_made_again_resumes_where_it_stood(running: Running) -> None:
    epoch = running.epoch()
    running.delete()
    running.apply(sinks=FAST)
    running.works(since=epoch)
    running.prove()


@pytest.mark.night
def test_frozen_driver_is_replaced(running: Running, node: Node) -> None:
    epoch, driver = running.epoch(), running.driver()
    running.apply(sinks=FAST, health={"maxBatchAge": "20 seconds"})
    with node.frozen_pod(driver):
        running.wait("a stall", lambda: running.holds("Stalled"))
        running.replaced(driver)
    running.apply(sinks=FAST)
    running.works(since=epoch)


@pytest.mark.night
def test_driver_of_a_lost_node_is_given_up(running: Running, node: Node) -> None:
    epoch, driver = running.epoch(), running.driver()
    with node.frozen_kubelet():
        running.wait("a driver that is given up", lambda: running.event("DriverFenced"))
        running.replaced(driver)
        assert node.processes_of(driver), "the old driver should still run"
    running.works(since=epoch)
    running.prove()


def test_erased_pipeline_leaves_nothing(running: Running) -> None:
    running.apply(sinks=FAST, deletionPolicy="Delete")
    # Until then the deletion would be that of the policy before.
    running.wait("a pipeline that is held", running.is_held)
    running.delete()
    running.wait("no pipeline", lambda: not running.status())
    assert running.rows() == 0
