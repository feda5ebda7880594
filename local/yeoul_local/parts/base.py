"""What a part of the platform is."""

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from yeoul_local.home import Home
from yeoul_local.java import Java
from yeoul_local.processes import Command


@dataclass(frozen=True)
class Site:
    """What every part knows: the home, the Java, the ports and the jars by set."""

    home: Home
    java: Java
    ports: dict[str, int]
    jars: dict[str, tuple[Path, ...]]

    def class_path(self, jar_set: str) -> str:
        """All jars of a set; the short form keeps lists of processes readable."""
        return str(self.jars[jar_set][0].parent / "*")

    def jvm(self, *options: str) -> list[str]:
        """A java command's start: small, and quiet outside of the home."""
        return [
            self.java.program,
            "-XX:+UseSerialGC",
            # The second compiler costs a local part more than it gives: measured with the broker,
            # 40 % of the start's processor time, and nothing won over 1.5 million records.
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            f"-Djava.io.tmpdir={self.home.tmp}",
            *options,
        ]


@runtime_checkable
class Slow(Protocol):
    """A part that takes long to serve.

    Attributes:
        patience: after how many seconds it counts as failed.
    """

    patience: float


class Part(Protocol):
    """One process of the platform.

    Attributes:
        name: its name, in commands, logs and the state.
        ports: the names of the ports it needs; the first is the one to show.
        jar_set: the jars it needs, if any.
        after: the parts that must be ready before it starts.
        stop_signal: what asks it to stop in good order.
        grace: how many seconds it may take to stop before it is killed.
    """

    name: str
    ports: tuple[str, ...]
    jar_set: str | None
    after: tuple[str, ...]
    stop_signal: signal.Signals
    grace: float

    def prepare(self, site: Site) -> None:
        """Write its configuration, and its empty store at the first start."""

    def command(self, site: Site) -> Command:
        """The process to start."""

    def missing(self, site: Site) -> str | None:
        """Ask it once whether it serves: None if so, else what is still missing."""

    def finish(self, site: Site) -> None:
        """What must exist in it before others use it; repeating this changes nothing."""
