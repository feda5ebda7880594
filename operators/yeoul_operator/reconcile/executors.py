"""The states of an attempt's executors, as clients count them. Pure."""

from collections.abc import Iterable, Mapping

from yeoul_operator.api.status import ExecutorState
from yeoul_operator.reconcile.facts import Phase, PodFacts

FINISHED_KEPT = 100
"""How many executors that are over stay listed: with dynamic allocation they come without end."""
_STATES = {
    Phase.PENDING: ExecutorState.PENDING,
    Phase.RUNNING: ExecutorState.RUNNING,
    Phase.SUCCEEDED: ExecutorState.COMPLETED,
    Phase.FAILED: ExecutorState.FAILED,
    Phase.UNKNOWN: ExecutorState.UNKNOWN,
}
_OVER = (ExecutorState.COMPLETED, ExecutorState.FAILED)


def executor_states(
    before: Mapping[str, ExecutorState], pods: Iterable[PodFacts]
) -> dict[str, ExecutorState]:
    """Return pod name to state while the driver runs.

    A pod that is gone was removed by its driver, as dynamic allocation does: it counts as
    completed unless it was seen to fail.
    """
    seen = {pod.name: _STATES[pod.phase] for pod in pods}
    gone = {
        name: state if state in _OVER else ExecutorState.COMPLETED
        for name, state in before.items()
        if name not in seen
    }
    return _pruned({**gone, **seen})


def final_states(
    states: Mapping[str, ExecutorState], *, succeeded: bool
) -> dict[str, ExecutorState]:
    """Return the states after the driver's end: what it left running ends as it did."""
    end = ExecutorState.COMPLETED if succeeded else ExecutorState.FAILED
    return {name: state if state in _OVER else end for name, state in states.items()}


def running_count(states: Mapping[str, ExecutorState]) -> int:
    """Return how many executors run."""
    return sum(state is ExecutorState.RUNNING for state in states.values())


def _pruned(states: dict[str, ExecutorState]) -> dict[str, ExecutorState]:
    over = sorted((name for name, state in states.items() if state in _OVER), key=_executor_id)
    for name in over[: max(0, len(over) - FINISHED_KEPT)]:
        del states[name]
    return states


def _executor_id(name: str) -> tuple[int, str]:
    """Executors are named `<prefix>-exec-<id>`."""
    number = name.rpartition("-")[2]
    return (int(number) if number.isdigit() else 0, name)
