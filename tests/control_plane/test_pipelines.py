"""Pipelines on a real API server: pods that KWOK plays, drivers that only answer."""

from __future__ import annotations

from typing import Any

import yaml

from bed.api import until
from bed.control_plane import ControlPlane
from fix_drivers import Pipelines
from fix_operator import Operator, application
from fix_pipelines import KIND

FAST = [{"name": "out", "trigger": "1 second", "console": {}}]
BEHIND = {"lagRows": 100, "lagSeconds": 5.0}


def test_an_applied_pipeline_becomes_ready(pipelines: Pipelines) -> None:
    pipelines.create()
    pipelines.holds("Ready")
    status = pipelines.reaches("Running")
    assert status["revision"] == status["healthyRevision"]
    assert status["sinks"][0]["rowsWritten"] == 10


def test_its_application_is_plain_and_names_what_it_runs(pipelines: Pipelines) -> None:
    pipelines.create()
    revision = pipelines.reaches("Running")["revision"]
    found = pipelines.application()
    assert found["spec"]["volumes"][0]["configMap"]["name"] == f"cars-{revision}"
    config = pipelines.api.read("ConfigMap", pipelines.namespace, f"cars-{revision}")
    assert yaml.safe_load(config["data"]["pipeline.yaml"])["metadata"]["name"] == "cars"
    owners = [one["metadata"]["ownerReferences"][0]["kind"] for one in (found, config)]
    assert owners == [KIND, KIND]


def test_a_change_drains_and_starts_its_revision(pipelines: Pipelines) -> None:
    pipelines.create()
    first, driver = pipelines.reaches("Running")["revision"], pipelines.driver()
    pipelines.edit(sinks=FAST)
    until("the new revision", lambda: pipelines.status().get("healthyRevision") != first)
    status = pipelines.reaches("Running")
    assert pipelines.driver() not in ("", driver)
    assert pipelines.application()["metadata"]["labels"]["yeoul.dev/revision"] == status["revision"]
    until(
        "the old ConfigMap gone",
        lambda: pipelines.api.get("ConfigMap", pipelines.namespace, f"cars-{first}") is None,
    )


def test_how_it_is_looked_after_changes_under_the_same_driver(pipelines: Pipelines) -> None:
    pipelines.create()
    pipelines.reaches("Running")
    driver = pipelines.driver()
    pipelines.edit(health={"maxLag": "5 minutes"})
    until("seen", lambda: pipelines.status()["observedGeneration"] == 2)
    assert (pipelines.driver(), pipelines.status()["phase"]) == (driver, "Running")


def test_a_stall_is_told_and_the_driver_restarted(pipelines: Pipelines) -> None:
    pipelines.create(health={"maxBatchAge": "2 seconds"})
    pipelines.reaches("Running")
    driver = pipelines.driver()
    pipelines.drivers.say(pipelines.namespace, out=BEHIND)
    until("another driver", lambda: pipelines.driver() not in ("", driver))
    pipelines.drivers.say(pipelines.namespace)
    pipelines.holds("Ready")
    until("the events", lambda: {"Stalled", "Restarting"} <= set(pipelines.events()))
    assert pipelines.status()["restarts"]["count"] == 1


def test_a_lag_is_a_condition_and_no_restart(pipelines: Pipelines) -> None:
    pipelines.create(health={"maxLag": "1 minute"})
    pipelines.reaches("Running")
    driver = pipelines.driver()
    pipelines.drivers.say(pipelines.namespace, out={"lagRows": 12345, "lagSeconds": 100.0})
    assert pipelines.holds("Degraded")["reason"] == "Lagging"
    until("lag shown", lambda: pipelines.status()["lag"] == "12000 rows, 100s")
    pipelines.drivers.say(pipelines.namespace)
    pipelines.holds("Degraded", "False")
    assert pipelines.driver() == driver


def test_its_phase_and_silence_are_metrics(
    pipelines: Pipelines, pipeline_operator: Operator
) -> None:
    pipelines.create()
    pipelines.reaches("Running")
    of = f'namespace="{pipelines.namespace}",phase="Running",pipeline="cars"'
    until(
        "the metric", lambda: pipeline_operator.metrics().get(f"yeoul_pipeline_phase{{{of}}}") == 1
    )
    silent = f'yeoul_pipeline_silent_seconds{{namespace="{pipelines.namespace}",pipeline="cars"}}'
    assert pipeline_operator.metrics()[silent] == 0


