"""Processes that never outlive the one that started them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

Condition = Callable[[], bool]

_TAIL_LINES = 20
# An owner that died before the kernel was asked to kill its child would leave it for ever.
_UNLESS_ORPHAN = '[ "$PPID" = "$0" ] || exit 1; exec "$@"'


class BedError(Exception):
    """The bed cannot do what was asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Process:
    """A running process and the file that its output goes to."""

    name: str
    child: subprocess.Popen[bytes]
    log: Path

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.child.poll() is None

    def tail(self) -> str:
        """The last lines of its output."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_TAIL_LINES:])

    def stop(self, grace: float = 0.0) -> None:
        """End it: asked first when there is a grace, in seconds, killed after."""
        if self.alive and grace:
            self.child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.child.wait(grace)
        if self.alive:
            self.child.kill()
        self.child.wait()

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        self.child.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.child.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def frozen(processes: Sequence[psutil.Process]) -> Iterator[None]:
    """Within the block these stand still; those that end meanwhile are forgotten."""
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


def start(
    name: str, argv: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> Process:
    """Start a process that the kernel kills when we die, whatever we die of.

    Raises:
        BedError: not called from the main thread; the kernel would kill the process with ours.
    """
    if threading.current_thread() is not threading.main_thread():
        raise BedError(f"{name}: processes of the bed must be started from the main thread")
    with log.open("ab") as out:
        child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "sh", "-c", _UNLESS_ORPHAN, str(os.getpid()), *argv],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            # Ctrl-C in a terminal is for us; we end our children in order.
            start_new_session=True,
        )
    return Process(name, child, log)


def wait_for(
    what: str,
    condition: Condition,
    seconds: float,
    watched: Sequence[Process] = (),
    pause: float = 0.05,
) -> None:
    """Wait until the condition holds.

    Raises:
        BedError: it did not within `seconds`, or one of the watched processes ended.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        for process in watched:
            if not process.alive:
                code = process.child.returncode
                raise BedError(
                    f"{process.name} ended with {code} while waiting for {what}:\n{process.tail()}"
                )
        if time.monotonic() > deadline:
            tails = "\n".join(f"--- {one.name}\n{one.tail()}" for one in watched)
            raise BedError(f"{what}: not within {seconds:.0f} s\n{tails}")
        time.sleep(pause)
