from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest


def run(*argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "yeoul_ingest", *argv],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "COLUMNS": "100"} | env,
    )


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--help"], "simulate"),
        (["poll", "--help"], "YEOUL_POLL_BOOTSTRAP_SERVERS"),
        (["simulate", "--help"], "YEOUL_SIMULATE_TRACKS"),
    ],
)
def test_help_is_there(argv: list[str], said: str) -> None:
    done = run(*argv)
    assert (done.returncode, said in done.stdout) == (0, True)


@pytest.mark.parametrize("command", ["poll", "simulate"])
def test_the_key_is_refused_as_an_argument(command: str) -> None:
    done = run(command, "--api-key", "s3cret")
    assert done.returncode == 2
    assert "--api-key-file" in done.stderr
    assert "s3cret" not in done.stderr


def test_missing_options_are_all_named() -> None:
    stderr = run("poll").stderr
    assert all(option in stderr for option in ("--url", "--topic", "--bootstrap-servers"))


def test_a_missing_key_is_named() -> None:
    done = run("poll", "--url", "http://h", "--topic", "t", "--bootstrap-servers", "127.0.0.1:1")
    assert done.returncode == 2
    assert "YEOUL_POLL_API_KEY" in done.stderr


def test_an_unusable_file_of_tracks_is_named(tmp_path: Path) -> None:
    done = run("simulate", "--tracks", str(tmp_path / "nope"), YEOUL_SIMULATE_API_KEY="k")
    assert (done.returncode, "nope" in done.stderr) == (2, True)


def test_a_port_in_use_is_named(key_file: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "yeoul_ingest", "simulate", "--api-key-file", str(key_file)],
        stdout=subprocess.PIPE,
        text=True,
    ) as first:
        assert first.stdout
        port = httpx.URL(first.stdout.readline().partition(": ")[0]).port
        done = run("simulate", "--api-key-file", str(key_file), "--port", str(port))
        first.terminate()
    assert done.returncode == 1
    assert f"--port {port}" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_simulator_well(key_file: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "yeoul_ingest", "simulate", "--api-key-file", str(key_file)],
        stdout=subprocess.PIPE,
        text=True,
    ) as simulator:
        assert simulator.stdout
        assert "163 vehicles" in simulator.stdout.readline()
        simulator.send_signal(number)
    assert simulator.returncode == 0


def test_kafka_that_cannot_be_reached_is_named_with_its_remedy(key_file: Path) -> None:
    done = run(
        *("poll", "--url", "http://127.0.0.1:1", "--topic", "t", "--for", "1"),
        *("--bootstrap-servers", "127.0.0.1:1", "--api-key-file", str(key_file)),
    )
    assert done.returncode == 1
    assert "--bootstrap-servers 127.0.0.1:1: Kafka cannot be asked" in done.stderr


def test_an_unknown_kafka_option_is_named(key_file: Path) -> None:
    done = run(
        *("poll", "--url", "http://127.0.0.1:1", "--topic", "t", "--kafka-option", "foo=bar"),
        *("--bootstrap-servers", "127.0.0.1:1", "--api-key-file", str(key_file)),
    )
    assert (done.returncode, '"foo"' in done.stderr) == (2, True)
