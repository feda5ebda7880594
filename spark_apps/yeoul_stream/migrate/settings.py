"""What the command is told. Passwords come as files, as a mounted Secret has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from yeoul_stream.secrets import PostgresSecret

# Of Docker's official image; also where databases are made from.
SUPERUSER = MAINTENANCE = "postgres"


class SettingsError(Exception):
    """A file that is missing or empty; says which, and what belongs into it."""


@dataclass(frozen=True)
class Server:
    """Where the server is, and the pipelines' database and role."""

    host: str
    port: int
    database: str
    owner: str
    sslmode: str | None = None
    sslrootcert: str | None = None


@dataclass(frozen=True)
class Access:
    """The two ways in.

    Attributes:
        owner: the pipelines' role, into their database.
        admin: a role that may create roles and databases, where there is one.
    """

    owner: PostgresSecret
    admin: PostgresSecret | None = field(default=None)


def read_access(server: Server, owner: Path, admin: Path | None) -> Access:
    """Read the folders of two mounted Secrets: `password`, an administrator's `username` as well.

    Raises:
        SettingsError: a password is missing.
    """
    password = _read(owner, "password")
    found = _secret(server, server.database, server.owner, password)
    if admin is None:
        return Access(found)
    optional = {key: _read(admin, key, default) for key, default in _DEFAULTS.items()}
    return Access(
        found,
        _secret(server, optional["dbname"], optional["username"], _read(admin, "password")),
    )


_DEFAULTS: Mapping[str, str] = {"username": SUPERUSER, "dbname": MAINTENANCE}


def _secret(server: Server, database: str, role: str, password: str) -> PostgresSecret:
    return PostgresSecret(
        host=server.host,
        port=server.port,
        dbname=database,
        username=role,
        password=password,
        sslmode=server.sslmode,
        sslrootcert=server.sslrootcert,
    )


def _read(folder: Path, key: str, default: str = "") -> str:
    try:
        # Whoever makes a Secret of a file may have a line's end in it.
        text = (folder / key).read_text("utf-8").rstrip("\r\n")
    except FileNotFoundError:
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{folder / key} cannot be read: {error}") from None
    if not (text or default):
        raise SettingsError(
            f"{folder / key} is missing or empty: the Secret needs the key {key!r} "
            f"(it has {', '.join(_keys(folder)) or 'none'})"
        )
    return text or default


def _keys(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.is_file()) if folder.is_dir() else []
