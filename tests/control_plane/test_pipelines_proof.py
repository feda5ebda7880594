"""Proofs that a pipeline asks for: begun when they are due, told in status, event and condition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bed.api import until
from fix_drivers import Pipelines

APP, POD = "cars-proof", "cars-proof-driver"
HOLDS = "holds: The proof holds: 12 records, nothing lost, nothing doubled."
FAILS = "fails: The proof FAILS: 1 finding.\n! table: offset 7 is missing"


@pytest.fixture
def proving(pipelines: Pipelines) -> Callable[..., Pipelines]:
    """Make a pipeline with these proofs, and wait until it runs."""

    def make(**verify: str) -> Pipelines:
        pipelines.create(verify=verify)
        pipelines.reaches("Running")
        return pipelines

    return make


def verify(pipelines: Pipelines) -> dict[str, Any]:
    return dict(pipelines.status().get("verify") or {})


def ends(pipelines: Pipelines, code: int, said: str, before: str = "") -> str:
    """Let the proof that runs, in another pod than `before`, end with these last words."""
    until("the pod of a proof", lambda: pipelines.driver(APP) not in ("", before))
    pipelines.end(POD, code, said)
    return pipelines.driver(APP)


def test_the_first_begins_with_the_pipeline_and_tells_its_driver(
    proving: Callable[..., Pipelines],
) -> None:
    pipelines = proving(every="6 hours")
    until("the pod of a proof", lambda: pipelines.driver(APP) != "")
    driver = pipelines.driver()
    spec = pipelines.application(APP)["spec"]
    told = pipelines.drivers.url.format(namespace=pipelines.namespace, name="cars")
    assert spec["arguments"][2:] == ["--verify", "--tell", told]
    ends(pipelines, 0, HOLDS)
    assert "12 records" in pipelines.holds("Proven")["message"]
    assert verify(pipelines)["verdict"] == "holds"
    until("the event", lambda: "ProofHolds" in pipelines.events())
    assert pipelines.driver() == driver


def test_a_difference_is_told_and_its_log_stays(proving: Callable[..., Pipelines]) -> None:
    pipelines = proving(every="6 hours")
    ends(pipelines, 1, FAILS)
    assert "offset 7 is missing" in pipelines.holds("Proven", "False")["message"]
    until("the event", lambda: "ProofFailed" in pipelines.events())
    assert pipelines.driver(APP) != "", "whoever looks finds its log"


def test_the_next_one_takes_the_place_of_the_last(proving: Callable[..., Pipelines]) -> None:
    pipelines = proving(every="1 second")
    first = ends(pipelines, 1, FAILS)
    ends(pipelines, 0, HOLDS, before=first)
    pipelines.holds("Proven")


def test_one_that_cannot_be_given_is_told_and_tried_again(
    proving: Callable[..., Pipelines],
) -> None:
    pipelines = proving(every="1 second")
    first = ends(pipelines, 2, "unverified: The proof cannot be given.\ntable: no route to host")
    until("the event", lambda: "ProofNotGiven" in pipelines.events())
    ends(pipelines, 0, HOLDS, before=first)
    pipelines.holds("Proven")


def test_one_that_takes_too_long_goes(proving: Callable[..., Pipelines]) -> None:
    pipelines = proving(every="6 hours", deadline="3 seconds")
    until("the end", lambda: "spec.verify.deadline" in verify(pipelines).get("problem", ""))
    until("no application", lambda: not pipelines.application(APP))


def test_nothing_is_left_once_none_are_asked_for(proving: Callable[..., Pipelines]) -> None:
    pipelines = proving(every="6 hours")
    ends(pipelines, 0, HOLDS)
    pipelines.holds("Proven")
    pipelines.edit(verify=None)
    until("no application", lambda: not pipelines.application(APP))
    until("no proofs", lambda: not verify(pipelines) and not pipelines.condition("Proven"))


def test_a_pipeline_at_rest_is_not_proved(pipelines: Pipelines) -> None:
    pipelines.create(suspend=True, verify={"every": "1 second"})
    pipelines.reaches("Suspended")
    until("a proof that is due", lambda: "dueAt" in verify(pipelines))
    assert pipelines.application(APP) == {}
