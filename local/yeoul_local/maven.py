"""Which Maven repository this machine's owner wants."""

from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree


def repository(env: Mapping[str, str]) -> str | None:
    """`YEOUL_MAVEN_REPOSITORY`, else the mirror of Maven's settings; None for Maven Central."""
    named = env.get("YEOUL_MAVEN_REPOSITORY")
    if named:
        return named
    try:
        text = (Path(env.get("HOME", "/")) / ".m2" / "settings.xml").read_text(encoding="utf-8")
    except OSError:
        return None
    return mirror(text)


def mirror(settings: str) -> str | None:
    """The address of the mirror of Maven Central in a settings.xml; None if there is none."""
    try:
        root = ElementTree.fromstring(settings)  # noqa: S314 - the user's own file
    except ElementTree.ParseError:
        return None
    for entry in root.iterfind(".//{*}mirror"):
        mirrored = {word.strip() for word in entry.findtext("{*}mirrorOf", "").split(",")}
        address = entry.findtext("{*}url", "").strip()
        if address and mirrored & {"*", "central", "external:*"} and "!central" not in mirrored:
            return address
    return None
