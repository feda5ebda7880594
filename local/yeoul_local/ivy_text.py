"""What Ivy is given to read, and what its failures mean."""

import re
from pathlib import Path
from xml.sax.saxutils import quoteattr

from yeoul_local.errors import LocalError
from yeoul_local.locked import Jar


def settings(repository: str | None, *, poms: bool = False) -> str:
    """Ivy's settings: one Maven repository, Maven Central unless another is named.

    The poms are read only to lock; the lock names every jar.
    """
    root = f" root={quoteattr(repository.rstrip('/') + '/')}" if repository else ""
    return (
        '<ivysettings><settings defaultResolver="maven"/><timeout-constraints>'
        '<timeout-constraint name="patience" connectionTimeout="15000" readTimeout="60000"/>'
        "</timeout-constraints><resolvers>"
        f'<ibiblio name="maven" m2compatible="true" usepoms="{str(poms).lower()}"'
        f' timeoutConstraint="patience"{root}/>'
        "</resolvers></ivysettings>\n"
    )


def module(name: str, jars: tuple[Jar, ...]) -> str:
    """Ivy's description of a set whose jars are all known."""
    return _module(name, [_dependency(jar) for jar in jars])


def open_module(name: str, roots: tuple[str, ...]) -> str:
    """Ivy's description of what `roots` (`organisation:name:version` each) need to run."""
    lines = []
    for root in roots:
        organisation, artifact, version = map(quoteattr, root.split(":"))
        confs = "default-&gt;compile(default),runtime(default),master"
        lines.append(
            f'<dependency org={organisation} name={artifact} rev={version} conf="{confs}"/>'
        )
    return _module(name, lines)


def _module(name: str, dependencies: list[str]) -> str:
    lines = "\n".join(dependencies)
    return (
        '<ivy-module version="2.0" xmlns:m="http://ant.apache.org/ivy/maven">'
        f'<info organisation="yeoul" module={quoteattr(name)}/>'
        '<configurations><conf name="default"/></configurations>'
        f"<dependencies>\n{lines}\n</dependencies></ivy-module>\n"
    )


def _dependency(jar: Jar) -> str:
    classifier = f" m:classifier={quoteattr(jar.classifier)}" if jar.classifier else ""
    extension = quoteattr(jar.extension)
    kind = f"type={extension} ext={extension}{classifier}"
    return (
        f"<dependency org={quoteattr(jar.organisation)} name={quoteattr(jar.name)}"
        f' rev={quoteattr(jar.version)} transitive="false" conf="default->*">'
        f"<artifact name={quoteattr(jar.name)} {kind}/></dependency>"
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
