"""The API server refuses, breaks off, hangs and lags: the same end, and one driver an attempt."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from bed.faults import ANSWERS, Answer, Fault
from bed.proxy import ANY, WRITES, Cut, FaultyProxy, Hang, Match
from fix_cluster import Cluster
from fix_history import History
from fix_lives import BY_HAND, LIVES, Ground, Life, Step, by_hand
from fix_night import AT_NIGHT
from fix_operator import SPARK
from fix_replicas import Replica, Replicas
from fix_trials import Result, Trial, Trouble, differences, run_trials, undisturbed

# More than any life takes; a rule that is never reached does nothing.
_REQUESTS = 300
_LAG_S = 0.7
WATCHES = Match(verb="watch")
PODS = Match(verb="watch", resource="pods")
APPLICATIONS = Match(verb="watch", resource="sparkapplications")


def every_other(fault: Fault, match: Match) -> Trouble:
    """The first request fails and the second passes, so that what is tried again succeeds."""

    def trouble(proxy: FaultyProxy, replica: Replica) -> None:
        del replica
        for number in range(_REQUESTS):
            proxy.inject(fault, match, skip=number)

    return trouble


FAULTS: dict[str, Trouble] = {
    **{f"{code} to writes": every_other(ANSWERS[code], WRITES) for code in (409, 429, 500, 504)},
    "writes never arrive": every_other(Cut(after=False), WRITES),
    "answers to writes get lost": every_other(Cut(after=True), WRITES),
    "writes hang": every_other(Hang(), WRITES),
    **{f"{code} to everything": every_other(ANSWERS[code], ANY) for code in (429, 500, 503)},
    "all connections break": every_other(Cut(after=False), ANY),
    "all answers get lost": every_other(Cut(after=True), ANY),
    "watches expire": every_other(Answer(410, "Expired"), WATCHES),
}


def a_while() -> Step:
    """Wait long enough for the operator to have done what it can."""
    end = time.monotonic() + _LAG_S
    return "a while", lambda: time.monotonic() > end


def with_dropped_watches(life: Life) -> Life:
    """All watches are cut before each step."""

    def course(ground: Ground) -> Iterator[Step]:
        for step in life(ground):
            ground.proxy.drop_watches()
            yield step

    return course


def with_lagging_watches(life: Life) -> Life:
    """Watches bring nothing for a while, beginning with each thing that is done."""
    return _each_step_within(FaultyProxy.frozen_watches, life)


def with_outages(life: Life) -> Life:
    """Connections are refused for a while, beginning with each thing that is done."""
    return _each_step_within(FaultyProxy.outage, life)


def _each_step_within(
    trouble: Callable[[FaultyProxy], AbstractContextManager[None]], life: Life
) -> Life:
    def course(ground: Ground) -> Iterator[Step]:
        steps = life(ground)
        while True:
            with trouble(ground.proxy):
                step = next(steps, None)
                if step is None:
                    return
                yield a_while()
            yield step

    return course


# By day two of them: the other two take the same paths in another order.
TODAY = LIVES if AT_NIGHT else {k: LIVES[k] for k in ("completes", "is retried")}
WATCHED: dict[str, Callable[[Life], Life]] = {
    "watches are dropped": with_dropped_watches,
    "watches lag": with_lagging_watches,
    "the API server is away": with_outages,
}


@pytest.fixture(scope="module")
def calm(cluster: Cluster, replicas: Replicas, history: History) -> dict[str, Result]:
    """Each life without any trouble."""
    trials = [Trial(name, life, undisturbed) for name, life in TODAY.items()]
    return {one.label: one for one in run_trials(trials, cluster, replicas, history)}


@pytest.fixture(scope="module")
def troubled(cluster: Cluster, replicas: Replicas, history: History) -> list[Result]:
    """Each life with each fault; the label is that of the life."""
    trials = [
        Trial(f"{name}: {what}", life, trouble, api_timeout="1")
        for name, life in TODAY.items()
        for what, trouble in FAULTS.items()
    ]
    trials += [
        Trial(f"{name}: {what}", change(life), undisturbed)
        for name, life in TODAY.items()
        for what, change in WATCHED.items()
    ]
    return run_trials(trials, cluster, replicas, history)


def test_each_attempt_has_one_driver(troubled: list[Result]) -> None:
    assert {one.label: one.wrong for one in troubled if one.wrong} == {}


def test_the_end_is_that_of_a_life_without_faults(
    calm: dict[str, Result], troubled: list[Result]
) -> None:
    expected = {one.label: calm[one.label.partition(":")[0]].status for one in troubled}
    found = {one.label: differences(one.status, expected[one.label]) for one in troubled}
    assert {label: each for label, each in found.items() if each} == {}


def test_a_further_look_writes_nothing(troubled: list[Result]) -> None:
    assert {one.label: one.again for one in troubled if one.again} == {}


# Caches that lag behind what has been done meanwhile


def edited_while_its_driver_vanishes(ground: Ground) -> Iterator[Step]:
    """The operator hears of the edit, and not that the pod it has to end is gone."""
    yield from by_hand(ground)
    with ground.proxy.frozen_watches(PODS):
        ground.api.delete("Pod", ground.namespace, "pi-driver", gracePeriodSeconds=0)
        ground.applications.patch({"spec": {"arguments": ["1000"]}})
        yield ground.has_placed(2)
    ground.run_driver()
    yield ground.is_in_with("RUNNING", 2)
    ground.end_driver(0)
    yield ground.is_in("COMPLETED")


def suspended_unheard(ground: Ground) -> Iterator[Step]:
    """The driver fails and may be retried, but its user has just suspended the application."""
    policy = {"type": "OnFailure", "onFailureRetries": 3, "onFailureRetryInterval": 1}
    yield from by_hand(ground, restartPolicy=policy)
    with ground.proxy.frozen_watches(APPLICATIONS):
        ground.applications.patch({"spec": {"suspend": True}})
        ground.end_driver(3)
        yield ground.is_in("SUSPENDED")
    yield ground.is_in("SUSPENDED")


def edited_unheard(ground: Ground) -> Iterator[Step]:
    """The driver fails, and what is retried is the new spec."""
    policy = {"type": "OnFailure", "onFailureRetries": 3, "onFailureRetryInterval": 1}
    yield from by_hand(ground, restartPolicy=policy)
    with ground.proxy.frozen_watches(APPLICATIONS):
        ground.applications.patch({"spec": {"arguments": ["1000"]}})
        ground.end_driver(3)
        yield ground.has_placed(2)
        pod = ground.applications.pod()
        assert pod is not None
        assert "1000" in pod["spec"]["containers"][0]["args"]
    ground.run_driver()
    yield ground.is_in_with("RUNNING", 2)
    ground.end_driver(0)
    yield ground.is_in("COMPLETED")


def made_anew_unheard(ground: Ground) -> Iterator[Step]:
    """Another application of the same name: nothing is taken from the one to the other."""
    yield from by_hand(ground)
    before = ground.api.read(SPARK, ground.namespace, "pi")["metadata"]["uid"]
    with ground.proxy.frozen_watches(APPLICATIONS):
        ground.api.delete(SPARK, ground.namespace, "pi")
        yield ground.is_gone()
        yield from by_hand(ground, is_told=False)
    yield ground.has_placed(1)
    pod = ground.applications.pod()
    assert pod is not None
    assert pod["metadata"]["ownerReferences"][0]["uid"] != before
    ground.run_driver()
    yield ground.is_in_with("RUNNING", 1)
    ground.end_driver(0)
    yield ground.is_in("COMPLETED")


def vanishes_unheard(ground: Ground) -> Iterator[Step]:
    """A driver pod of which the watch tells at once that it came and that it went."""
    ground.applications.create(driver=BY_HAND)
    with ground.proxy.frozen_watches(PODS):
        yield ground.is_in_with("SUBMITTED", 1)
        ground.api.delete("Pod", ground.namespace, "pi-driver", gracePeriodSeconds=0)
        yield a_while()
    yield ground.is_in("FAILED")


STALE: dict[str, Life] = {
    "vanishes unheard": vanishes_unheard,
    "edited while its driver vanishes": edited_while_its_driver_vanishes,
    "suspended unheard": suspended_unheard,
    "edited unheard": edited_unheard,
    "made anew unheard": made_anew_unheard,
}


@pytest.fixture(scope="module")
def stale(cluster: Cluster, replicas: Replicas, history: History) -> dict[str, Result]:
    trials = [Trial(name, life, undisturbed) for name, life in STALE.items()]
    return {one.label: one for one in run_trials(trials, cluster, replicas, history)}


@pytest.mark.parametrize("name", list(STALE))
def test_a_stale_cache_leads_to_no_second_driver(stale: dict[str, Result], name: str) -> None:
    assert stale[name].wrong == []


@pytest.mark.parametrize("name", list(STALE))
def test_nothing_is_left_to_do_after_a_stale_cache(stale: dict[str, Result], name: str) -> None:
    assert stale[name].again == []


def test_a_spec_that_is_suspended_starts_no_other_attempt(stale: dict[str, Result]) -> None:
    assert stale["suspended unheard"].status["attempt"] == 1
