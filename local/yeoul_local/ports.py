"""Loopback ports: chosen once, free at that time, and the same ever after."""

import fcntl
import os
import random
import socket
import tempfile
import threading
from collections.abc import Iterable
from functools import cache

from yeoul_local.errors import LocalError

LOOPBACK = "127.0.0.1"
# Below the ephemeral range (32768 and up on Linux): while a part is down, no outgoing
# connection of another program is given its port by chance.
_RANGE = range(20_000, 32_000)
_TRIES = 200
# Ports this process has chosen. Between the choice and the server that listens, nothing else
# tells them from free ones.
_claimed: set[int] = set()
_claiming = threading.Lock()


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def accepts(port: int) -> bool:
    """Whether something listens on this loopback port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def choose(names: Iterable[str], taken: Iterable[int], dice: random.Random) -> dict[str, int]:
    """A free port for each name, none of them in `taken`.

    While this process lives, no other call by this user on this machine chooses them, so
    platforms that start at the same time do not meet.

    Raises:
        LocalError: no free port was found in 200 tries.
    """
    used = set(taken)
    chosen: dict[str, int] = {}
    for name in names:
        port = _one(used, dice)
        used.add(port)
        chosen[name] = port
    return chosen


def _one(used: set[int], dice: random.Random) -> int:
    for _ in range(_TRIES):
        port = dice.choice(_RANGE)
        if port not in used and _claim(port):
            return port
    raise LocalError(
        f"No free loopback port between {_RANGE.start} and {_RANGE.stop - 1} in {_TRIES} tries.",
        "Stop some of the servers on this machine (`ss -ltn` shows them) and try again.",
    )


def _claim(port: int) -> bool:
    """Take a free port for this process; whether it could be had."""
    with _claiming:
        if port in _claimed or not is_free(port):
            return False
        try:
            # One byte for each port. Such a lock ends with its process, however that ends.
            fcntl.lockf(_claims(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        except BlockingIOError:
            return False
        _claimed.add(port)
        return True


@cache
def _claims() -> int:
    """The file, always empty, in which all of this user's processes lock what they claim.

    It is opened once: to close any descriptor of it would give all locks back.
    """
    path = f"{tempfile.gettempdir()}/yeoul-ports-{os.getuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
