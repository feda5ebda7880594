"""One command at a time changes which processes an instance has."""

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yeoul_local.errors import LocalError
from yeoul_local.home import Home


@contextmanager
def exclusive(home: Home, patience: float = 15.0) -> Iterator[None]:
    """Hold the instance's lock; the kernel frees it even if this process is killed.

    Args:
        home: the instance.
        patience: seconds to wait for another command to end.

    Raises:
        LocalError: another command still holds it.
    """
    path = home.root / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        deadline = time.monotonic() + patience
        while not _taken(file.fileno()):
            if time.monotonic() > deadline:
                raise _busy(path)
            time.sleep(0.1)
        file.truncate(0)
        file.write(f"{os.getpid()} {Path(sys.argv[0]).name} {' '.join(sys.argv[1:])}")
        file.flush()
        yield
        file.truncate(0)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _busy(path: Path) -> LocalError:
    pid, _, command = path.read_text(encoding="utf-8").partition(" ")
    who = f"`{command.strip()}` (process {pid})" if pid else "Another command"
    return LocalError(
        f"{who} is changing the platform in {path.parent} right now.",
        "Wait for it, or stop it with Ctrl-C or `kill`, and try again.",
    )
