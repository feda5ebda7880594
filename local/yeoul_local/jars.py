"""The cache of jars: a set is fetched once, checked, and then there or not there as a whole."""

import fcntl
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yeoul_local import processes
from yeoul_local.ending import end
from yeoul_local.errors import LocalError
from yeoul_local.events import Report
from yeoul_local.home import Home
from yeoul_local.ivy import Fetcher, fetch, process_name
from yeoul_local.locked import Jar, fingerprint, locked

_COMPLETE = "complete"


def is_complete(home: Home, name: str) -> bool:
    """Whether the set is there as this version of Yeoul locks it."""
    try:
        return (home.jars / name / _COMPLETE).read_text() == fingerprint(locked(name))
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


def _fetch(fetcher: Fetcher, name: str, report: Report) -> None:
    jars = locked(name)
    folder = fetcher.home.jars
    if holds(folder / name, jars):
        (folder / name / _COMPLETE).write_text(fingerprint(jars))
        return
    aside, work = folder / f".{name}.new", folder / f".{name}.ivy"
    # Downloads go on when the command that began them is killed; two would spoil each other.
    end(processes.strays(fetcher.home.root, process_name(name)), 1)
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    work.mkdir(exist_ok=True)
    fetch(fetcher, name, jars, (aside, work), report)
    for jar in jars:
        try:
            check(aside / jar.file, jar)
        except LocalError:
            # What Ivy keeps would fail again.
            shutil.rmtree(work, ignore_errors=True)
            raise
    (aside / _COMPLETE).write_text(fingerprint(jars))
    shutil.rmtree(folder / name, ignore_errors=True)
    aside.replace(folder / name)
    shutil.rmtree(work, ignore_errors=True)


def holds(folder: Path, jars: tuple[Jar, ...]) -> bool:
    """Whether a folder has these jars and no others, as after a lock was only reordered."""
    if {path.name for path in folder.glob("*")} - {_COMPLETE} != {jar.file for jar in jars}:
        return False
    return all(_sha256(folder / jar.file) == jar.sha256 for jar in jars)


def check(path: Path, jar: Jar) -> None:
    """Refuse a file that is not the locked one."""
    if not path.is_file():
        raise LocalError(
            f"The download of {jar.organisation}:{jar.name}:{jar.version} left no {path.name}.",
            "Run the command again; it goes on where it stopped.",
        )
    found = _sha256(path)
    if found != jar.sha256:
        raise LocalError(
            f"{path.name} has the SHA-256 {found}, but {jar.sha256} is locked.",
            "The repository served another file: check YEOUL_MAVEN_REPOSITORY and the mirror in "
            "~/.m2/settings.xml, then try again.",
        )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
