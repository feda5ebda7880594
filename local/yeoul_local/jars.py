"""The jars of the parts: fetched once by the Ivy that PySpark bundles, checked, kept."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from xml.sax.saxutils import quoteattr

from yeoul_local import maven, processes
from yeoul_local.errors import LocalError
from yeoul_local.events import Event, Report
from yeoul_local.home import Home
from yeoul_local.java import Java, network_options

SETS = ("kafka", "hdfs", "spark", "bench")
_MARKER = "complete"


@dataclass(frozen=True)
class Jar:
    """A Maven artifact with its SHA-256 in hex."""

    organisation: str
    name: str
    version: str
    classifier: str
    sha256: str

    @property
    def file(self) -> str:
        """Its file name in the cache."""
        tail = f"-{self.classifier}" if self.classifier else ""
        return f"{self.organisation}_{self.name}-{self.version}{tail}.jar"


@dataclass(frozen=True)
class Fetcher:
    """What fetching needs: the home, a Java, and the environment's network settings."""

    home: Home
    java: Java
    env: Mapping[str, str]


def locked(name: str) -> tuple[Jar, ...]:
    """The jars of a set, as locked in `locks/<set>.txt`."""
    text = resources.files("yeoul_local").joinpath("locks", f"{name}.txt").read_text("utf-8")
    return tuple(parse_lock(text))


def parse_lock(text: str) -> Iterator[Jar]:
    """The jars of a lock file: `organisation:name:version[:classifier] sha256` a line."""
    for line in text.splitlines():
        if line and not line.startswith("#"):
            coordinate, sha256 = line.split()
            organisation, name, version, *rest = coordinate.split(":")
            yield Jar(organisation, name, version, rest[0] if rest else "", sha256)


def is_complete(home: Home, name: str) -> bool:
    """Whether the set is there as this version of Yeoul locks it."""
    try:
        return (home.jars / name / _MARKER).read_text() == _fingerprint(name)
    except FileNotFoundError:
        return False


def ensure(fetcher: Fetcher, name: str, report: Report) -> tuple[Path, ...]:
    """The paths of a set's jars, downloaded first if they are not there yet.

    Raises:
        LocalError: the download failed, or a file is not the one that is locked.
    """
    home = fetcher.home
    if not is_complete(home, name):
        with _held(home.jars / f".{name}.lock"):
            if not is_complete(home, name):
                _fetch(fetcher, name, report)
    return tuple(home.jars / name / jar.file for jar in locked(name))


def pyspark_jars() -> Path:
    """The folder of the jars that PySpark ships."""
    spec = find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise LocalError("PySpark is not installed.", "Run `uv sync --all-packages`.")
    return Path(spec.submodule_search_locations[0]) / "jars"


def _fetch(fetcher: Fetcher, name: str, report: Report) -> None:
    jars = locked(name)
    home = fetcher.home
    aside = home.jars / f".{name}.new"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    work = home.jars / f".{name}.ivy"
    work.mkdir(exist_ok=True)
    _run_ivy(fetcher, name, aside, work, report)
    for jar in jars:
        check(aside / jar.file, jar)
    (aside / _MARKER).write_text(_fingerprint(name))
    shutil.rmtree(home.jars / name, ignore_errors=True)
    aside.replace(home.jars / name)
    shutil.rmtree(work, ignore_errors=True)


def check(path: Path, jar: Jar) -> None:
    """Refuse a file that is not the locked one."""
    if not path.is_file():
        raise LocalError(
            f"The download of {jar.organisation}:{jar.name}:{jar.version} left no {path.name}.",
            "Run the command again; it goes on where it stopped.",
        )
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != jar.sha256:
        raise LocalError(
            f"{path.name} has the SHA-256 {found}, but {jar.sha256} is locked.",
            "The repository served another file. Check YEOUL_MAVEN_REPOSITORY and the mirror in "
            "~/.m2/settings.xml, delete the folder of jars, and try again.",
        )


