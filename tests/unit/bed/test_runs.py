"""What outlives its owner, and what does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bed import processes, runs
from bed.processes import BedError
from yeoul_local.processes import lives

_OWNER = """
import sys, time
from pathlib import Path
from bed import processes, runs
with runs.run_folder("t", Path(sys.argv[1])) as folder:
    child = processes.start("sleep", ["sleep", "600"], folder / "log" / "sleep.log")
    print(child.child.pid, folder, flush=True)
    time.sleep(600)
"""


def killed_owner(base: Path) -> tuple[psutil.Process, Path]:
    """A process and a folder, both as they are after the kill -9 of their owner."""
    command = [sys.executable, "-c", _OWNER, str(base)]
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as owner:
        assert owner.stdout is not None
        pid, folder = owner.stdout.readline().split()
        child = psutil.Process(int(pid))
        owner.kill()
    return child, Path(folder)


def test_processes_die_with_an_owner_that_is_killed(tmp_path: Path) -> None:
    child, _ = killed_owner(tmp_path)
    processes.wait_for("the child's end", lambda: not lives(child), 30)


def test_folder_of_a_killed_owner_is_swept(tmp_path: Path) -> None:
    _, folder = killed_owner(tmp_path)
    assert runs.sweep(tmp_path) == [folder]


def test_folder_of_a_living_owner_is_spared(tmp_path: Path) -> None:
    with runs.run_folder("t", tmp_path):
        assert runs.sweep(tmp_path) == []


def test_folder_goes_with_its_block(tmp_path: Path) -> None:
    with runs.run_folder("t", tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_end_of_a_watched_process_is_told_with_its_output(tmp_path: Path) -> None:
    child = processes.start("talker", ["sh", "-c", "echo no room; exit 7"], tmp_path / "log")
    with pytest.raises(BedError, match=r"talker ended with 7 while waiting for it:\nno room"):
        processes.wait_for("it", lambda: False, 30, (child,))


def test_what_was_waited_for_in_vain_is_told(tmp_path: Path) -> None:
    child = processes.start("sleeper", ["sleep", "60"], tmp_path / "log")
    with pytest.raises(BedError, match=r"^the moon: not within 0 s"):
        processes.wait_for("the moon", lambda: False, 0.01, (child,))
    child.stop()


def test_stop_is_an_end(tmp_path: Path) -> None:
    child = processes.start("sleeper", ["sleep", "60"], tmp_path / "log")
    child.stop(grace=5.0)
    assert not child.alive


def test_paused_process_can_be_stopped(tmp_path: Path) -> None:
    child = processes.start("sleeper", ["sleep", "60"], tmp_path / "log")
    child.pause()
    child.stop()
    assert not child.alive
