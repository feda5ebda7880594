"""Airflow's own Python environment: installed from its own lock file when it is first wanted.

Airflow pins the Kubernetes client, among hundreds of packages, to other versions than ours.
"""

import hashlib
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from yeoul_local import processes
from yeoul_local.errors import LocalError
from yeoul_local.home import Home, default_home, repository
from yeoul_local.processes import Command

PROJECT = Path("ingest") / "airflow"


def folder(home: Home) -> Path:
    """Where it is: beside the jars, since instances share it too."""
    return home.jars.parent / "airflow"


def python(home: Home) -> Path:
    """Its Python."""
    return folder(home) / "venv" / "bin" / "python"


def ensure(home: Home) -> None:
    """Install what the lock says, unless it is there.

    Raises:
        LocalError: there is no uv, no repository, or no network.
    """
    project = repository() / PROJECT
    if not (project / "uv.lock").is_file():
        raise LocalError(
            f"There is no {project / 'uv.lock'}.",
            "Airflow is installed from a clone of the repository: run this there.",
        )
    wanted = _digest(project)
    stamp = folder(home) / "installed"
    if stamp.is_file() and stamp.read_text() == wanted and python(home).is_file():
        return
    folder(home).mkdir(parents=True, exist_ok=True)
    argv = (find_uv(os.environ), "sync", "--frozen", "--project", str(project))
    env = {"UV_PROJECT_ENVIRONMENT": str(folder(home) / "venv"), "VIRTUAL_ENV": ""}
    code, output = processes.run(Command(argv, env=env, cwd=repository()), home.root)
    if code != 0:
        raise LocalError(
            f"Airflow could not be installed: {output.strip()[-2000:]}",
            "See that this machine reaches its package index, then run the command again.",
        )
    stamp.write_text(wanted)


def find_uv(env: Mapping[str, str]) -> str:
    """The program uv: the one on the PATH, else the repository's own.

    Raises:
        LocalError: there is none.
    """
    own = repository() / ".yeoul" / "uv" / "bin" / "uv"
    found = shutil.which("uv", path=env.get("PATH", "")) or (str(own) if own.is_file() else None)
    if found is None:
        raise LocalError(
            "There is no uv, which installs Airflow.",
            "Run `make setup`, or install uv (https://docs.astral.sh/uv).",
        )
    return found


def _digest(project: Path) -> str:
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "uv.lock"):
        digest.update((project / name).read_bytes())
    return digest.hexdigest()


def main() -> int:
    """Install it for the default home; 0, or 1 with a sentence."""
    home = default_home()
    home.lay_out()
    try:
        ensure(home)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Airflow is in {folder(home)}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
