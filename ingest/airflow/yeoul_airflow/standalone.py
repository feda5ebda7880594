"""`python -m yeoul_airflow.standalone`: all of Airflow on one machine, begun and ended in order.

Airflow's own `standalone` begins and ends its parts at once. A scheduler that is up before the
api-server spends the tries of tasks; one that ends after it cannot tell how they went, and they
count as running for minutes after the next start. Its output is that of all parts.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from yeoul_airflow.waiting import until_served

_START_S = 280.0
# As long as the end of a run may take.
_TASKS_S = 40.0
_REST_S = 15.0
_LOOK_S = 0.5

Process = subprocess.Popen[bytes]


def main() -> int:
    """Run until SIGTERM or SIGINT: 0; 1 where a part ends by itself."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    parts: dict[str, Process] = {}
    try:
        _run(["db", "migrate"])
        return _serve(parts)
    except KeyboardInterrupt:
        return 0
    except subprocess.CalledProcessError as error:
        return int(error.returncode)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        _end(parts)


def _serve(parts: dict[str, Process]) -> int:
    server = parts["api-server"] = _start("api-server")
    base = os.environ["AIRFLOW__API__BASE_URL"]
    if not until_served(base, _START_S, lambda: server.poll() is None):
        print(f"the api-server does not answer at {base}", flush=True)
        return 1
    for name in ("scheduler", "dag-processor", "triggerer"):
        parts[name] = _start(name)
    while True:
        ended = [name for name, part in parts.items() if part.poll() is not None]
        if ended:
            print(f"ended by itself: {', '.join(ended)}", flush=True)
            return 1
        time.sleep(_LOOK_S)


def _start(name: str) -> Process:
    # In a group of its own, so that a Ctrl-C reaches it by this process only.
    return subprocess.Popen([_program(), name], process_group=0)


def _run(arguments: Sequence[str]) -> None:
    subprocess.run([_program(), *arguments], check=True)


def _program() -> str:
    return str(Path(sys.executable).with_name("airflow"))


def _end(parts: dict[str, Process]) -> None:
    scheduler = parts.pop("scheduler", None)
    if scheduler is not None and scheduler.poll() is None:
        # Tasks are asked, too: the scheduler waits for them.
        tasks = psutil.Process(scheduler.pid).children(recursive=True)
        for process in [psutil.Process(scheduler.pid), *tasks]:
            _send(process, signal.SIGTERM)
        _wait(scheduler, _TASKS_S)
    for part in parts.values():
        part.terminate()
    for part in parts.values():
        _wait(part, _REST_S)


def _wait(part: Process, seconds: float) -> None:
    try:
        part.wait(seconds)
    except subprocess.TimeoutExpired:
        part.kill()
        part.wait()


def _send(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


if __name__ == "__main__":
    raise SystemExit(main())
