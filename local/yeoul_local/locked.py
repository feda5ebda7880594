"""Which jars make up a set: coordinates and checksums, as locked in `locks/`."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources

# `registry` is a schema registry for tests, `flink` and `connect` are peers in a benchmark: all
# three are fetched when those run.
SETS = ("kafka", "hdfs", "spark", "registry", "flink", "connect")


@dataclass(frozen=True)
class Jar:
    """A Maven artifact with its SHA-256 in hex."""

    organisation: str
    name: str
    version: str
    classifier: str
    sha256: str
    extension: str = "jar"

    @property
    def coordinate(self) -> str:
        """`organisation:name:version[:classifier][@extension]`."""
        tail = f":{self.classifier}" if self.classifier else ""
        tail += f"@{self.extension}" if self.extension != "jar" else ""
        return f"{self.organisation}:{self.name}:{self.version}{tail}"

    @property
    def file(self) -> str:
        """Its file name in the cache."""
        tail = f"-{self.classifier}" if self.classifier else ""
        return f"{self.organisation}_{self.name}-{self.version}{tail}.{self.extension}"


def format_lock(roots: tuple[str, ...], jars: Iterable[Jar]) -> str:
    """A lock file's text."""
    lines = [f"{jar.coordinate} {jar.sha256}\n" for jar in jars]
    return f"# {', '.join(roots)}, by `python -m yeoul_local.relock`\n{''.join(lines)}"


def locked(name: str) -> tuple[Jar, ...]:
    """The jars of a set."""
    text = resources.files("yeoul_local").joinpath("locks", f"{name}.txt").read_text("utf-8")
    return tuple(parse_lock(text))


def parse_lock(text: str) -> Iterator[Jar]:
    """The jars of a lock file: a `coordinate` and its SHA-256 a line."""
    for line in text.splitlines():
        if line and not line.startswith("#"):
            coordinate, sha256 = line.split()
            coordinate, _, extension = coordinate.partition("@")
            organisation, name, version, *rest = coordinate.split(":")
            classifier = rest[0] if rest else ""
            yield Jar(organisation, name, version, classifier, sha256, extension or "jar")


def fingerprint(jars: tuple[Jar, ...]) -> str:
    """What tells this list of jars from any other."""
    return hashlib.sha256("\n".join(map(repr, jars)).encode()).hexdigest()
