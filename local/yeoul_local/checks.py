"""What can be known to fail before it does, and what a part that died last said."""

import os
import shutil
import time
from pathlib import Path

import psutil

from yeoul_local import ports
from yeoul_local.errors import LocalError

_LEAST_FREE_BYTES = 2 * 1024**3
_SHOWN_LINES = 15


def check_disk(folder: Path, least: int = _LEAST_FREE_BYTES) -> None:
    """Refuse to start on a nearly full disk, before something breaks half-way."""
    free = shutil.disk_usage(folder).free
    if free < least:
        raise LocalError(
            f"The disk of {folder} has {free / 1024**3:.1f} GB free; the platform needs 2 GB.",
            "Free some space (`yeoul reset` deletes the platform's data), or name a folder on "
            "another disk in YEOUL_HOME.",
        )


def check_port(name: str, port: int, patience: float = 2.0) -> None:
    """Refuse to start a part whose port another program took meanwhile.

    Args:
        name: the port's name.
        port: its number.
        patience: seconds to wait for a program that is about to let it go.
    """
    deadline = time.monotonic() + patience
    while not ports.is_free(port):
        if time.monotonic() > deadline:
            raise LocalError(
                f"The port {port} of `{name}` is in use by {listener(port)}.",
                "Stop that program, or run `yeoul up --new-ports` to choose another port.",
            )
        time.sleep(0.1)


def listener(port: int) -> str:
    """Who listens on a port, in words."""
    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN
            if listens and connection.pid and connection.laddr[1:] == (port,):
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return "another program"


def died(name: str, log: Path) -> LocalError:
    """What a part that ended by itself last said."""
    return LocalError(
        f"{name} ended while it started. The end of its log:\n{tail(log, _SHOWN_LINES)}",
        f"The whole log is {log}. If its data is damaged, `yeoul reset` begins anew.",
    )


def tail(log: Path, lines: int) -> str:
    """The last lines of a log (of its last 256 KiB)."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 256 * 1024))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return "(there is none)"
    return "\n".join(text.splitlines()[-lines:]) if lines > 0 else ""
