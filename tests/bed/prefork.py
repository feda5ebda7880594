"""Operators that start at once: one process imports the program, and forks for each of them.

A start from nothing takes two seconds of CPU, all of it imports; a test that kills an operator
at each of its writes starts a hundred. What is forked is the console script's own `main`, in a
process of its own that can be killed like any other.

    python -m bed.prefork        # reads a start a line from stdin, answers with a process id
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bed import processes
from bed.processes import BedError

_PR_SET_PDEATHSIG = 1
_PAUSE_S = 0.02


@dataclass(frozen=True, slots=True)
class Forked:
    """A process that was forked, and the file that its output goes to."""

    pid: int
    log: Path

    @property
    def alive(self) -> bool:
        """Whether it still runs: one that ended is reaped at once."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def send(self, number: signal.Signals) -> None:
        """Send a signal; to one that has ended, none."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once, and wait until it is gone."""
        self.send(signal.SIGKILL)
        self._wait(10.0)

    def stop(self, grace: float) -> None:
        """Ask it to end; kill it when it has not within so many seconds."""
        self.send(signal.SIGTERM)
        if not self._wait(grace):
            self.kill()

    def tail(self) -> str:
        """The last lines of its output."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-20:])

    def _wait(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.alive and time.monotonic() < deadline:
            time.sleep(_PAUSE_S)
        return not self.alive


class Nursery:
    """The process that forks the others; they end with it."""

    def __init__(self, process: processes.Process, pipes: tuple[int, int]) -> None:
        self._process = process
        self._orders, self._answers = pipes
        self._buffer = b""

    def start(
        self, argv: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> Forked:
        """Start `yeoul-operator` with these arguments."""
        order = {"argv": list(argv), "log": str(log), "environment": dict(environment or {})}
        os.write(self._orders, json.dumps(order).encode() + b"\n")
        return Forked(int(self._answer()), log)

    def _answer(self) -> bytes:
        while b"\n" not in self._buffer:
            got = os.read(self._answers, 4096)
            if not got:
                raise BedError(f"the nursery has ended:\n{self._process.tail()}")
            self._buffer += got
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line


@contextmanager
def nursery(folder: Path, preload: Path | None = None) -> Iterator[Nursery]:
    """Start the process that forks, and end it with all that it forked.

    `preload` is a library that goes before the others in all of them.
    """
    orders, answers = folder / "orders", folder / "answers"
    for pipe in (orders, answers):
        os.mkfifo(pipe)
    command = [sys.executable, "-m", "bed.prefork", str(orders), str(answers)]
    paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    if preload is not None:
        environment["LD_PRELOAD"] = str(preload)
    process = processes.start("nursery", command, folder / "nursery.log", environment)
    # Opened for both ways, so that opening does not wait for the other side.
    pipes = os.open(orders, os.O_RDWR), os.open(answers, os.O_RDWR)
    try:
        yield Nursery(process, pipes)
    finally:
        process.stop()
        for descriptor in pipes:
            os.close(descriptor)


def _serve(orders: Path, answers: Path) -> None:
    # The process of the tests needs none of it.
    from yeoul_operator.main import main

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with orders.open("rb") as lines, answers.open("wb", buffering=0) as out:
        for line in lines:
            order = json.loads(line)
            pid = os.fork()
            if pid == 0:
                _become(main, order)
            out.write(b"%d\n" % pid)


def _become(main: Any, order: dict[str, Any]) -> None:
    """Be an operator, to the end of the process."""
    code = 1
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        null = os.open(os.devnull, os.O_RDONLY)
        for target, source in ((0, null), (1, log), (2, log)):
            os.dup2(source, target)
        os.closerange(3, 256)
        os.environ.update(order["environment"])
        sys.argv = ["yeoul-operator", *order["argv"]]
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), Path(sys.argv[2]))