def _run_ivy(fetcher: Fetcher, name: str, aside: Path, work: Path, report: Report) -> None:
    (work / "settings.xml").write_text(settings(maven.repository(fetcher.env)), encoding="utf-8")
    (work / "ivy.xml").write_text(module(name, locked(name)), encoding="utf-8")
    log = fetcher.home.log(f"jars-{name}")
    command = _ivy_command(fetcher, aside, work)
    marker = processes.marker(fetcher.home.root, processes.TOOL)
    with log.open("wb") as out:
        ivy = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**fetcher.env, processes.MARKER: marker},
        )
        with ivy:
            try:
                _follow(ivy, out.write, name, len(locked(name)), report)
            finally:
                if ivy.poll() is None:
                    ivy.kill()
    if ivy.returncode != 0:
        raise failure(name, log.read_text(encoding="utf-8", errors="replace"), log)


def _follow(
    ivy: subprocess.Popen[bytes],
    write: Callable[[bytes], object],
    name: str,
    total: int,
    report: Report,
) -> None:
    done = 0
    report(Event(f"jars {name}", "download", "", done, total))
    for line in ivy.stdout or ():
        write(line)
        if b"[SUCCESSFUL ]" in line:
            done += 1
            file = line.split(b"!")[-1].split(b" ")[0].decode(errors="replace").strip()
            report(Event(f"jars {name}", "download", file, min(done, total), total))
    ivy.wait()


def _ivy_command(fetcher: Fetcher, aside: Path, work: Path) -> list[str]:
    jars = pyspark_jars()
    found = [str(path) for pattern in ("ivy-*.jar", "oro-*.jar") for path in jars.glob(pattern)]
    return [
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
        *("-retrieve", f"{aside}/[organisation]_[artifact]-[revision](-[classifier]).[ext]"),
    ]


def settings(repository: str | None) -> str:
    """Ivy's settings: one Maven repository, Maven Central unless another is named.

    The poms are not read: the lock names every jar.
    """
    root = f" root={quoteattr(repository.rstrip('/') + '/')}" if repository else ""
    return (
        '<ivysettings><settings defaultResolver="maven"/><resolvers>'
        f'<ibiblio name="maven" m2compatible="true" usepoms="false"{root}/>'
        "</resolvers></ivysettings>\n"
    )


def module(name: str, jars: tuple[Jar, ...]) -> str:
    """Ivy's description of a set."""
    lines = [_dependency(jar) for jar in jars]
    return (
        '<ivy-module version="2.0" xmlns:m="http://ant.apache.org/ivy/maven">'
        f"<info organisation='yeoul' module={quoteattr(name)}/>"
        '<configurations><conf name="default"/></configurations><dependencies>\n'
        + "\n".join(lines)
        + "\n</dependencies></ivy-module>\n"
    )


def _dependency(jar: Jar) -> str:
    classifier = f" m:classifier={quoteattr(jar.classifier)}" if jar.classifier else ""
    return (
        f"<dependency org={quoteattr(jar.organisation)} name={quoteattr(jar.name)}"
        f' rev={quoteattr(jar.version)} transitive="false" conf="default->*">'
        f'<artifact name={quoteattr(jar.name)} type="jar" ext="jar"{classifier}/></dependency>'
    )


def failure(name: str, output: str, log: Path) -> LocalError:
    """What an unsuccessful download says, with the remedy."""
    what = f"The jars of `{name}` could not be downloaded"
    if "No space left on device" in output:
        return LocalError(f"{what}: the disk is full.", f"Free about 500 MB. The log: {log}")
    if "PKIX path building failed" in output or "SSLHandshakeException" in output:
        return LocalError(
            f"{what}: the repository's certificate is not trusted.",
            f"Set SSL_CERT_FILE to a PEM file that holds your proxy's certificate. The log: {log}",
        )
    missing = re.findall(r":: (\S+#\S+;\S+?)[:!]? ?(?:\S*not found|\S*\.jar)", output)
    if missing and "UnknownHostException" not in output and "ConnectException" not in output:
        return LocalError(
            f"{what}: the repository has no {missing[0]}.",
            "Check YEOUL_MAVEN_REPOSITORY and the mirror in ~/.m2/settings.xml. "
            f"They must hold what Maven Central holds. The log: {log}",
        )
    return LocalError(
        f"{what}: the Maven repository was not reached.",
        "Check the network, `https_proxy`, or name a mirror in YEOUL_MAVEN_REPOSITORY, then run "
        f"the command again; it goes on where it stopped. The log: {log}",
    )


def _fingerprint(name: str) -> str:
    return hashlib.sha256("\n".join(map(repr, locked(name))).encode()).hexdigest()


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
