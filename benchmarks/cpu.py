"""CPU time of everything that takes part: this process, Spark's JVM and workers, the platform."""

from pathlib import Path

import psutil


def cpu_seconds(home: Path) -> float:
    """Return user + system seconds so far of all processes of this benchmark.

    A process belongs to it when it descends from this one, or from a part of the platform at
    `home` (their environment names it). Children that ended count through their parents.
    """
    seen: dict[int, float] = {}
    roots = [psutil.Process(), *_parts(home)]
    for root in roots:
        for process in [root, *_children(root)]:
            try:
                seen[process.pid] = sum(process.cpu_times()[:4])
            except psutil.Error:
                continue
    return sum(seen.values())


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
