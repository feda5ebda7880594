"""The platform's database server, for tests that make databases of their own on it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

from psycopg2.extensions import connection as Connection

from yeoul_local.parts.postgres_access import PostgresEndpoint
from yeoul_local.parts.postgres_server import find_server

_SCRIPTS = Path(__file__).parents[1] / "charts/yeoul/files/postgres"


def connect(endpoint: PostgresEndpoint, dbname: str = "", *, autocommit: bool = True) -> Connection:
    """Open a connection, to the endpoint's database or another one."""
    made: Connection = replace(endpoint, dbname=dbname or endpoint.dbname).connect()
    made.autocommit = autocommit
    return made


def execute(endpoint: PostgresEndpoint, *statements: str, dbname: str = "") -> None:
    """Run statements, each in a transaction of its own."""
    made = connect(endpoint, dbname)
    try:
        with made.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        made.close()


def run_script(
    name: str, admin: PostgresEndpoint, password: Path, backups: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run one of the chart's scripts, `backup` or `restore`, as the server's superuser."""
    wanted = {
        "PATH": f"{find_server()}{os.pathsep}{os.environ['PATH']}",
        "PGHOST": admin.host,
        "PGPORT": str(admin.port),
        "PGUSER": admin.user,
        "PASSWORD_FILE": str(password),
        "BACKUPS": str(backups),
    }
    return subprocess.run(
        ["bash", str(_SCRIPTS / f"{name}.sh")],
        env={**os.environ, **wanted, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
