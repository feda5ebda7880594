"""Downloading: the Ivy that PySpark bundles, as a process, followed by its output."""

import os
import subprocess
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from yeoul_local import maven, processes
from yeoul_local.errors import LocalError
from yeoul_local.events import Event, Report
from yeoul_local.home import Home
from yeoul_local.ivy_text import failure, module, settings
from yeoul_local.java import Java
from yeoul_local.locked import Jar
from yeoul_local.trust import network_options

# Ivy asks for one jar after the other, and mostly waits for the answer: so several of it run.
_SHARE = 30
_FILE = "[organisation]_[artifact]-[revision](-[classifier]).[ext]"


@dataclass(frozen=True)
class Fetcher:
    """What fetching needs: the home, a Java, and the environment's network settings."""

    home: Home
    java: Java
    env: Mapping[str, str]


def fetch(
    fetcher: Fetcher, name: str, jars: tuple[Jar, ...], folders: tuple[Path, Path], report: Report
) -> None:
    """Download `jars`.

    Args:
        fetcher: how.
        name: what they are together, for people.
        jars: what.
        folders: where to, and where Ivy keeps what it has when it is interrupted.
        report: told of every jar.

    Raises:
        LocalError: with the remedy.
    """
    target, work = folders
    tally = _Tally(name, len(jars), report)
    shares = [jars[start : start + _SHARE] for start in range(0, len(jars), _SHARE)]
    runs = [
        _Run(fetcher, name, number, share, target, work / str(number), tally)
        for number, share in enumerate(shares)
    ]
    with ThreadPoolExecutor(max_workers=len(runs)) as pool:
        list(pool.map(_Run.run, runs))
    report(Event(f"jars {name}", "download", done=len(jars), total=len(jars)))


def process_name(set_name: str) -> str:
    """Under which name the downloads of a set are known."""
    return f"jars-{set_name}"


class _Tally:
    """How many jars are there, told in order."""

    def __init__(self, name: str, total: int, report: Report) -> None:
        self._lock = threading.Lock()
        self._event = Event(f"jars {name}", "download", done=0, total=total)
        self._report = report
        report(self._event)

    def add(self, file: str) -> None:
        with self._lock:
            done = min((self._event.done or 0) + 1, self._event.total or 0)
            self._event = replace(self._event, done=done, text=file)
            self._report(self._event)


@dataclass(frozen=True)
class _Run:
    """One Ivy with its share of the jars."""

    fetcher: Fetcher
    set_name: str
    number: int
    jars: tuple[Jar, ...]
    target: Path
    work: Path
    tally: _Tally

    def run(self) -> None:
        self.work.mkdir(parents=True, exist_ok=True)
        repository = maven.repository(self.fetcher.env)
        (self.work / "settings.xml").write_text(settings(repository), encoding="utf-8")
        (self.work / "ivy.xml").write_text(module(self.set_name, self.jars), encoding="utf-8")
        log = self.fetcher.home.log(f"jars-{self.set_name}-{self.number}")
        retrieve = f"{self.target}/{_FILE}"
        command = processes.Command(ivy_command(self.fetcher, retrieve, self.work))
        with subprocess.Popen(
            command.full_argv(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=command.environment(self.fetcher.home.root, process_name(self.set_name)),
            start_new_session=True,
        ) as ivy:
            try:
                self._follow(ivy, log)
            finally:
                if ivy.poll() is None:
                    ivy.kill()
        if ivy.returncode != 0:
            text = log.read_text(encoding="utf-8", errors="replace")
            raise failure(self.set_name, text, log)

    def _follow(self, ivy: subprocess.Popen[bytes], log: Path) -> None:
        with log.open("wb") as out:
            for line in ivy.stdout or ():
                out.write(line)
                if b"[SUCCESSFUL ]" in line:
                    file = line.split(b"!")[-1].split(b" ")[0].decode(errors="replace").strip()
                    self.tally.add(file)
        ivy.wait()


def ivy_command(fetcher: Fetcher, retrieve: str, work: Path) -> tuple[str, ...]:
    """Ivy's process.

    Args:
        fetcher: how it reaches the network.
        retrieve: the pattern of the files it leaves.
        work: the folder of `settings.xml` and `ivy.xml`, where it keeps its cache too.
    """
    jars = pyspark_jars()
    found = [str(path) for pattern in ("ivy-*.jar", "oro-*.jar") for path in jars.glob(pattern)]
    return (
        fetcher.java.program,
        "-Xmx256m",
        "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData",
        f"-Djava.io.tmpdir={fetcher.home.tmp}",
        f"-Divy.default.ivy.user.dir={work / 'user'}",
        *network_options(fetcher.java, fetcher.env, work / "trust.jks"),
        *("-cp", os.pathsep.join(found), "org.apache.ivy.Main"),
        *("-settings", str(work / "settings.xml"), "-ivy", str(work / "ivy.xml")),
        *("-cache", str(work / "cache"), "-novalidate"),
        *("-retrieve", retrieve),
    )


def pyspark_jars() -> Path:
    """The folder of the jars that PySpark ships."""
    spec = find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise LocalError("PySpark is not installed.", "Run `uv sync --all-packages`.")
    return Path(spec.submodule_search_locations[0]) / "jars"
