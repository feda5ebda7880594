"""`python -m yeoul_airflow.migrate`: role and database of Airflow's metadata, then their tables.

What is there stays as it is. PGSSLMODE and PGSSLROOTCERT say how the server is trusted.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

import psycopg2
from psycopg2 import errors, sql

_PATIENCE_S = 300.0
_PAUSE_S = 2.0


def main(arguments: Sequence[str] | None = None) -> int:  # noqa: RET503 - nothing comes after
    """0, or 1 with a sentence; the last thing it does is `airflow db migrate`."""
    parser = argparse.ArgumentParser(prog="python -m yeoul_airflow.migrate", description=__doc__)
    parser.add_argument("--connection-file", type=Path, required=True, help="SQLAlchemy's URL")
    parser.add_argument(
        "--admin-secret", type=Path, help="folder with password and, unless postgres, username"
    )
    given = parser.parse_args(arguments)
    url = urlsplit(given.connection_file.read_text(encoding="utf-8").strip())
    if given.admin_secret is not None:
        try:
            _make(given.admin_secret, url)
        except psycopg2.Error as error:
            print(f"{url.hostname}: {str(error).strip()}", file=sys.stderr)
            return 1
    os.execvp("airflow", ["airflow", "db", "migrate"])  # noqa: S606 - no shell is wanted


def _make(admin: Path, url: SplitResult) -> None:
    role, password = unquote(url.username or ""), unquote(url.password or "")
    database = url.path.lstrip("/")
    connection = _connect(admin, url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,))
            if cursor.fetchone() is None:
                print(f"making the role {role}", flush=True)
                create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                cursor.execute(create.format(sql.Identifier(role), sql.Literal(password)))
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,))
            if cursor.fetchone() is None:
                print(f"making the database {database}", flush=True)
                cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))
                owned = sql.SQL("CREATE DATABASE {} OWNER {}")
                cursor.execute(owned.format(sql.Identifier(database), sql.Identifier(role)))
    except (errors.DuplicateObject, errors.DuplicateDatabase):
        print("somebody else made it meanwhile", flush=True)
    finally:
        connection.close()


def _connect(admin: Path, url: SplitResult) -> psycopg2.extensions.connection:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return psycopg2.connect(
                host=url.hostname,
                port=url.port or 5432,
                user=_text(admin / "username") or "postgres",
                password=_text(admin / "password"),
                dbname=_text(admin / "dbname") or "postgres",
                connect_timeout=5,
            )
        except psycopg2.OperationalError as error:
            if time.monotonic() > deadline:
                raise
            print(f"waiting for the server: {str(error).strip()}", flush=True)
            time.sleep(_PAUSE_S)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""


if __name__ == "__main__":
    raise SystemExit(main())
