"""End processes: asked first, killed after, and with all that is below them."""

import signal
import time
from collections.abc import Iterable

import psutil

from yeoul_local.processes import lives

_KILL_SECONDS = 10.0


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
    """Ask the processes to stop, give them `grace` seconds, then kill all that is left.

    Processes below them that outlive their parent are killed too.
    """
    roots = list(processes)
    everyone = with_descendants(roots)
    for process in roots:
        send(process, first)
        # One that was paused (SIGSTOP) would never hear of it.
        send(process, signal.SIGCONT)
    if wait_gone(roots, grace):
        # Children of a server that ended well need a moment to see it.
        wait_gone(everyone, 1.0)
    late = [process for process in with_descendants(everyone) if lives(process)]
    for process in late:
        send(process, signal.SIGKILL)
    wait_gone(late, _KILL_SECONDS)


def wait_gone(processes: Iterable[psutil.Process], seconds: float) -> bool:
    """Wait until none of them lives; False if some still do after `seconds`."""
    deadline = time.monotonic() + seconds
    left = [process for process in processes if lives(process)]
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = [process for process in left if lives(process)]
    return not left
