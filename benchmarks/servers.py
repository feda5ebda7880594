"""Servers of other projects, as processes that belong to the bench's platform and end with it."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from yeoul_local import ending, ports, processes
from yeoul_local.errors import LocalError
from yeoul_local.events import Event
from yeoul_local.java import find_java
from yeoul_local.platform import Platform

_PATIENCE_S = 180.0


@dataclass(frozen=True)
class Site:
    """Where a peer's servers run: its jars, fetched by now, a Java, and a folder of its own."""

    platform: Platform
    java: str
    class_path: str
    folder: Path

    def start(self, name: str, *arguments: str, beside: str = "") -> psutil.Process:
        """Start a Java program; `beside` goes on the class path, too."""
        path = f"{self.class_path}:{beside}" if beside else self.class_path
        options = ("-XX:-UsePerfData", f"-Djava.io.tmpdir={self.folder}", "-cp", path)
        home = self.platform.home
        command = processes.Command((self.java, *options, *arguments))
        record = processes.start(command, name, home.root, home.log(name))
        return psutil.Process(record.pid)

    def wait(self, what: str, started: list[psutil.Process], ready: Callable[[], bool]) -> None:
        """Wait until it is ready.

        Raises:
            LocalError: it ended, or was not ready in time.
        """
        ends = time.monotonic() + _PATIENCE_S
        while not ready():
            if time.monotonic() > ends or not all(map(processes.lives, started)):
                logs = self.platform.home.root / "logs"
                raise LocalError(f"{what} does not come up.", f"Its logs are in {logs}.")
            time.sleep(0.5)


def site(platform: Platform, name: str, environment: Mapping[str, str]) -> Site:
    """Fetch a peer's jars if need be, and make its folder."""
    told: set[int] = set()

    def report(event: Event) -> None:
        if event.total and event.done == event.total not in told:
            told.add(event.total)
            print(f"{event.part}: {event.total} are there", flush=True)

    found = platform.jars(name, report)
    folder = platform.home.run / name
    folder.mkdir(parents=True, exist_ok=True)
    return Site(platform, find_java(environment).program, f"{found[0].parent}/*", folder)


def free_ports(*names: str) -> dict[str, int]:
    """Return a free port of loopback for each name."""
    return ports.choose(names, (), random.Random())  # noqa: S311 (any free ones will do)


def stop(started: list[psutil.Process]) -> None:
    """End processes."""
    ending.end(started, 5)
