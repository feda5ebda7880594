"""Start processes, know them again, and end them: never one that is not ours."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from yeoul_local.state import ProcessRecord

# In the environment of every process we start: `<home>|<name>`.
MARKER = "YEOUL_PROCESS"
# The name of what we start and wait for: downloads, formatting.
TOOL = "tool"
# The kernel's start times are rounded, and move when the clock is set.
_SAME_START_SECONDS = 2.0
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


def marker(home: Path, name: str) -> str:
    """The value of `MARKER` for a process of that home."""
    return f"{home}|{name}"


def start(command: Command, name: str, home: Path, log: Path) -> ProcessRecord:
    """Start `command` in a session of its own, its output appended to `log`."""
    env = {**os.environ, **command.env, MARKER: marker(home, name)}
    with log.open("ab") as out:
        child = subprocess.Popen(
            command.full_argv(),
            env=env,
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


def find(record: ProcessRecord, home: Path) -> psutil.Process | None:
    """The live process of a record; None when it ended, also if its pid is another's now."""
    child = _children.get(record.pid)
    if child is not None and child.poll() is not None:
        del _children[record.pid]
    try:
        process = psutil.Process(record.pid)
        if abs(process.create_time() - record.created) > _SAME_START_SECONDS:
            return None
        if process.status() == psutil.STATUS_ZOMBIE or not is_ours(process, home, record.name):
            return None
    except psutil.Error:
        return None
    return process


def is_ours(process: psutil.Process, home: Path, name: str | None = None) -> bool:
    """Whether this process was started for that home (and under that name, if given)."""
    wanted = marker(home, name or "")
    try:
        value = process.environ().get(MARKER, "")
        return value == wanted if name else value.startswith(wanted)
    except psutil.AccessDenied:
        # Another user's environment may be closed even to root; its arguments never are.
        return _names_home(process, home, name)
    except psutil.Error:
        return False


def _names_home(process: psutil.Process, home: Path, name: str | None) -> bool:
    try:
        return any(str(home / "data" / (name or "")) in word for word in process.cmdline())
    except psutil.Error:
        return False


def strays(home: Path, name: str | None = None) -> list[psutil.Process]:
    """Every live process started for that home (under that name), but not this one or above."""
    this = psutil.Process()
    spared = {this.pid, *(parent.pid for parent in this.parents())}
    return [
        process
        for process in psutil.process_iter()
        if process.pid not in spared and _lives(process) and is_ours(process, home, name)
    ]


def with_descendants(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """The processes and all below them, each once."""
    found: dict[int, psutil.Process] = {}
    for process in processes:
        found[process.pid] = process
        try:
            found.update({child.pid: child for child in process.children(recursive=True)})
        except psutil.Error:
            continue
    return list(found.values())


def send(process: psutil.Process, number: int) -> None:
    """Send a signal; a process that is gone already is fine."""
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def end(processes: Iterable[psutil.Process], grace: float, first: int = signal.SIGTERM) -> None:
    """Ask the processes to stop, give them `grace` seconds, then kill all that is left of them.

    Processes below them that outlive their parent are killed too.
    """
    roots = list(processes)
    everyone = with_descendants(roots)
    for process in roots:
        send(process, first)
    wait_gone(roots, grace)
    late = [process for process in with_descendants(everyone) if _lives(process)]
    if late:
        # Children of a server that ended well need a moment to see it.
        wait_gone(late, 1.0 if not any(_lives(root) for root in roots) else 0.0)
    for process in late:
        if _lives(process):
            send(process, signal.SIGKILL)
    wait_gone(late, 10.0)


def wait_gone(processes: Iterable[psutil.Process], seconds: float) -> bool:
    """Wait until none of them lives; False if some still do after `seconds`."""
    deadline = time.monotonic() + seconds
    left = [process for process in processes if _lives(process)]
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = [process for process in left if _lives(process)]
    return not left


def _lives(process: psutil.Process) -> bool:
    child = _children.get(process.pid)
    if child is not None and child.poll() is not None:
        del _children[process.pid]
        return False
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def memory(process: psutil.Process) -> int | None:
    """Proportional set size of a process and all below it, in bytes; None if unreadable."""
    try:
        return sum(p.memory_full_info().pss for p in with_descendants([process]))
    except (psutil.Error, AttributeError):
        return None
