"""Starting parts: in parallel, each followed until it serves or its failure is explained."""

import os
import shutil
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from yeoul_local import jars, ports, processes
from yeoul_local.errors import CancelledError, LocalError
from yeoul_local.events import Event, Report
from yeoul_local.parts import PARTS
from yeoul_local.parts.base import Part, Site
from yeoul_local.state import StateFile

_PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.1
_LEAST_FREE_BYTES = 2 * 1024**3
_LOG_LIMIT_BYTES = 20 * 1024**2
_SHOWN_LINES = 15


@dataclass(frozen=True)
class Start:
    """What to start: parts by name, and whether Spark's jars are wanted too."""

    parts: tuple[str, ...]
    with_spark: bool = False


class Starter:
    """One start of some parts."""

    def __init__(self, site: Site, state_file: StateFile, report: Report) -> None:
        self._site = site
        self._state_file = state_file
        self._tell = report
        self._cancelled = threading.Event()
        self._ready: dict[str, threading.Event] = {}
        self._fetcher = jars.Fetcher(site.home, site.java, os.environ)

    def run(self, start: Start) -> None:
        """Start them all; the first failure calls off the others."""
        check_disk(self._site.home.root)
        self._ready = {name: threading.Event() for name in start.parts}
        with ThreadPoolExecutor(max_workers=len(start.parts) + 1) as pool:
            futures: list[Future[object]] = [
                pool.submit(self._guarded, PARTS[name]) for name in start.parts
            ]
            if start.with_spark:
                futures.append(pool.submit(self._guarded_jars, "spark"))
            try:
                _first_failure(futures, self._cancelled)
            except BaseException:
                self._call_off()
                raise

    def _report(self, event: Event) -> None:
        if self._cancelled.is_set():
            raise CancelledError
        self._tell(event)

    def _call_off(self) -> None:
        self._cancelled.set()
        # Downloads and formatting are not asked whether they were called off; they are ended.
        tools = processes.strays(self._site.home.root, processes.TOOL)
        processes.end(tools, 2)

    def _guarded(self, part: Part) -> None:
        try:
            self._bring_up(part)
        except CancelledError:
            raise
        except BaseException:
            self._cancelled.set()
            self._tell(Event(part.name, "failed"))
            raise

    def _guarded_jars(self, name: str) -> None:
        try:
            jars.ensure(self._fetcher, name, self._report)
        except BaseException:
            self._cancelled.set()
            raise

    def _bring_up(self, part: Part) -> None:
        began = time.monotonic()
        site = self._with_jars(part)
        record = self._state_file.read().processes.get(part.name)
        process = processes.find(record, site.home.root) if record else None
        if process is None:
            self._wait_for(part.after)
            self._report(Event(part.name, "prepare"))
            part.prepare(site)
            process = self._launch(part, site)
            try:
                self._until_ready(part, site, process)
            except BaseException:
                processes.end([process], part.grace, part.stop_signal)
                self._state_file.update(lambda state: state.without_process(part.name))
                raise
        else:
            self._until_ready(part, site, process)
        self._ready[part.name].set()
        self._report(Event(part.name, "ready", seconds=time.monotonic() - began))

    def _with_jars(self, part: Part) -> Site:
        if part.jar_set is None:
            return self._site
        paths = jars.ensure(self._fetcher, part.jar_set, self._report)
        return replace(self._site, jars={part.jar_set: paths})

    def _wait_for(self, names: Sequence[str]) -> None:
        for name in names:
            waited = self._ready.get(name)
            while waited and not waited.wait(_POLL_SECONDS):
                if self._cancelled.is_set():
                    raise CancelledError

    def _launch(self, part: Part, site: Site) -> psutil.Process:
        root = site.home.root
        processes.end(processes.strays(root, part.name), 5)
        for name in part.ports:
            check_port(name, site.ports[name])
        log = site.home.log(part.name)
        roll(log)
        self._report(Event(part.name, "start"))
        record = processes.start(part.command(site), part.name, root, log)
        record = record.model_copy(update={"port": site.ports[part.ports[0]]})
        self._state_file.update(lambda state: state.with_process(record))
        process = processes.find(record, root)
        if process is None:
            raise died(part.name, log)
        return process

    def _until_ready(self, part: Part, site: Site, process: psutil.Process) -> None:
        log = site.home.log(part.name)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            if self._cancelled.is_set():
                raise CancelledError
            if processes.wait_gone([process], 0):
                raise died(part.name, log)
            missing = part.missing(site)
            if missing is None:
                part.finish(site)
                return
            if time.monotonic() > deadline:
                raise LocalError(
                    f"{part.name} runs (process {process.pid}) but does not serve: {missing}.",
                    f"Its log is {log}. `yeoul down` and `yeoul up` start it anew.",
                )
            time.sleep(_POLL_SECONDS)


def _first_failure(futures: Sequence[Future[object]], cancelled: threading.Event) -> None:
    """Wait for all; raise what made the first of them fail, not what it called off."""
    pending = list(futures)
    while pending and not cancelled.is_set():
        pending = [future for future in pending if not future.done()]
        if any(f.done() and f.exception() for f in futures):
            break
        time.sleep(0.02)
    failures = [e for f in futures if f.done() and (e := f.exception())]
    for failure in failures:
        if not isinstance(failure, CancelledError):
            raise failure
    if failures:
        raise failures[0]


def check_disk(folder: Path) -> None:
    """Refuse to start on a nearly full disk, before something breaks half-way."""
    free = shutil.disk_usage(folder).free
    if free < _LEAST_FREE_BYTES:
        raise LocalError(
            f"The disk of {folder} has {free / 1024**3:.1f} GB free; the platform needs 2 GB.",
            "Free some space (`yeoul reset` deletes the platform's data), or name a folder on "
            "another disk in YEOUL_HOME.",
        )


def check_port(name: str, port: int) -> None:
    """Refuse to start a part whose port another program took meanwhile."""
    if not ports.is_free(port):
        raise LocalError(
            f"The port {port} of `{name}` is in use by {_listener(port)}.",
            "Stop that program, or run `yeoul up --new-ports` to choose other ports.",
        )


def _listener(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return "another program"


def roll(log: Path) -> None:
    """Put a log that has grown large aside."""
    if log.is_file() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".1.log"))


def died(name: str, log: Path) -> LocalError:
    """What a part that ended by itself last said."""
    return LocalError(
        f"{name} ended while it started. The end of its log:\n{tail(log, _SHOWN_LINES)}",
        f"The whole log is {log}. If its data is damaged, `yeoul reset` begins anew.",
    )


def tail(log: Path, lines: int) -> str:
    """The last lines of a log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 64 * 1024))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return "(there is none)"
    return "\n".join(text.splitlines()[-lines:])
