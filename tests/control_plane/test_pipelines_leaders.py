"""Pipelines when operators come and go: what one has begun the next one ends, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from bed.api import Api, until
from fix_cluster import Cluster
from fix_drivers import Drivers, Pipelines
from fix_operator import running_operator
from fix_pipelines import KIND

pytestmark = pytest.mark.usefixtures("crds", "pipeline_crd")
FAST = [{"name": "out", "trigger": "1 second", "console": {}}]


@pytest.fixture
def settings(drivers: Drivers, namespace: str) -> dict[str, str]:
    """Those of an operator for the test's namespace."""
    return {
        "namespaces": namespace,
        "lease_name": namespace,
        "progress_url": drivers.url,
        "progress_interval": "0.3",
        "stream_image": "registry.example/yeoul-spark:1",
        "stream_service_account": "default",
    }


@pytest.fixture
def alone(api: Api, namespace: str, drivers: Drivers) -> Pipelines:
    """The pipelines of a namespace in which no operator is at work yet."""
    return Pipelines(api, namespace, drivers)


def test_a_new_operator_leaves_what_works_as_it_is(
    cluster: Cluster, alone: Pipelines, settings: dict[str, str], tmp_path: Path
) -> None:
    with running_operator(cluster.kubeconfig, tmp_path, "first", **settings):
        alone.create()
        alone.reaches("Running")
        alone.holds("Progressing", "False")
    driver = alone.driver()
    with running_operator(cluster.kubeconfig, tmp_path, "second", **settings) as second:
        polls = "yeoul_progress_polls_total"
        until("it asks", lambda: second.metrics()[polls] > 5)
        # At most the age of the last batch may be told anew, and a moment without an answer.
        assert alone.application()["metadata"]["generation"] == 1
    assert (alone.driver(), alone.status()["phase"]) == (driver, "Running")


@pytest.mark.night
def test_a_revision_that_went_while_no_operator_was_there_is_stored_again_or_forgotten(
    cluster: Cluster, alone: Pipelines, settings: dict[str, str], tmp_path: Path
) -> None:
    with running_operator(cluster.kubeconfig, tmp_path, "first", **settings):
        alone.create()
        good = alone.reaches("Running")["revision"]
        alone.drivers.say(alone.namespace, out={"state": "backoff", "batches": 0, "lagRows": 5})
        alone.edit(sinks=FAST)
        until("begun", lambda: alone.status()["revision"] != good)
    new = alone.status()["revision"]
    for revision in (good, new):
        alone.api.delete("ConfigMap", alone.namespace, f"cars-{revision}")
    with running_operator(cluster.kubeconfig, tmp_path, "second", **settings):
        until("the spec's revision", lambda: alone.config_map(new) != {})
        until("the other forgotten", lambda: "healthyRevision" not in alone.status())
        until("the event", lambda: "RevisionLost" in alone.events())


@pytest.mark.night
def test_what_one_operator_has_begun_to_erase_the_next_one_lets_go(
    cluster: Cluster, alone: Pipelines, settings: dict[str, str], tmp_path: Path
) -> None:
    with running_operator(cluster.kubeconfig, tmp_path, "first", **settings):
        alone.create(deletionPolicy="Delete")
        alone.reaches("Running")
    alone.api.delete(KIND, alone.namespace, "cars")
    with running_operator(cluster.kubeconfig, tmp_path, "second", **settings):
        until("the pod that erases", lambda: alone.driver("cars-erase") != "")
    alone.end("cars-erase-driver", 0)
    with running_operator(cluster.kubeconfig, tmp_path, "third", **settings):
        until("it is gone", lambda: alone.api.get(KIND, alone.namespace, "cars") is None)


def test_a_revision_that_one_operator_has_begun_is_rolled_back_by_the_next(
    cluster: Cluster, alone: Pipelines, settings: dict[str, str], tmp_path: Path
) -> None:
    with running_operator(cluster.kubeconfig, tmp_path, "first", **settings):
        alone.create(health={"startDeadline": "5 seconds"})
        good = alone.reaches("Running")["revision"]
        alone.drivers.say(alone.namespace, out={"state": "backoff", "batches": 0, "lagRows": 5})
        alone.edit(sinks=FAST)
        until("begun", lambda: alone.status()["revision"] != good)
    with running_operator(cluster.kubeconfig, tmp_path, "second", **settings):
        alone.holds("RolledBack")
        alone.drivers.say(alone.namespace)
        alone.holds("Ready")
    assert alone.status()["revision"] == good