def test_a_bad_revision_is_rolled_back_by_itself(
    pipelines: Pipelines, pipeline_operator: Operator
) -> None:
    pipelines.create(health={"startDeadline": "3 seconds"})
    good = pipelines.reaches("Running")["revision"]
    pipelines.drivers.say(pipelines.namespace, out={**BEHIND, "batches": 0, "state": "backoff"})
    pipelines.edit(sinks=FAST)
    said = pipelines.holds("RolledBack")["message"]
    assert good in said
    pipelines.drivers.say(pipelines.namespace)
    pipelines.holds("Ready")
    assert pipelines.status()["revision"] == good
    assert pipelines.status()["failedRevision"] not in ("", good)
    until("the event", lambda: "RolledBack" in pipelines.events())
    of = f'namespace="{pipelines.namespace}",pipeline="cars",reason="RolledBack"'
    assert pipeline_operator.metrics()[f"yeoul_pipeline_events_total{{{of}}}"] == 1


def test_a_refused_change_names_the_remedy_and_the_old_one_runs_on(pipelines: Pipelines) -> None:
    pipelines.create()
    before = pipelines.reaches("Running")["revision"]
    driver = pipelines.driver()
    fields = [{"name": "dataId", "type": "string"}, {"name": "speed", "type": "int"}]
    pipelines.edit(record={"fields": fields})
    said = pipelines.holds("Accepted", "False")
    assert said["reason"] == "ChangeRefused"
    assert "spec.record.fields[1].type" in said["message"]
    status = pipelines.status()
    assert (status["revision"], status["refusedGeneration"]) == (before, 2)
    assert pipelines.driver() == driver


def test_what_the_schema_cannot_see_is_refused_by_condition(pipelines: Pipelines) -> None:
    pipelines.create(sinks=[{"name": "out", "console": {}, "where": "no_such_column > 1"}])
    status = pipelines.reaches("Refused")
    assert pipelines.condition("Accepted")["reason"] == "InvalidSpec"
    assert "revision" not in status
    assert pipelines.application() == {}


def test_it_is_suspended_and_resumed(pipelines: Pipelines) -> None:
    pipelines.create()
    pipelines.reaches("Running")
    pipelines.edit(suspend=True)
    pipelines.reaches("Suspended")
    assert pipelines.driver() == ""
    pipelines.edit(suspend=False)
    pipelines.reaches("Running")
    until("the events", lambda: {"Suspended", "Resumed"} <= set(pipelines.events()))


def test_scaling_asks_the_driver_and_starts_none(pipelines: Pipelines) -> None:
    pipelines.create()
    pipelines.reaches("Running")
    driver, key = pipelines.driver(), (pipelines.namespace, "cars")
    pipelines.drivers.facts[key] = {"executors": 1, "partitions": 8}
    scale = {"spec": {"replicas": 3}}
    pipelines.api.patch(KIND, pipelines.namespace, "cars", scale, subresource="scale")
    until("asked for", lambda: pipelines.drivers.asked_for.get(key) == 3)
    until("shown", lambda: pipelines.status()["executors"] == 3)
    assert pipelines.driver() == driver


def test_a_driver_that_waits_for_its_executors_is_not_asked_again(pipelines: Pipelines) -> None:
    key = pipelines.namespace, "cars"
    pipelines.drivers.facts[key] = {"executors": 1, "executorsTarget": 3, "partitions": 8}
    pipelines.create(runtime={"executors": {"instances": 3}})
    pipelines.reaches("Running")
    looks = pipelines.drivers.looks[key]
    until("three more looks", lambda: pipelines.drivers.looks[key] >= looks + 3)
    assert key not in pipelines.drivers.asked_for


def test_what_somebody_else_has_asked_for_is_put_right(pipelines: Pipelines) -> None:
    key = pipelines.namespace, "cars"
    pipelines.drivers.facts[key] = {"executors": 1, "executorsTarget": 1000, "partitions": 8}
    pipelines.create()
    until("asked for", lambda: pipelines.drivers.asked_for.get(key) == 1)


def test_a_deleted_pipeline_takes_everything_with_it(pipelines: Pipelines) -> None:
    pipelines.create()
    pipelines.reaches("Running")
    pipelines.api.delete(KIND, pipelines.namespace, "cars")
    until("no application", lambda: pipelines.application() == {})
    until("no driver", lambda: pipelines.driver() == "")


