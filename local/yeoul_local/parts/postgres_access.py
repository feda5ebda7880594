"""Who may enter the database: passwords made up once, and the secret that pipelines read."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import yaml
from psycopg2 import sql
from psycopg2.extensions import connection

from yeoul_local.home import Home
from yeoul_local.ports import LOOPBACK

DATABASE = "team13"
ROLE = "team13"
SECRET = "car-info-postgres"  # noqa: S105 - a name
ADMIN = "yeoul_admin"
PASSWORDS = "postgres.json"


@dataclass(frozen=True)
class PostgresEndpoint:
    """Where the database is, and who may enter."""

    host: str
    port: int
    user: str
    password: str
    dbname: str

    def __repr__(self) -> str:
        return f"PostgresEndpoint({self.user}@{self.host}:{self.port}/{self.dbname})"

    def connect(self, seconds: int = 5) -> connection:
        """A session of that user.

        Raises:
            psycopg2.OperationalError: the server does not answer, or refuses.
        """
        return psycopg2.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=self.dbname,
            connect_timeout=seconds,
        )


def owner(home: Home, ports: Mapping[str, int]) -> PostgresEndpoint:
    """The database of the pipelines, as its owner."""
    return PostgresEndpoint(LOOPBACK, ports["postgres"], ROLE, passwords(home)["role"], DATABASE)


def administrator(home: Home, ports: Mapping[str, int]) -> PostgresEndpoint:
    """The server's own database, as its superuser."""
    return PostgresEndpoint(
        LOOPBACK, ports["postgres"], ADMIN, passwords(home)["admin"], "postgres"
    )


def create_database(
    admin: connection, password: str, role: str = ROLE, database: str = DATABASE
) -> None:
    """Create the role and its database unless they exist."""
    with admin.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,))
        if cursor.fetchone() is None:
            command = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            cursor.execute(command.format(sql.Identifier(role), sql.Literal(password)))
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,))
        if cursor.fetchone() is None:
            create = sql.SQL("CREATE DATABASE {} OWNER {}")
            cursor.execute(create.format(sql.Identifier(database), sql.Identifier(role)))


def passwords(home: Home) -> dict[str, str]:
    """The passwords of the superuser (`admin`) and of the pipelines' `role`."""
    path = home.secrets / PASSWORDS
    if not path.is_file():
        made = {"admin": secrets.token_urlsafe(24), "role": secrets.token_urlsafe(24)}
        write_private(path, json.dumps(made))
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def write_secret(home: Home, endpoint: PostgresEndpoint) -> None:
    """Write the secret that the first pipeline names, with the keys of CloudNativePG's."""
    secret = {
        "host": endpoint.host,
        "port": str(endpoint.port),
        "dbname": endpoint.dbname,
        "username": endpoint.user,
        "password": endpoint.password,
    }
    write_private(home.secrets / f"{SECRET}.yaml", yaml.safe_dump(secret, sort_keys=False))


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user may read, whole or not at all."""
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)
    aside.touch(mode=0o600)
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)
