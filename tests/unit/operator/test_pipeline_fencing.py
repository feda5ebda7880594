from __future__ import annotations

from typing import Any

import pytest

from fix_lifecycle import driver_pod, ending
from yeoul_operator.pipeline.fencing import NodeFacts, Unready, project_node

READY, NOT_READY = NodeFacts("n1", True), NodeFacts("n1", False)


def unready(moment: float = 100.0) -> Unready:
    return Unready({}).follow("n1", NOT_READY, moment)


@pytest.mark.parametrize(
    ("status", "ready"), [("True", True), ("False", False), ("Unknown", False)]
)
def test_a_node_is_ready_when_its_kubelet_says_so(status: str, ready: bool) -> None:
    conditions = [
        {"type": "MemoryPressure", "status": "False"},
        {"type": "Ready", "status": status},
    ]
    raw: dict[str, Any] = {"metadata": {"name": "n1"}, "status": {"conditions": conditions}}
    assert project_node(raw) == NodeFacts("n1", ready)


def test_a_node_that_says_nothing_is_not_ready() -> None:
    assert not project_node({"metadata": {"name": "n1"}}).is_ready


def test_a_driver_has_until_its_node_was_away_long_enough() -> None:
    assert unready(100.0).due_in(driver_pod(), 30.0, 110.0) == 20.0
    assert unready(100.0).due_in(driver_pod(), 30.0, 131.0) == 0.0


def test_what_is_said_again_begins_no_new_wait() -> None:
    again = unready(100.0).follow("n1", NOT_READY, 120.0)
    assert again.due_in(driver_pod(), 30.0, 131.0) == 0.0


def test_a_node_that_is_back_ends_it() -> None:
    assert unready().follow("n1", READY, 110.0).due_in(driver_pod(), 30.0, 500.0) is None


def test_a_node_that_is_gone_ends_it() -> None:
    assert unready().follow("n1", None, 110.0).due_in(driver_pod(), 30.0, 500.0) is None


def test_drivers_of_other_nodes_are_left_alone() -> None:
    assert unready().due_in(driver_pod(node="n2"), 30.0, 500.0) is None


def test_a_driver_that_has_ended_is_left_alone() -> None:
    assert unready().due_in(driver_pod(ending=ending()), 30.0, 500.0) is None


def test_the_first_due_is_waited_for() -> None:
    both = unready(100.0).follow("n2", NodeFacts("n2", False), 110.0)
    drivers = [driver_pod(), driver_pod(node="n2"), driver_pod(node="n3")]
    assert both.first_due(drivers, 30.0, 120.0) == 10.0
