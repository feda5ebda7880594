"""Pipelines whose deletion erases: held, drained, erased by a pod that tests end, let go."""

from __future__ import annotations

from typing import Any

import pytest

from bed.api import until
from fix_drivers import Pipelines
from fix_pipelines import KIND

FINALIZER = "yeoul.dev/erase"


@pytest.fixture
def held(pipelines: Pipelines) -> Pipelines:
    """A pipeline runs that is to be erased."""
    pipelines.create(deletionPolicy="Delete")
    pipelines.reaches("Running")
    return pipelines


def delete(pipelines: Pipelines, policy: str = "Background") -> None:
    """Delete it, and wait for the pod that erases."""
    path = f"/apis/yeoul.dev/v1alpha1/namespaces/{pipelines.namespace}/streampipelines/cars"
    pipelines.api.request("DELETE", path, {"propagationPolicy": policy})
    until("the pod that erases", lambda: pipelines.driver("cars-erase") != "")


def is_there(pipelines: Pipelines) -> bool:
    """Whether the pipeline is there."""
    return pipelines.api.get(KIND, pipelines.namespace, "cars") is not None


def finalizers(pipelines: Pipelines) -> list[Any]:
    """What holds the pipeline."""
    found = pipelines.api.read(KIND, pipelines.namespace, "cars")
    return list(found["metadata"].get("finalizers", []))


def test_it_is_held_exactly_while_its_policy_says_so(held: Pipelines) -> None:
    assert finalizers(held) == [FINALIZER]
    held.edit(deletionPolicy="Retain")
    until("not held", lambda: finalizers(held) == [])
    held.edit(deletionPolicy="Delete")
    until("held", lambda: finalizers(held) == [FINALIZER])


def test_its_driver_has_gone_before_anything_is_erased(held: Pipelines) -> None:
    delete(held)
    assert (held.driver(), held.application()) == ("", {})
    assert held.status()["phase"] == "Erasing"


def test_it_goes_when_everything_is_erased(held: Pipelines) -> None:
    delete(held)
    held.end("cars-erase-driver", 0, "table: removed 2 positions")
    until("it is gone", lambda: not is_there(held))
    until("the event", lambda: "table: removed 2 positions" in held.messages())
    until("nothing is left", lambda: held.application("cars-erase") == {})


def test_what_erases_reads_the_revision_that_ran(held: Pipelines) -> None:
    revision = held.status()["revision"]
    delete(held)
    volumes = held.application("cars-erase")["spec"]["volumes"]
    assert volumes[0]["configMap"]["name"] == f"cars-{revision}"


def test_a_failure_is_told_and_it_stays(held: Pipelines) -> None:
    delete(held)
    held.end("cars-erase-driver", 1)
    until("the condition", lambda: held.condition("Erased").get("reason") == "Failed")
    assert "set spec.deletionPolicy to Retain" in held.condition("Erased")["message"]
    until("the event", lambda: "EraseFailed" in held.events())
    assert is_there(held)


def test_one_that_cannot_be_erased_goes_without_when_it_is_to_be_retained(held: Pipelines) -> None:
    delete(held)
    held.edit(deletionPolicy="Retain")
    until("it is gone", lambda: not is_there(held))
    assert "Erased" not in held.events()
    until("nothing is left", lambda: held.application("cars-erase") == {})


def test_a_deletion_in_the_foreground_does_not_take_away_what_erases(held: Pipelines) -> None:
    delete(held, "Foreground")
    held.end("cars-erase-driver", 0)
    until("it is gone", lambda: not is_there(held))


def test_one_of_the_same_name_begins_anew(held: Pipelines) -> None:
    delete(held)
    held.end("cars-erase-driver", 0)
    until("it is gone", lambda: not is_there(held))
    held.create()
    assert held.reaches("Running")["epochFloor"] == 1
