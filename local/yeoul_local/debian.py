"""Programs of Debian's packages, unpacked into a folder of their own: nothing is installed."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from yeoul_local.errors import LocalError
from yeoul_local.home import Home

PACKAGES = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
    "postgres-exporter": "prometheus-postgres-exporter",
    "node-exporter": "prometheus-node-exporter",
}
"""A program, and the package that brings it."""
_FILES = {
    "alertmanager": "prometheus-alertmanager",
    "postgres-exporter": "prometheus-postgres-exporter",
    "node-exporter": "prometheus-node-exporter",
}


@dataclass(frozen=True)
class Program:
    """A program that was found, and where it comes from, in words."""

    path: Path
    origin: str


def find(home: Home, name: str, environment: Mapping[str, str]) -> Program:
    """The program: the one that is named, the machine's own, else Debian's, fetched if need be.

    `YEOUL_PROMETHEUS`, `YEOUL_PROMTOOL`, `YEOUL_NODE_EXPORTER` and so on name one.

    Raises:
        LocalError: there is none, and none can be had here.
    """
    package, file = PACKAGES[name], _FILES.get(name, name)
    variable = f"YEOUL_{name.replace('-', '_').upper()}"
    named = environment.get(variable)
    if named:
        if not os.access(named, os.X_OK):
            raise LocalError(f"{variable} names {named}, which is no program.", "Name another one.")
        return Program(Path(named).absolute(), f"named by {variable}")
    installed = shutil.which(file) or shutil.which(name.replace("-", "_"))
    if installed:
        return Program(Path(installed), "installed on this machine")
    path = home.programs / package / "usr" / "bin" / file
    if not path.is_file():
        _unpack(home, package, variable)
    return Program(path, f"Debian's package {package}, unpacked into {home.programs}")


def _unpack(home: Home, package: str, variable: str) -> None:
    remedy = f"Install it, or name a program in {variable}."
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise LocalError(
            f"{package} is not installed, and this is no Debian to take it from.", remedy
        )
    aside = home.programs / f".{package}.{os.getpid()}"
    shutil.rmtree(aside, ignore_errors=True)
    (aside / "lists" / "partial").mkdir(parents=True)
    try:
        _download(aside, package)
        archive = next(aside.glob("*.deb"))
        _run(aside, "dpkg-deb", "--extract", str(archive), str(aside / "files"))
    except (OSError, StopIteration, subprocess.CalledProcessError) as error:
        output = getattr(error, "stderr", None) or str(error)
        raise LocalError(
            f"Debian's {package} cannot be fetched: {output.strip()[-400:]}", remedy
        ) from error
    else:
        target = home.programs / package
        shutil.rmtree(target, ignore_errors=True)
        (aside / "files").replace(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _download(folder: Path, package: str) -> None:
    fetch = ("apt-get", "-qq", "-o", "APT::Sandbox::User=root")
    try:
        _run(folder, *fetch, "download", package)
    except subprocess.CalledProcessError:
        # Lists of our own, where the machine has none, or none that this user may renew.
        own = ("-o", f"Dir::State::Lists={folder / 'lists'}", "-o", f"Dir::Cache={folder}")
        _run(folder, *fetch, *own, "update")
        _run(folder, *fetch, *own, "download", package)


def _run(folder: Path, *argv: str) -> None:
    subprocess.run(argv, cwd=folder, check=True, capture_output=True, text=True, timeout=300)
