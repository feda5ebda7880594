"""The operator's wall clock is set, or was wrong from the start: the same end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from bed.prefork import nursery
from fix_clock import WallClock, library
from fix_cluster import Cluster
from fix_history import History
from fix_lives import LIVES, Ground, Life, Step
from fix_replicas import Replicas
from fix_trials import Result, Trial, differences, killed_at, run_trials, undisturbed

HOUR = 3600
JUMPS = (HOUR, -HOUR, 30 * 24 * HOUR, 0, -5, 5)


def with_jumps(life: Life, clock: WallClock) -> Life:
    """The clock jumps before each step."""

    def course(ground: Ground) -> Iterator[Step]:
        for seconds, step in zip(cycle(JUMPS), life(ground), strict=False):
            clock.jump(seconds)
            yield step

    return course


@pytest.fixture(scope="module")
def shifted(tmp_path_factory: pytest.TempPathFactory, crds: None) -> Iterator[Replicas]:
    """Operators that go by the clock that the environment names."""
    del crds
    folder = tmp_path_factory.mktemp("shifted")
    with nursery(folder, library(folder)) as made:
        yield Replicas(made, folder)


@pytest.fixture(scope="module")
def results(cluster: Cluster, shifted: Replicas, history: History) -> dict[str, list[Result]]:
    """The lives with a clock that is right, and with others; by life, the right one first."""
    trials = [Trial(name, life, undisturbed) for name, life in LIVES.items()]
    for number, (name, life) in enumerate(LIVES.items()):
        clock = WallClock.at(shifted.folder / f"jumps-{number}")
        jumping = with_jumps(life, clock)
        trials.append(Trial(f"{name}: jumps", jumping, undisturbed, clock.environment))
        for seconds in (HOUR, -HOUR):
            clock = WallClock.at(shifted.folder / f"wrong-{number}{seconds:+}", seconds)
            trials.append(Trial(f"{name}: {seconds:+} s", life, undisturbed, clock.environment))
    # At its eighth write the first attempt has failed, and the next one is being waited for.
    for seconds in (HOUR, -HOUR):
        for number in (3, 6, 8):
            label = f"is retried: {seconds:+} s after write {number}"
            trouble = killed_at(number, after=True)
            heir = WallClock.at(shifted.folder / f"heir{seconds:+}-{number}", seconds).environment
            trials.append(Trial(label, LIVES["is retried"], trouble, {}, heir))
    found: dict[str, list[Result]] = {name: [] for name in LIVES}
    for one in run_trials(trials, cluster, shifted, history):
        found[one.label.partition(":")[0]].append(one)
    return {name: sorted(each, key=lambda one: one.label) for name, each in found.items()}


@pytest.mark.parametrize("name", list(LIVES))
def test_a_clock_that_jumps_or_is_wrong_leads_to_the_same_end(
    results: dict[str, list[Result]], name: str
) -> None:
    right, *others = results[name]
    found = {one.label: differences(one.status, right.status) for one in others}
    assert {label: each for label, each in found.items() if each} == {}


@pytest.mark.parametrize("name", list(LIVES))
def test_a_clock_that_jumps_or_is_wrong_leads_to_no_second_driver(
    results: dict[str, list[Result]], name: str
) -> None:
    assert {one.label: one.wrong for one in results[name] if one.wrong} == {}


def test_the_library_shifts_the_wall_clock_alone(tmp_path: Path) -> None:
    """Or the tests above would test nothing."""
    clock = WallClock.at(tmp_path / "clock", HOUR)
    code = "import time; print(int(time.time()), int(time.monotonic()))"
    environment = {**os.environ, "LD_PRELOAD": str(library(tmp_path)), **clock.environment}
    told = [
        subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        ).stdout.split()
        for env in (dict(os.environ), environment)
    ]
    wall, counted = (int(told[1][i]) - int(told[0][i]) for i in (0, 1))
    assert wall - counted == pytest.approx(HOUR, abs=1)
