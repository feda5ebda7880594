"""Starting parts: in parallel, each followed until it serves or its failure is explained."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from yeoul_local import jars, processes
from yeoul_local.checks import check_disk, check_port, died
from yeoul_local.ending import end, wait_gone
from yeoul_local.errors import CancelledError, LocalError
from yeoul_local.events import Event, Report
from yeoul_local.ivy import Fetcher, process_name
from yeoul_local.locked import SETS
from yeoul_local.parts import PARTS
from yeoul_local.parts.base import Part, Site, Slow
from yeoul_local.state import StateFile

_PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.1
_CANCEL_GRACE_SECONDS = 3.0
_LOG_LIMIT_BYTES = 20 * 1024**2


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
        self._fetcher = Fetcher(site.home, site.java, os.environ)

    def run(self, start: Start) -> None:
        """Start them all; the first failure, or Ctrl-C, calls off the others."""
        check_disk(self._site.home.root)
        # A start that was killed may have left one at work.
        self._end_tools([processes.TOOL])
        self._ready = {name: threading.Event() for name in start.parts}
        tasks: dict[str, Callable[[], None]] = {
            name: lambda part=PARTS[name]: self._bring_up(part)  # type: ignore[misc]
            for name in start.parts
        }
        if start.with_spark:
            tasks["jars spark"] = self._fetch_spark
        with ThreadPoolExecutor(max_workers=len(tasks)) as pool:
            futures = [pool.submit(self._guarded, name, task) for name, task in tasks.items()]
            try:
                _first_failure(futures)
            except BaseException:
                self._cancelled.set()
                # Downloads and formatting do not ask whether they were called off.
                self._end_tools([processes.TOOL, *map(process_name, SETS)])
                raise

    def _end_tools(self, names: Sequence[str]) -> None:
        root = self._site.home.root
        end([stray for name in names for stray in processes.strays(root, name)], 2)

    def _guarded(self, name: str, task: Callable[[], None]) -> None:
        try:
            task()
        except BaseException:
            if not self._cancelled.is_set():
                self._tell(Event(name, "failed"))
            raise

    def _report(self, event: Event) -> None:
        self._check()
        self._tell(event)

    def _check(self) -> None:
        if self._cancelled.is_set():
            raise CancelledError

    def _fetch_spark(self) -> None:
        jars.ensure(self._fetcher, "spark", self._report)

    def _bring_up(self, part: Part) -> None:
        began = time.monotonic()
        site = self._with_jars(part)
        record = self._state_file.read().processes.get(part.name)
        process = processes.find(record, site.home.root) if record else None
        if process is not None:
            self._until_ready(part, site, process)
        else:
            self._start(part, site)
        self._ready[part.name].set()
        self._report(Event(part.name, "ready", seconds=time.monotonic() - began))

    def _start(self, part: Part, site: Site) -> None:
        for name in part.after:
            while name in self._ready and not self._ready[name].wait(_POLL_SECONDS):
                self._check()
        self._report(Event(part.name, "prepare"))
        # What is left of one that was killed may still hold its files.
        end(processes.strays(site.home.root, part.name), 5)
        part.prepare(site)
        process = self._launch(part, site)
        try:
            self._until_ready(part, site, process)
        except BaseException:
            end([process], _CANCEL_GRACE_SECONDS, part.stop_signal)
            self._state_file.update(lambda state: state.without_process(part.name))
            raise

    def _with_jars(self, part: Part) -> Site:
        if part.jar_set is None:
            return self._site
        paths = jars.ensure(self._fetcher, part.jar_set, self._report)
        return replace(self._site, jars={part.jar_set: paths})

    def _launch(self, part: Part, site: Site) -> psutil.Process:
        for name in part.ports:
            check_port(name, site.ports[name])
        log = site.home.log(part.name)
        roll(log)
        self._report(Event(part.name, "start"))
        record = processes.start(part.command(site), part.name, site.home.root, log)
        record = record.model_copy(update={"port": site.ports[part.ports[0]]})
        self._state_file.update(lambda state: state.with_process(record))
        try:
            return psutil.Process(record.pid)
        except psutil.NoSuchProcess:
            raise died(part.name, log) from None

    def _until_ready(self, part: Part, site: Site, process: psutil.Process) -> None:
        log = site.home.log(part.name)
        patience = part.patience if isinstance(part, Slow) else _PATIENCE_SECONDS
        deadline = time.monotonic() + patience
        while True:
            self._check()
            missing = part.missing(site)
            if wait_gone([process], 0):
                raise died(part.name, log)
            if missing is None:
                part.finish(site)
                return
            if time.monotonic() > deadline:
                raise LocalError(
                    f"{part.name} runs (process {process.pid}) but does not serve: {missing}.",
                    f"Its log is {log}. `yeoul down` and `yeoul up` start it anew.",
                )
            time.sleep(_POLL_SECONDS)


def _first_failure(futures: Sequence[Future[None]]) -> None:
    """Wait until all are done; raise the first failure as soon as it is there."""
    while True:
        done = [future for future in futures if future.done()]
        failures = [failure for future in done if (failure := future.exception())]
        if failures:
            raise failures[0]
        if len(done) == len(futures):
            return
        time.sleep(0.02)


def roll(log: Path) -> None:
    """Put a log that has grown large aside."""
    if log.is_file() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".1.log"))