def test_one_of_the_same_name_runs_again_after_a_deletion(pipelines: Pipelines) -> None:
    pipelines.create()
    pipelines.reaches("Running")
    driver = pipelines.driver()
    pipelines.api.delete(KIND, pipelines.namespace, "cars")
    pipelines.create()
    pipelines.reaches("Running")
    assert pipelines.driver() not in ("", driver)


def test_an_application_that_somebody_changes_or_deletes_is_made_again(
    pipelines: Pipelines,
) -> None:
    pipelines.create()
    pipelines.reaches("Running")
    image = {"spec": {"image": "other:1"}}
    pipelines.api.patch("SparkApplication", pipelines.namespace, "cars", image)
    until("ours", lambda: pipelines.application()["spec"]["image"] != "other:1")
    pipelines.api.delete("SparkApplication", pipelines.namespace, "cars")
    driver = pipelines.driver()
    until("another driver", lambda: pipelines.driver() not in ("", driver))
    pipelines.reaches("Running")


def test_another_application_of_the_name_is_left_alone(pipelines: Pipelines) -> None:
    pipelines.api.create(application(pipelines.namespace, "cars", suspend=True))
    pipelines.create()
    assert pipelines.holds("Accepted", "False")["reason"] == "NameTaken"
    assert pipelines.application()["spec"]["type"] == "Scala"


def test_the_driver_of_a_lost_node_is_replaced_without_its_kubelet(
    pipelines: Pipelines, control_plane: ControlPlane
) -> None:
    pipelines.create()
    pipelines.reaches("Running")
    driver, node = pipelines.driver(), pipelines.node()
    with control_plane.frozen_kubelets():
        ready = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}
        status = {"status": {"conditions": [ready]}}
        pipelines.api.patch("Node", None, node, status, subresource="status")
        until("another driver", lambda: pipelines.driver() not in ("", driver))
    pipelines.reaches("Running")
    until("the event", lambda: "DriverFenced" in pipelines.events())


def test_the_next_driver_gets_the_floor_of_the_epoch_that_was_seen(pipelines: Pipelines) -> None:
    pipelines.create()
    pipelines.reaches("Running")
    first = pipelines.driver()
    pipelines.drivers.say(pipelines.namespace, out={"epoch": 7})
    until("the floor in the application", lambda: _floor(pipelines.application()) == "7")
    assert pipelines.driver() == first
    pipelines.api.delete("Pod", pipelines.namespace, "cars-driver")
    until("another driver", lambda: pipelines.driver() not in ("", first))
    assert _floor(pipelines.api.read("Pod", pipelines.namespace, "cars-driver")) == "7"


def _floor(found: dict[str, Any]) -> str:
    return str(found["metadata"].get("annotations", {}).get("yeoul.dev/epochFloor", ""))


def test_a_revision_that_somebody_deletes_is_stored_again(pipelines: Pipelines) -> None:
    pipelines.create()
    revision = pipelines.reaches("Running")["revision"]
    before = pipelines.config_map(revision)
    pipelines.api.delete("ConfigMap", pipelines.namespace, f"cars-{revision}")
    until("another one", lambda: _uid(pipelines.config_map(revision)) not in ("", _uid(before)))
    assert pipelines.config_map(revision)["data"] == before["data"]
    until("the event", lambda: "RevisionRestored" in pipelines.events())


def test_so_is_the_one_that_may_be_gone_back_to(pipelines: Pipelines) -> None:
    pipelines.create()
    good = pipelines.reaches("Running")["revision"]
    pipelines.drivers.say(pipelines.namespace, out={**BEHIND, "batches": 0, "state": "backoff"})
    pipelines.edit(sinks=FAST)
    until("the new revision", lambda: pipelines.status()["revision"] != good)
    before = pipelines.config_map(good)
    pipelines.api.delete("ConfigMap", pipelines.namespace, f"cars-{good}")
    until("another one", lambda: _uid(pipelines.config_map(good)) not in ("", _uid(before)))


def _uid(found: dict[str, Any]) -> str:
    return str(found["metadata"]["uid"]) if found else ""


def test_a_status_rests_while_nothing_happens(pipelines: Pipelines) -> None:
    pipelines.create()
    pipelines.reaches("Running")
    pipelines.holds("Progressing", "False")
    name = pipelines.create("other")["metadata"]["name"]
    before = pipelines.api.read(KIND, pipelines.namespace, "cars")["metadata"]["resourceVersion"]
    pipelines.reaches("Running", name)
    after = pipelines.api.read(KIND, pipelines.namespace, "cars")["metadata"]["resourceVersion"]
    assert after == before
