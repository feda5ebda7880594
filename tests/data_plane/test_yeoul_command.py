"""The `yeoul` command in a home of its own: interrupted, misled, and asked."""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from yeoul_local import processes
from yeoul_local.platform import Platform
from yeoul_local.ports import LOOPBACK

YEOUL = Path(sys.executable).with_name("yeoul")


@pytest.fixture
def home(tmp_path: Path, jar_cache: Path) -> Iterator[Platform]:
    """A home that nothing runs in, before and after."""
    platform = Platform(tmp_path / "home", jar_cache)
    yield platform
    platform.down()


def _env(platform: Platform) -> dict[str, str]:
    where = {"YEOUL_HOME": str(platform.home.root), "YEOUL_JARS": str(platform.home.jars)}
    return {**os.environ, **where}


def _yeoul(platform: Platform, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(YEOUL), *arguments],
        env=_env(platform),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.night)])
def test_down_leaves_nothing_of_an_interrupted_start(
    home: Platform, number: signal.Signals, seed: int
) -> None:
    with subprocess.Popen(
        [str(YEOUL), "up"],
        env=_env(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as up:
        time.sleep(random.Random(f"{number} {seed}").uniform(0.5, 4))
        up.send_signal(number)
    assert _yeoul(home, "down").returncode == 0
    assert processes.strays(home.home.root) == []


def test_an_interrupted_start_can_be_repeated(home: Platform) -> None:
    with subprocess.Popen(
        [str(YEOUL), "up", "postgres"],
        env=_env(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as up:
        while not home.home.data("postgres").with_name("postgres.new").is_dir():
            assert up.poll() is None
        up.kill()
    assert _yeoul(home, "up", "postgres").returncode == 0


def test_down_without_its_record_leaves_nothing(home: Platform) -> None:
    home.up(("postgres", "simulator"))
    home.home.state.write_text("{ damaged")
    assert _yeoul(home, "down").returncode == 0
    assert processes.strays(home.home.root) == []


def test_down_without_its_folder_leaves_nothing(home: Platform) -> None:
    home.up(("postgres", "simulator"))
    shutil.rmtree(home.home.root)
    assert _yeoul(home, "down").returncode == 0
    assert processes.strays(home.home.root) == []


def test_a_process_with_a_reused_pid_is_left_alone(home: Platform) -> None:
    home.up(("simulator",))
    home.kill("simulator")
    with subprocess.Popen(["sleep", "60"]) as stranger:
        home.state_file.update(
            lambda state: state.with_process(
                state.processes["simulator"].model_copy(update={"pid": stranger.pid})
            )
        )
        home.down()
        assert stranger.poll() is None
        stranger.kill()


def test_who_took_a_port_is_told_with_the_remedy(home: Platform) -> None:
    port = int(home.endpoints.simulator_url.rpartition(":")[2])
    with socket.create_server((LOOPBACK, port)):
        said = _yeoul(home, "up", "simulator").stderr
    me = psutil.Process()
    assert f"The port {port} of `simulator` is in use by {me.name()} (process {me.pid})" in said
    assert "--new-ports" in said


def test_the_remedy_for_a_taken_port_works(home: Platform) -> None:
    port = int(home.endpoints.simulator_url.rpartition(":")[2])
    with socket.create_server((LOOPBACK, port)):
        assert _yeoul(home, "up", "simulator", "--new-ports").returncode == 0


def test_a_part_that_dies_is_quoted(home: Platform, tmp_path: Path) -> None:
    tracks = tmp_path / "absent.csv"
    env = {**_env(home), "YEOUL_TRACKS": str(tracks)}
    done = subprocess.run(
        [str(YEOUL), "up", "simulator"], env=env, capture_output=True, text=True, check=False
    )
    assert "simulator ended while it started" in done.stderr
    assert str(tracks) in done.stderr
    assert str(home.home.log("simulator")) in done.stderr


def test_a_second_command_waits_for_the_first(home: Platform) -> None:
    with subprocess.Popen(
        [str(YEOUL), "up", "postgres"], env=_env(home), stdout=subprocess.DEVNULL
    ) as first:
        second = _yeoul(home, "up", "postgres")
    assert (first.returncode, second.returncode) == (0, 0)


def test_reset_deletes_the_data(home: Platform) -> None:
    home.up(("postgres",))
    assert _yeoul(home, "reset", "--yes").returncode == 0
    assert not home.home.data("postgres").exists()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, jar_cache: Path) -> Iterator[Platform]:
    platform = Platform(tmp_path_factory.mktemp("database"), jar_cache)
    platform.up(("postgres",))
    yield platform
    platform.down()


def test_rows_are_shown_as_a_table(database: Platform) -> None:
    shown = _yeoul(database, "sql", "SELECT 1 AS one, NULL AS nothing").stdout
    assert [line.split() for line in shown.splitlines()[:2]] == [
        ["one", "nothing"],
        ["1", "null"],
    ]


def test_rows_are_written_as_csv(database: Platform) -> None:
    assert _yeoul(database, "sql", "--csv", "SELECT 1 AS a, 'x,y' AS b").stdout == 'a,b\n1,"x,y"\n'


def test_a_bad_statement_fails_with_the_servers_words(database: Platform) -> None:
    done = _yeoul(database, "sql", "SELEC 1")
    assert (done.returncode, "syntax error" in done.stderr) == (1, True)


def test_the_state_is_told_to_programs(database: Platform) -> None:
    told = json.loads(_yeoul(database, "status", "--json").stdout)
    assert {part["name"] for part in told["parts"] if part["state"] == "running"} == {"postgres"}


def test_a_log_is_shown(database: Platform) -> None:
    assert "database system is ready" in _yeoul(database, "logs", "postgres").stdout


def test_a_pipeline_without_its_parts_is_refused(database: Platform) -> None:
    example = Path(__file__).parents[2] / "manifests" / "examples" / "console.yaml"
    assert "needs kafka, which is not running" in _yeoul(database, "run", str(example)).stderr


def test_a_pipeline_runs_to_its_end(platform: Platform) -> None:
    example = Path(__file__).parents[2] / "manifests" / "examples" / "backfill.yaml"
    done = _yeoul(platform, "run", str(example))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"-> {platform.endpoints.kafka_bootstrap}\n" in done.stdout
    assert platform.process("backfill") is None


@pytest.mark.night
def test_a_pipeline_is_erased_once_that_is_confirmed(platform: Platform) -> None:
    example = str(Path(__file__).parents[2] / "manifests" / "examples" / "backfill.yaml")
    run = _yeoul(platform, "run", example)
    assert run.returncode == 0, run.stdout + run.stderr
    asked = _yeoul(platform, "erase", example)
    assert asked.returncode == 1
    assert "Nothing was removed. With --yes it is." in asked.stdout
    done = _yeoul(platform, "erase", example, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _yeoul(platform, "erase", example).stdout != asked.stdout, "there is less than before"


def test_a_time_that_is_none_is_answered_with_the_form(platform: Platform) -> None:
    example = str(Path(__file__).parents[2] / "manifests" / "examples" / "upsert.yaml")
    done = _yeoul(platform, "reset-to", example, "--to", "yesterday")
    assert (done.returncode, "2026-11-23T12:00:00+09:00" in done.stderr) == (2, True)
