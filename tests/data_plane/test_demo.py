"""The demonstration as a newcomer runs it, in a home of its own. One run serves all facts."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from yeoul_local import processes

YEOUL = Path(sys.executable).with_name("yeoul")


@dataclass(frozen=True)
class Run:
    """A demonstration that has ended."""

    code: int
    said: str
    home: Path


def _env(home: Path, jars: Path) -> dict[str, str]:
    return {**os.environ, "YEOUL_HOME": str(home), "YEOUL_JARS": str(jars)}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, jar_cache: Path) -> Iterator[Run]:
    """Ten seconds of streaming; some 15 more to start and as many to prove, on a free machine."""
    home = tmp_path_factory.mktemp("demo") / "home"
    env = _env(home, jar_cache)
    done = subprocess.run(
        [str(YEOUL), "demo", "--for", "10"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    try:
        yield Run(done.returncode, done.stdout, home)
    finally:
        subprocess.run([str(YEOUL), "down"], env=env, check=True, stdout=subprocess.DEVNULL)


def test_it_ends_well(run: Run) -> None:
    assert run.code == 0, run.said


def test_it_prints_the_proof(run: Run) -> None:
    assert "The proof holds:" in run.said


def test_it_names_what_it_changed_in_the_pipeline(run: Run) -> None:
    assert "spec.sinks.[table].trigger: 1 minute -> 2 seconds" in run.said


def test_it_tells_when_the_first_row_came(run: Run) -> None:
    assert re.search(r"The first row is in PostgreSQL after \d", run.said)


def test_without_a_terminal_it_prints_plain_lines(run: Run) -> None:
    assert all(letter.isprintable() for line in run.said.splitlines() for letter in line)


def test_the_page_shows_what_was_delivered(run: Run) -> None:
    delivered = re.search(r"([\d,]+) rows delivered", run.said)
    page = (run.home / "report" / "car-info.html").read_text("utf-8")
    assert delivered
    assert f"<b>{delivered.group(1)}</b><span>rows in this run" in page


def test_the_page_shows_every_vehicle(run: Run) -> None:
    page = (run.home / "report" / "car-info.html").read_text("utf-8")
    data = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    vehicles = re.search(r"<b>([\d,]+)</b><span>vehicles", page)
    assert data
    assert vehicles
    assert len(json.loads(data.group(1))["trails"]) == int(vehicles.group(1).replace(",", ""))


def test_it_leaves_no_process(run: Run) -> None:
    assert processes.strays(run.home) == []


@pytest.mark.parametrize("presses", [pytest.param(1, marks=pytest.mark.night), 2])
def test_interrupted_while_it_starts_it_leaves_no_process(
    tmp_path: Path, jar_cache: Path, presses: int
) -> None:
    home = tmp_path / "home"
    with subprocess.Popen(
        [str(YEOUL), "demo"],
        env=_env(home, jar_cache),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if line.startswith("namenode: ready"):
                break
        for _ in range(presses):
            demo.send_signal(signal.SIGINT)
            time.sleep(1)
        demo.stdout.read()
    assert (demo.returncode, processes.strays(home)) == (130, [])


def test_a_duration_that_is_none_is_refused(tmp_path: Path, jar_cache: Path) -> None:
    done = subprocess.run(
        [str(YEOUL), "demo", "--for", "a while"],
        env=_env(tmp_path / "home", jar_cache),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "FOR=60" in done.stderr) == (1, True)
