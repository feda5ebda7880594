"""Where an instance of the platform keeps its files."""

import os
from dataclasses import dataclass
from pathlib import Path

from yeoul_local.errors import LocalError

FOLDER = ".yeoul"


@dataclass(frozen=True)
class Home:
    """The folder of one instance; nothing is written outside of it (and of `jars`).

    Attributes:
        root: the folder, absolute.
        jars: the jar cache, which instances may share.
    """

    root: Path
    jars: Path

    @classmethod
    def at(cls, root: Path, jars: Path | None = None) -> "Home":
        """The home at `root`, with the jar cache inside it unless `jars` says otherwise."""
        absolute = root.absolute()
        return cls(absolute, jars.absolute() if jars else absolute / "jars")

    @property
    def state(self) -> Path:
        """The record of ports and processes."""
        return self.root / "state.json"

    @property
    def programs(self) -> Path:
        """The folder of programs of Debian's, beside the jars and shared like them."""
        return self.jars.parent / "programs"

    @property
    def targets(self) -> Path:
        """The file that names Prometheus the jobs to ask."""
        return self.run / "targets.json"

    @property
    def conf(self) -> Path:
        """The folder of the parts' configuration files."""
        return self.root / "conf"

    @property
    def run(self) -> Path:
        """The folder of sockets, locks, scratch files and effective pipelines."""
        return self.root / "run"

    @property
    def tmp(self) -> Path:
        """The temporary folder of the parts, so that they leave the machine's alone."""
        return self.run / "tmp"

    @property
    def secrets(self) -> Path:
        """The folder of `<name>.yaml` secrets."""
        return self.root / "secrets"

    def data(self, part: str) -> Path:
        """What `part` stores."""
        return self.root / "data" / part

    def log(self, name: str) -> Path:
        """The log file of a part or a pipeline."""
        return self.root / "logs" / f"{name}.log"

    def lay_out(self) -> None:
        """Create the folders."""
        try:
            for folder in (self.conf, self.run, self.tmp, self.root / "logs", self.root / "data"):
                folder.mkdir(parents=True, exist_ok=True)
            self.jars.mkdir(parents=True, exist_ok=True)
            self.secrets.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise self._closed(str(error)) from error
        if not os.access(self.root, os.W_OK) or not os.access(self.secrets, os.W_OK):
            raise self._closed("it belongs to another user")

    def _closed(self, why: str) -> LocalError:
        return LocalError(
            f"The folder {self.root} cannot be written: {why}.",
            "Give this user the right to write there, or name another folder in YEOUL_HOME.",
        )


def repository() -> Path:
    """The repository's root (the folder above this package), else the current folder."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "pyproject.toml").is_file() else Path.cwd()


def default_home() -> Home:
    """`YEOUL_HOME`, else `.yeoul` in the repository; the jar cache is `YEOUL_JARS` or inside."""
    root = os.environ.get("YEOUL_HOME")
    jars = os.environ.get("YEOUL_JARS")
    return Home.at(Path(root) if root else repository() / FOLDER, Path(jars) if jars else None)
