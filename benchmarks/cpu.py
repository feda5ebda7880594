"""CPU time of everything that takes part: this process, Spark's JVM and workers, the platform."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_SAMPLE_S = 0.5


def cpu_seconds(home: Path) -> float:
    """Return user + system seconds so far of all processes of this benchmark.

    A process belongs to it when it descends from this one, or from a part of the platform at
    `home` (their environment names it). Children that ended count through their parents.
    """
    seen: dict[int, float] = {}
    for process in _everyone(home):
        try:
            seen[process.pid] = sum(process.cpu_times()[:4])
        except psutil.Error:
            continue
    return sum(seen.values())


@dataclass
class Meter:
    """CPU seconds from a moment on, of processes that may end meanwhile.

    It looks twice a second: what a process uses between the last look and its end is not seen.
    """

    home: Path
    _first: dict[int, float] = field(default_factory=dict)
    _last: dict[int, float] = field(default_factory=dict)
    _done: threading.Event = field(default_factory=threading.Event)

    @property
    def seconds(self) -> float:
        """User + system seconds so far."""
        return sum(last - self._first.get(pid, 0.0) for pid, last in self._last.items())

    def run(self) -> None:
        """Look until the end."""
        while not self._done.wait(_SAMPLE_S):
            self.look()

    def look(self) -> None:
        """Note what each process has used."""
        for process in _everyone(self.home):
            try:
                self._last[process.pid] = sum(process.cpu_times()[:2])
            except psutil.Error:
                continue

    def begin(self) -> None:
        """Count from now on."""
        self.look()
        self._first = dict(self._last)

    def end(self) -> None:
        """Stop looking."""
        self._done.set()


@contextmanager
def metered(home: Path) -> Iterator[Meter]:
    """Give a meter of the block, of this process's descendants and the platform at `home`."""
    meter = Meter(home)
    meter.begin()
    thread = threading.Thread(target=meter.run, daemon=True)
    thread.start()
    try:
        yield meter
    finally:
        meter.end()
        thread.join()
        meter.look()


def _everyone(home: Path) -> list[psutil.Process]:
    roots = [psutil.Process(), *_parts(home)]
    return [process for root in roots for process in (root, *_children(root))]


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _parts(home: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            owner = process.environ().get("YEOUL_PROCESS", "").partition("|")[0]
        except psutil.Error:
            continue
        if owner == str(home):
            found.append(process)
    return found
