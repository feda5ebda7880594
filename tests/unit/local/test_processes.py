"""Processes are started, known again, and ended: ours only."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from yeoul_local import ending, processes
from yeoul_local.processes import Command
from yeoul_local.state import ProcessRecord

SLEEP = Command(("sleep", "600"))
STUBBORN = Command(("sh", "-c", "trap '' TERM; while :; do sleep 1; done"))
PARENT = Command(("sh", "-c", "sleep 600 & wait"))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "run").mkdir()
    yield tmp_path
    ending.end(processes.strays(tmp_path), 0)


def _start(command: Command, home: Path, name: str = "part") -> ProcessRecord:
    return processes.start(command, name, home, home / "log")


def _found(record: ProcessRecord, home: Path) -> psutil.Process:
    process = processes.find(record, home)
    assert process is not None
    return process


def test_a_started_process_is_found(home: Path) -> None:
    record = _start(SLEEP, home)
    assert _found(record, home).pid == record.pid


def test_a_pid_that_began_at_another_time_is_anothers(home: Path) -> None:
    record = _start(SLEEP, home)
    earlier = record.model_copy(update={"created": record.created - 60})
    assert processes.find(earlier, home) is None


def test_a_process_of_another_home_is_anothers(home: Path) -> None:
    record = _start(SLEEP, home)
    assert processes.find(record, home.with_name("other")) is None


def test_a_process_without_our_mark_is_anothers(home: Path) -> None:
    with subprocess.Popen(["sleep", "600"], cwd=home) as stranger:
        created = psutil.Process(stranger.pid).create_time()
        record = ProcessRecord(name="part", pid=stranger.pid, created=created)
        try:
            assert processes.find(record, home) is None
        finally:
            stranger.kill()


def test_an_ended_process_is_not_found(home: Path) -> None:
    record = _start(SLEEP, home)
    ending.end([_found(record, home)], 5)
    assert processes.find(record, home) is None


def test_an_unrecorded_process_is_a_stray(home: Path) -> None:
    record = _start(SLEEP, home)
    assert [stray.pid for stray in processes.strays(home)] == [record.pid]


def test_strays_are_told_apart_by_name(home: Path) -> None:
    _start(SLEEP, home, "one")
    assert processes.strays(home, "two") == []


def test_a_home_whose_path_goes_on_is_another(home: Path) -> None:
    _start(SLEEP, home)
    assert processes.strays(Path(str(home)[:-1])) == []


def test_one_that_does_not_listen_is_killed(home: Path) -> None:
    process = _found(_start(STUBBORN, home), home)
    ending.end([process], 0.2)
    assert not processes.lives(process)


def test_one_that_is_paused_is_ended(home: Path) -> None:
    process = _found(_start(SLEEP, home), home)
    process.send_signal(signal.SIGSTOP)
    ending.end([process], 5)
    assert not processes.lives(process)


def test_its_children_end_with_it(home: Path) -> None:
    process = _found(_start(PARENT, home), home)
    while not process.children():
        pass
    children = process.children()
    ending.end([process], 1)
    assert ending.wait_gone(children, 0)


def test_it_runs_in_a_session_of_its_own(home: Path) -> None:
    record = _start(Command(("sh", "-c", "ps -o sid= -p $$; sleep 600")), home)
    while not (home / "log").read_text().strip():
        pass
    assert int((home / "log").read_text()) == record.pid


def test_a_tool_is_waited_for(home: Path) -> None:
    assert processes.run(Command(("sh", "-c", "echo out; exit 3")), home) == (3, "out\n")
