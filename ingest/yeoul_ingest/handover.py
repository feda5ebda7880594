"""`python -m yeoul_ingest.handover`: waits until Airflow has taken over from a poller.

A hook of Kubernetes runs it before a poller's pod is asked to end; the poller goes on meanwhile:
Airflow needs a minute to start, and an API may show its records no longer than that. Where nobody
takes over it ends at once.
"""

from __future__ import annotations

import argparse
import re
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence

_PAUSE_S = 0.5
_STARTED = re.compile(r'^airflow_ti_start_total\{[^}]*dag_id="\w+_ingest"', re.MULTILINE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Wait, and say what for; always 0, since the pod ends in any case."""
    parser = argparse.ArgumentParser(prog="python -m yeoul_ingest.handover", description=__doc__)
    parser.add_argument("--server", required=True, help="a name that exists if Airflow does")
    parser.add_argument("--scheduler", required=True, help="host:port of Airflow's metrics")
    parser.add_argument("--seconds", type=float, default=300, help="the longest wait")
    given = parser.parse_args(arguments)
    if not exists(given.server):
        return 0
    address = f"http://{given.scheduler}/metrics"
    until(lambda: has_started(read(address)), given.seconds)
    return 0


def exists(host: str) -> bool:
    """Whether a name is known."""
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return False
    return True


def has_started(metrics: str) -> bool:
    """Whether a feed's task has begun, by Airflow's metrics. It waits for the poller to end."""
    return _STARTED.search(metrics) is not None


def read(address: str) -> str:
    """What is there; nothing where there is none."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=5) as answer:
            return str(answer.read().decode())
    except (OSError, ValueError):
        return ""


def until(holds: Callable[[], bool], seconds: float) -> bool:
    """Wait until it holds; False if it still does not after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE_S)
    return True


if __name__ == "__main__":
    raise SystemExit(main())
