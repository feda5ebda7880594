"""`python -m yeoul_airflow.standalone`: Airflow's own standalone, ended in good order.

Standalone ends all its parts at once: a task at work could no longer tell how it went, and would
count as running for minutes after the next start. Here tasks are asked to end first, and the
scheduler, which waits for them, before the rest.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

# As long as the end of a run may take.
_TASKS_S = 40.0
_REST_S = 15.0


def main() -> int:
    """Run until SIGTERM or SIGINT; the exit code of Airflow where it ends by itself."""
    programs = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}
    # In a group of its own, so that a Ctrl-C reaches it by this process only.
    airflow = subprocess.Popen([str(programs / "airflow"), "standalone"], env=env, process_group=0)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    try:
        return airflow.wait()
    except KeyboardInterrupt:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        _end(psutil.Process(airflow.pid))
        return 0


def _end(airflow: psutil.Process) -> None:
    schedulers = [one for one in airflow.children() if _is_scheduler(one)]
    tasks = [task for one in schedulers for task in one.children(recursive=True)]
    for process in [*schedulers, *tasks]:
        _send(process, signal.SIGTERM)
    deadline = time.monotonic() + _TASKS_S
    # Standalone does not wait for its children before it ends: what is over is a zombie.
    while any(_works(one) for one in schedulers) and time.monotonic() < deadline:
        time.sleep(0.1)
    _send(airflow, signal.SIGINT)
    rest = airflow.children(recursive=True)
    psutil.wait_procs([airflow], _REST_S)
    for process in [airflow, *rest]:
        _send(process, signal.SIGKILL)
    psutil.wait_procs([airflow], _REST_S)


def _works(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _is_scheduler(process: psutil.Process) -> bool:
    try:
        return "scheduler" in process.cmdline() or "airflow scheduler" in " ".join(
            process.cmdline()
        )
    except psutil.Error:
        return False


def _send(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


if __name__ == "__main__":
    raise SystemExit(main())
