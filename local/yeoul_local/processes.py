"""Start processes and know them again."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from yeoul_local.state import ProcessRecord

# In the environment of every process we start: `<home>|<name>`.
MARKER = "YEOUL_PROCESS"
# The name of what we start and wait for, such as formatting.
TOOL = "tool"
# The kernel's start times are rounded, and move when the clock is set.
_SAME_START_SECONDS = 2.0
_YOUNG_SECONDS = 2.0
_AS_USER = Path(__file__).with_name("as_user.py")

# Children must be waited for by the one that started them, or they stay as zombies.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Command:
    """A process to start.

    Attributes:
        argv: program and arguments.
        env: variables on top of this process's own.
        cwd: its working folder; None for the instance's run folder.
        uid: the user to run as, when that is not this one.
        gid: that user's group.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    uid: int | None = None
    gid: int | None = None

    def full_argv(self) -> list[str]:
        """The arguments, through the change of user where there is one."""
        if self.uid is None or self.gid is None:
            return list(self.argv)
        change = [sys.executable, "-I", str(_AS_USER), str(self.uid), str(self.gid)]
        return [*change, *self.argv]

    def environment(self, home: Path, name: str) -> dict[str, str]:
        """Its variables, with the mark by which it is known again."""
        return {**os.environ, **self.env, MARKER: marker(home, name)}


def marker(home: Path, name: str) -> str:
    """The value of `MARKER` for a process of that home."""
    return f"{home}|{name}"


def start(command: Command, name: str, home: Path, log: Path) -> ProcessRecord:
    """Start `command` in a session of its own, its output appended to `log`."""
    with log.open("ab") as out:
        child = subprocess.Popen(
            command.full_argv(),
            env=command.environment(home, name),
            cwd=command.cwd or home / "run",
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _children[child.pid] = child
    try:
        created = psutil.Process(child.pid).create_time()
    except psutil.NoSuchProcess:
        created = time.time()
    return ProcessRecord(name=name, pid=child.pid, created=created)


def run(command: Command, home: Path) -> tuple[int, str]:
    """Run `command` to its end; its exit code, and what it said."""
    with subprocess.Popen(
        command.full_argv(),
        env=command.environment(home, TOOL),
        cwd=command.cwd or home / "run",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as tool:
        try:
            output, _ = tool.communicate()
        except BaseException:
            tool.kill()
            raise
    return tool.returncode, output.decode(errors="replace")


def find(record: ProcessRecord, home: Path) -> psutil.Process | None:
    """The live process of a record; None when it ended, also if its pid is another's now."""
    try:
        process = psutil.Process(record.pid)
        if abs(process.create_time() - record.created) > _SAME_START_SECONDS:
            return None
    except psutil.Error:
        return None
    return process if lives(process) and is_ours(process, home, record.name) else None


def exit_code(record: ProcessRecord) -> int | None:
    """The exit code of a process that this one started; None while it runs, or if unknown."""
    child = _children.get(record.pid)
    return child.poll() if child is not None else None


def lives(process: psutil.Process) -> bool:
    """Whether the process still runs, or still holds anything open."""
    child = _children.get(process.pid)
    if child is not None:
        return child.poll() is None
    try:
        if process.status() != psutil.STATUS_ZOMBIE:
            return process.is_running()
        # The first thread is gone, but others may still be on their way out.
        return process.num_threads() > 1
    except psutil.Error:
        return False


def is_ours(process: psutil.Process, home: Path, name: str | None = None) -> bool:
    """Whether this process was started for that home (and under that name, if given)."""
    wanted = marker(home, name or "")
    try:
        value = _environment(process).get(MARKER, "")
    except psutil.AccessDenied:
        # Another user's environment may be closed even to root; its arguments never are.
        return _names_data(process, home, name)
    except psutil.Error:
        return False
    if value:
        return value == wanted if name else value.startswith(wanted)
    # PostgreSQL's children write their title over their environment.
    return _works_in_data(process, home, name)


def _environment(process: psutil.Process) -> dict[str, str]:
    found: dict[str, str] = process.environ()
    if not found and time.time() - process.create_time() < _YOUNG_SECONDS:
        # Between the start of a program and its first instruction there is none yet.
        time.sleep(0.02)
        return process.environ()
    return found


def strays(home: Path, name: str | None = None) -> list[psutil.Process]:
    """Every live process started for that home (under that name), but not this one or above."""
    this = psutil.Process()
    spared = {this.pid, *(parent.pid for parent in this.parents())}
    return [
        process
        for process in psutil.process_iter()
        if process.pid not in spared and lives(process) and is_ours(process, home, name)
    ]


def _names_data(process: psutil.Process, home: Path, name: str | None) -> bool:
    try:
        return str(home / "data" / (name or "")) in " ".join(process.cmdline())
    except psutil.Error:
        return False


def _works_in_data(process: psutil.Process, home: Path, name: str | None) -> bool:
    try:
        return Path(process.cwd()).is_relative_to(home / "data" / (name or ""))
    except (psutil.Error, OSError):
        return False
