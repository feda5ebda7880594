"""CPU time of everything that takes part: this process, Spark's JVM and workers, the platform."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_SAMPLE_S = 0.5
# Of the times of a process: user and system, then those of its children that ended.
_ALONE, _WITH_ENDED_CHILDREN = 2, 4


def cpu_seconds(home: Path) -> float:
    """Return user + system seconds so far of all processes of this benchmark.

    A process belongs to it when it descends from this one, or from a part of the platform at
    `home` (their environment names it). Children that ended count through their parents.
    """
    return sum(_used(home, _WITH_ENDED_CHILDREN).values())


@dataclass
class Meter:
    """CPU seconds from a moment on, of processes that may end meanwhile.

    It looks twice a second: what a process uses between the last look and its end is not seen.
    """

    home: Path
    _last: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._first = _used(self.home, _ALONE)

    @property
    def seconds(self) -> float:
        """User + system seconds so far."""
        return sum(last - self._first.get(pid, 0.0) for pid, last in self._last.items())

    def look(self) -> None:
        """Note what each process has used."""
        self._last |= _used(self.home, _ALONE)


@contextmanager
def metered(home: Path) -> Iterator[Meter]:
    """Give a meter of the block, of this process's descendants and the platform at `home`."""
    meter, ended = Meter(home), threading.Event()

    def watch() -> None:
        while not ended.wait(_SAMPLE_S):
            meter.look()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield meter
    finally:
        ended.set()
        thread.join()
        meter.look()


def _used(home: Path, times: int) -> dict[int, float]:
    """Return process -> the sum of its first CPU times."""
    used: dict[int, float] = {}
    for process in _everyone(home):
        try:
            used[process.pid] = sum(tuple(process.cpu_times())[:times])
        except psutil.Error:
            continue
    return used


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
