"""The platform of real processes on one machine."""

import os
import random
import shutil
import signal as signals
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from yeoul_local import ending, jars, ports, processes, spark, targets
from yeoul_local.errors import LocalError
from yeoul_local.events import Event, Report, silent
from yeoul_local.home import Home
from yeoul_local.ivy import Fetcher
from yeoul_local.java import Java, find_java
from yeoul_local.lock import exclusive
from yeoul_local.parts import ALL, FEEDERS, PARTS, expand, hdfs, postgres_access, simulator
from yeoul_local.parts.base import Site
from yeoul_local.parts.postgres_access import PostgresEndpoint
from yeoul_local.starting import Start, Starter
from yeoul_local.state import ProcessRecord, State, StateFile

# A job finishes its running batch first.
_JOB_GRACE_SECONDS = 30.0


@dataclass(frozen=True)
class Endpoints:
    """Where the parts are."""

    kafka_bootstrap: str
    postgres: PostgresEndpoint
    hdfs_uri: str
    simulator_url: str
    api_url: str
    prometheus_url: str


class Platform:
    """One instance: its home, and its processes, which outlive this object.

    Args:
        home: the instance's folder, or its whole layout.
        jars: the jar cache, if it is not inside the home.
    """

    def __init__(self, home: Path | Home, jars: Path | None = None) -> None:
        self.home = home if isinstance(home, Home) else Home.at(home, jars)
        self.state_file = StateFile(self.home.state)
        self._java: Java | None = None

    def up(
        self, parts: tuple[str, ...] = ALL, report: Report = silent, *, new_ports: bool = False
    ) -> None:
        """Start the parts (all at once, as far as they can) and wait until they serve.

        A part that runs already is left alone. On a failure or Ctrl-C the parts that do not
        serve yet are stopped again; those that do stay.

        Args:
            parts: names of parts and groups: postgres, kafka, hdfs, simulator, poller.
            report: told of every step, from several threads.
            new_ports: whether a part whose port is taken gets another one.

        Raises:
            LocalError: with the remedy.
        """
        self.home.lay_out()
        names = expand(parts)
        with exclusive(self.home):
            if new_ports:
                self._move_ports(names)
            start = Start(names, with_spark=set(ALL) <= set(parts))
            Starter(self._site(), self.state_file, report).run(start)

    def start(self, part: str, report: Report = silent) -> None:
        """Start one part, or group, and wait until it serves."""
        self.up((part,), report)

    def stop(self, part: str, report: Report = silent) -> None:
        """Stop one part, or group, in good order."""
        with exclusive(self.home):
            for name in reversed(expand((part,))):
                self._end(name, report)

    def kill(self, part: str, signal: int = signals.SIGKILL) -> None:
        """Send a signal to a part, or group; after SIGKILL wait until it is gone."""
        found = [process for name in expand((part,)) if (process := self.process(name))]
        tree = ending.with_descendants(found)
        for process in found:
            ending.send(process, signal)
        if signal == signals.SIGKILL:
            ending.wait_gone(tree, 20)

    def down(self, report: Report = silent) -> None:
        """Stop everything that was started for this home, recorded or not."""
        if not self.home.root.is_dir():
            # Someone deleted the folder under its processes.
            ending.end(processes.strays(self.home.root), 5)
            return
        with exclusive(self.home):
            self._end_all(report)

    def reset(self, report: Report = silent) -> None:
        """Stop everything and delete all data; only the jars stay."""
        if not self.home.root.is_dir():
            return
        with exclusive(self.home):
            self._end_all(report)
            for folder in ("data", "run", "conf", "logs", "secrets"):
                shutil.rmtree(self.home.root / folder, ignore_errors=True)
            self.home.state.unlink(missing_ok=True)

    def process(self, name: str) -> psutil.Process | None:
        """The live process of a part or pipeline."""
        record = self.state_file.read().processes.get(name)
        return processes.find(record, self.home.root) if record else None

    def forget(self, name: str) -> None:
        """Take a process that ended off the record."""
        self._take_off(name)

    def _take_off(self, name: str) -> None:
        targets.write(self.home, self.state_file.update(lambda state: state.without_process(name)))

    @property
    def endpoints(self) -> Endpoints:
        """Where the parts are, whether they run now or not."""
        self.home.lay_out()
        known = self._ports()
        return Endpoints(
            kafka_bootstrap=f"{ports.LOOPBACK}:{known['kafka']}",
            postgres=postgres_access.owner(self.home, known),
            hdfs_uri=hdfs.uri(known),
            simulator_url=simulator.url(known),
            api_url=simulator.api_url(known),
            prometheus_url=f"http://{ports.LOOPBACK}:{known['prometheus']}",
        )

    @property
    def administrator(self) -> PostgresEndpoint:
        """The database server as its superuser."""
        return postgres_access.administrator(self.home, self._ports())

    def jars(self, name: str, report: Report = silent) -> tuple[Path, ...]:
        """The jars of a set, downloaded if need be; see `locked.SETS`."""
        self.home.lay_out()
        return jars.ensure(Fetcher(self.home, self._find_java(), os.environ), name, report)

    def spark_env(self, report: Report = silent) -> dict[str, str]:
        """The variables with which a Spark job runs against this instance."""
        paths = self.jars("spark", report)
        return spark.environment(replace(self._site(), jars={"spark": paths}))

    def _find_java(self) -> Java:
        if self._java is None:
            self._java = find_java(os.environ)
        return self._java

    def _site(self) -> Site:
        return Site(self.home, self._find_java(), self._ports(), {})

    def _ports(self) -> dict[str, int]:
        wanted = {name for part in PARTS.values() for name in part.ports}
        known = self.state_file.read().ports
        if wanted <= set(known):
            return known
        return self.state_file.update(lambda state: _with_ports(state, wanted)).ports

    def _move_ports(self, names: tuple[str, ...]) -> None:
        known = self._ports()
        stopped = [name for name in names if self.process(name) is None]
        taken = {p for name in stopped for p in PARTS[name].ports if not ports.is_free(known[p])}
        if taken:
            self.state_file.update(lambda state: _with_ports(_without(state, taken), taken))

    def _end_all(self, report: Report) -> None:
        for wave in _waves(self._records()):
            with ThreadPoolExecutor(max_workers=len(wave)) as pool:
                list(pool.map(lambda name: self._end(name, report), wave))
        ending.end(processes.strays(self.home.root), 5)
        self.state_file.update(lambda state: state.model_copy(update={"processes": {}}))

    def _records(self) -> dict[str, ProcessRecord]:
        try:
            return self.state_file.read().processes
        except LocalError:
            # A damaged record must not keep anyone from stopping everything.
            self.home.state.unlink()
            return {}

    def _end(self, name: str, report: Report) -> None:
        process = self.process(name)
        if process is not None:
            report(Event(name, "stop"))
            part = PARTS.get(name)
            if part:
                ending.end([process], part.grace, part.stop_signal)
            else:
                ending.end([process], _JOB_GRACE_SECONDS)
            report(Event(name, "stopped"))
        self._take_off(name)


def _with_ports(state: State, names: set[str]) -> State:
    missing = sorted(names - set(state.ports))
    dice = random.Random()  # noqa: S311 - any free port will do
    return state.with_ports(ports.choose(missing, state.ports.values(), dice))


def _without(state: State, names: set[str]) -> State:
    kept = {name: port for name, port in state.ports.items() if name not in names}
    return state.model_copy(update={"ports": kept})


def _waves(records: dict[str, ProcessRecord]) -> list[list[str]]:
    """What to stop together: those who write first, the stores last."""
    first = [name for name in records if name not in PARTS or name in (*FEEDERS, "simulator")]
    rest = [name for name in records if name not in first]
    return [wave for wave in (first, rest) if wave]
