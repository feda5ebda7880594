"""Downloading: the Ivy that PySpark bundles, as a process, followed by its output."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from xml.sax.saxutils import quoteattr

from yeoul_local import maven, processes
from yeoul_local.errors import LocalError
from yeoul_local.events import Event, Report
from yeoul_local.home import Home
from yeoul_local.java import Java
from yeoul_local.locked import Jar
from yeoul_local.trust import network_options


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
    (work / "settings.xml").write_text(settings(maven.repository(fetcher.env)), encoding="utf-8")
    (work / "ivy.xml").write_text(module(name, jars), encoding="utf-8")
    log = fetcher.home.log(f"jars-{name}")
    command = processes.Command(_command(fetcher, target, work), env=fetcher.env)
    with subprocess.Popen(
        command.full_argv(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        env=command.environment(fetcher.home.root, processes.TOOL),
        start_new_session=True,
    ) as ivy:
        try:
            _follow(ivy, log, Event(f"jars {name}", "download", done=0, total=len(jars)), report)
        finally:
            if ivy.poll() is None:
                ivy.kill()
    if ivy.returncode != 0:
        raise failure(name, log.read_text(encoding="utf-8", errors="replace"), log)


def _follow(ivy: subprocess.Popen[bytes], log: Path, begin: Event, report: Report) -> None:
    total = begin.total or 0
    done = 0
    report(begin)
    with log.open("wb") as out:
        for line in ivy.stdout or ():
            out.write(line)
            if b"[SUCCESSFUL ]" in line:
                done = min(done + 1, total)
                file = line.split(b"!")[-1].split(b" ")[0].decode(errors="replace").strip()
                report(Event(begin.part, "download", file, done, total))
    ivy.wait()


def _command(fetcher: Fetcher, target: Path, work: Path) -> tuple[str, ...]:
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
        *("-retrieve", f"{target}/[organisation]_[artifact]-[revision](-[classifier]).[ext]"),
    )


def pyspark_jars() -> Path:
    """The folder of the jars that PySpark ships."""
    spec = find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise LocalError("PySpark is not installed.", "Run `uv sync --all-packages`.")
    return Path(spec.submodule_search_locations[0]) / "jars"


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
    lines = "\n".join(_dependency(jar) for jar in jars)
    return (
        '<ivy-module version="2.0" xmlns:m="http://ant.apache.org/ivy/maven">'
        f'<info organisation="yeoul" module={quoteattr(name)}/>'
        '<configurations><conf name="default"/></configurations>'
        f"<dependencies>\n{lines}\n</dependencies></ivy-module>\n"
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
    missing = re.findall(r":: (\S+?#\S+?;[\w.-]+)(?:!\S+)?: not found", output)
    if missing and not re.search(r"UnknownHost|ConnectException|Timeout|timed out", output):
        return LocalError(
            f"{what}: the repository has no {missing[0]}.",
            "Check YEOUL_MAVEN_REPOSITORY and the mirror in ~/.m2/settings.xml: "
            f"it must hold what Maven Central holds. The log: {log}",
        )
    return LocalError(
        f"{what}: the Maven repository was not reached.",
        "Check the network, `https_proxy`, or name a mirror in YEOUL_MAVEN_REPOSITORY, then run "
        f"the command again; it goes on where it stopped. The log: {log}",
    )
