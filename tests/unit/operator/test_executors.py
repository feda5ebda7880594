"""The states of executors, as clients count them."""

from __future__ import annotations

from fix_lifecycle import driver_pod
from yeoul_operator.api.status import ExecutorState
from yeoul_operator.reconcile.executors import (
    FINISHED_KEPT,
    executor_states,
    final_states,
    running_count,
)
from yeoul_operator.reconcile.facts import Phase, PodFacts

PENDING, RUNNING = ExecutorState.PENDING, ExecutorState.RUNNING
COMPLETED, FAILED = ExecutorState.COMPLETED, ExecutorState.FAILED


def executor(number: int, phase: Phase) -> PodFacts:
    return driver_pod(name=f"pi-exec-{number}", phase=phase)


def test_each_pod_has_its_state() -> None:
    pods = [executor(1, Phase.PENDING), executor(2, Phase.RUNNING), executor(3, Phase.FAILED)]
    assert executor_states({}, pods) == {
        "pi-exec-1": PENDING, "pi-exec-2": RUNNING, "pi-exec-3": FAILED,
    }  # fmt: skip


def test_an_executor_that_its_driver_removed_has_completed() -> None:
    assert executor_states({"pi-exec-1": RUNNING}, []) == {"pi-exec-1": COMPLETED}


def test_an_executor_that_failed_and_was_removed_has_failed() -> None:
    assert executor_states({"pi-exec-1": FAILED}, []) == {"pi-exec-1": FAILED}


def test_of_those_that_are_over_the_newest_stay() -> None:
    before = {f"pi-exec-{number}": COMPLETED for number in range(1, FINISHED_KEPT + 11)}
    states = executor_states(before, [])
    assert len(states) == FINISHED_KEPT
    assert "pi-exec-10" not in states
    assert "pi-exec-11" in states


def test_those_that_run_all_stay() -> None:
    pods = [executor(number, Phase.RUNNING) for number in range(500)]
    assert running_count(executor_states({}, pods)) == 500


def test_what_a_failed_driver_leaves_running_has_failed() -> None:
    states = {"a": RUNNING, "b": PENDING, "c": COMPLETED}
    assert final_states(states, succeeded=False) == {"a": FAILED, "b": FAILED, "c": COMPLETED}


def test_what_a_driver_that_succeeded_leaves_running_has_completed() -> None:
    assert final_states({"a": RUNNING, "b": FAILED}, succeeded=True) == {
        "a": COMPLETED, "b": FAILED,
    }  # fmt: skip
