"""The operator is killed at each of its writes: one driver an attempt, and the same end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from bed import stages
from fix_cluster import Cluster
from fix_history import History
from fix_lives import LIVES, Ground, Step
from fix_operator import SPARK, application, driver
from fix_replicas import Replicas
from fix_trials import Result, Trial, differences, killed_at, moments, run_trials, undisturbed


@pytest.fixture(scope="module")
def calm(cluster: Cluster, replicas: Replicas, history: History) -> dict[str, Result]:
    """Each life without any trouble."""
    trials = [Trial(name, life, undisturbed) for name, life in LIVES.items()]
    return {one.label: one for one in run_trials(trials, cluster, replicas, history)}


@pytest.fixture(scope="module", params=list(LIVES))
def disturbed(
    request: pytest.FixtureRequest,
    cluster: Cluster,
    replicas: Replicas,
    history: History,
    calm: dict[str, Result],
) -> tuple[Result, list[Result]]:
    """A life, killed at each write before and after the API server has seen it."""
    expected = calm[request.param]
    trials = [
        Trial(
            f"{request.param}, killed {'after' if after else 'before'} write {number}",
            LIVES[request.param],
            killed_at(number, after=after),
        )
        for number, after in moments(expected.writes)
    ]
    return expected, run_trials(trials, cluster, replicas, history)


@pytest.mark.parametrize("name", list(LIVES))
def test_a_life_has_one_driver_an_attempt(calm: dict[str, Result], name: str) -> None:
    assert calm[name].wrong == []


@pytest.mark.parametrize("name", list(LIVES))
def test_a_further_look_at_what_is_at_rest_writes_nothing(
    calm: dict[str, Result], name: str
) -> None:
    assert calm[name].again == []


class TestKilled:
    def test_it_was_killed_each_time(self, disturbed: tuple[Result, list[Result]]) -> None:
        assert [one.label for one in disturbed[1] if not one.killed] == []

    def test_each_attempt_has_had_one_driver(self, disturbed: tuple[Result, list[Result]]) -> None:
        assert {one.label: one.wrong for one in disturbed[1] if one.wrong} == {}

    def test_the_status_is_that_of_a_life_without_kills(
        self, disturbed: tuple[Result, list[Result]]
    ) -> None:
        expected, results = disturbed
        found = {one.label: differences(one.status, expected.status) for one in results}
        assert {label: each for label, each in found.items() if each} == {}

    def test_a_further_look_writes_nothing(self, disturbed: tuple[Result, list[Result]]) -> None:
        assert {one.label: one.again for one in disturbed[1] if one.again} == {}


# Schedules


EVERY_S = 2
# Up to the second run: status, run, its objects and stati, status.
SCHEDULED_WRITES = 12


def scheduled(ground: Ground) -> Iterator[Step]:
    """Runs every two seconds, until there were three of them."""
    template = application(ground.namespace, driver=driver(**{stages.ENDS_AFTER: "100ms"}))["spec"]
    ground.api.create(
        {
            "apiVersion": "sparkoperator.k8s.io/v1beta2",
            "kind": "ScheduledSparkApplication",
            "metadata": {"namespace": ground.namespace, "name": "often"},
            "spec": {
                "schedule": f"@every {EVERY_S}s",
                "successfulRunHistoryLimit": 10,
                "template": template,
            },
        }
    )

    def completed() -> int:
        found = ground.api.list(SPARK, ground.namespace)
        stati = [one.get("status") or {} for one in found]
        states = [(one.get("applicationState") or {}).get("state") for one in stati]
        return states.count("COMPLETED")

    yield "three runs", lambda: completed() >= 3


@pytest.fixture(scope="module")
def of_schedules(cluster: Cluster, replicas: Replicas, history: History) -> list[Result]:
    """A schedule whose operator is killed at its writes."""
    trials = [
        Trial(f"write {number}, {after=}", scheduled, killed_at(number, after=after))
        for number, after in moments(SCHEDULED_WRITES)
    ]
    return run_trials(trials, cluster, replicas, history)


def test_a_run_has_one_driver_whenever_the_operator_dies(of_schedules: list[Result]) -> None:
    assert {one.label: one.wrong for one in of_schedules if one.wrong} == {}


def test_no_run_is_made_twice_for_one_time(of_schedules: list[Result]) -> None:
    """A run bears the moment at which it was due in its name."""
    due = {
        one.label: sorted(int(name.split("-")[1]) for name in one.drivers) for one in of_schedules
    }
    close = {
        label: each
        for label, each in due.items()
        if any(after - before < EVERY_S for before, after in pairwise(each))
    }
    assert close == {}


def test_a_schedule_was_killed_each_time(of_schedules: list[Result]) -> None:
    assert [one.label for one in of_schedules if not one.killed] == []
