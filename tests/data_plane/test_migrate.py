"""Role, database and ledger are made where they are missing, on a real server."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg2.extensions import connection as Connection

from fix_database import connect, execute
from yeoul_local.platform import Platform

TABLES = {"sinks", "ledger", "books", "dead_letters", "replayed", "targets"}


class Place:
    """A role and a database of names that nobody has, and the command for them."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self.endpoint = platform.endpoints.postgres
        self.name = f"m{uuid.uuid4().hex[:10]}"
        self.admin = platform.administrator
        self.folder = folder
        self.secret("owner", password="owners")
        self.secret("admin", password=self.admin.password, username=self.admin.user)

    def secret(self, name: str, **keys: str) -> None:
        (self.folder / name).mkdir(exist_ok=True)
        for key, value in keys.items():
            (self.folder / name / key).write_text(value)

    def run(self, *more: str, admin: bool = False) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "yeoul_stream.migrate", "--wait", "0"]
        command += ["--host", self.endpoint.host, "--port", str(self.endpoint.port)]
        command += ["--database", self.name, "--owner", self.name]
        command += ["--owner-secret", str(self.folder / "owner")]
        if admin:
            command += ["--admin-secret", str(self.folder / "admin")]
        return subprocess.run(
            [*command, *more], capture_output=True, text=True, timeout=60, check=False
        )

    def connect(self) -> Connection:
        return connect(replace(self.endpoint, user=self.name, password="owners"), self.name)

    def as_admin(self, *statements: str, dbname: str = "postgres") -> None:
        execute(self.admin, *statements, dbname=dbname)

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall()
        finally:
            connection.close()


@pytest.fixture
def place(database: Platform, tmp_path: Path) -> Iterator[Place]:
    made = Place(database, tmp_path)
    yield made
    made.as_admin(f"DROP DATABASE IF EXISTS {made.name} WITH (FORCE)")
    made.as_admin(f"DROP ROLE IF EXISTS {made.name}")


def test_everything_is_made_and_a_second_run_changes_nothing(place: Place) -> None:
    first, second = place.run(admin=True), place.run()
    assert (first.returncode, first.stderr) == (0, "")
    assert "made" in first.stdout
    assert (second.returncode, second.stderr) == (0, "")
    assert "made" not in second.stdout
    rows = place.ask("SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'yeoul'")
    assert set(rows) == {(table, place.name) for table in TABLES}


def test_the_role_may_log_in_and_nothing_else(place: Place) -> None:
    place.run(admin=True)
    rows = place.ask(
        "SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication "
        "FROM pg_roles WHERE rolname = current_user"
    )
    assert rows == [(True, False, False, False, False)]


def test_an_administrator_who_is_no_superuser_is_enough(place: Place) -> None:
    admin = f"{place.name}_admin"
    place.as_admin(f"CREATE ROLE {admin} LOGIN CREATEROLE CREATEDB PASSWORD 'admins'")
    place.secret("admin", username=admin, password="admins")
    try:
        done = place.run(admin=True)
        assert (done.returncode, done.stderr) == (0, "")
        rows = place.ask(f"SELECT pg_has_role('{admin}', current_user, 'USAGE')")
        assert rows == [(False,)]
    finally:
        place.as_admin(f"DROP DATABASE IF EXISTS {place.name} WITH (FORCE)")
        place.as_admin(f"DROP OWNED BY {admin}", f"DROP ROLE IF EXISTS {place.name}")
        place.as_admin(f"DROP ROLE {admin}")


def test_an_administrator_without_the_rights_is_told_which(place: Place) -> None:
    admin = f"{place.name}_admin"
    place.as_admin(f"CREATE ROLE {admin} LOGIN PASSWORD 'admins'")
    place.secret("admin", username=admin, password="admins")
    try:
        done = place.run(admin=True)
    finally:
        place.as_admin(f"DROP ROLE {admin}")
    assert done.returncode == 2
    assert "CREATEROLE and CREATEDB" in done.stderr


def test_without_an_administrator_nothing_is_made_and_the_remedy_is_told(place: Place) -> None:
    done = place.run()
    assert done.returncode == 2
    assert f'CREATE ROLE "{place.name}"' in done.stderr
    assert "owners" not in done.stdout + done.stderr


def test_a_password_that_is_there_stays_and_another_one_is_told(place: Place) -> None:
    place.run(admin=True)
    place.secret("owner", password="another")
    done = place.run(admin=True)
    assert done.returncode == 2
    assert "refuses the password" in done.stderr
    assert "ALTER ROLE" in done.stderr
    place.connect().close()


def test_the_administrators_wrong_password_is_told_as_its_own(place: Place) -> None:
    place.secret("admin", password="wrong")
    done = place.run(admin=True)
    assert done.returncode == 2
    assert done.stderr.startswith("administrator: ")


def test_a_server_that_does_not_answer_may_be_tried_again(place: Place) -> None:
    done = place.run("--port", "1")
    assert done.returncode == 1
    assert "does not answer" in done.stderr


def test_a_database_of_somebody_else_needs_one_statement(place: Place) -> None:
    place.as_admin(
        f"CREATE ROLE {place.name} LOGIN PASSWORD 'owners'", f"CREATE DATABASE {place.name}"
    )
    refused = place.run()
    assert refused.returncode == 2
    assert f'CREATE SCHEMA yeoul AUTHORIZATION "{place.name}"' in refused.stderr
    # What it asked for is enough: no right on the database itself.
    place.as_admin(f"CREATE SCHEMA yeoul AUTHORIZATION {place.name}", dbname=place.name)
    done = place.run()
    assert (done.returncode, done.stderr) == (0, "")
    assert "GRANT CREATE ON SCHEMA public" in done.stdout


def test_a_ledger_of_somebody_else_is_told_table_by_table(place: Place) -> None:
    place.run(admin=True)
    place.as_admin(f"ALTER TABLE yeoul.books OWNER TO {place.admin.user}", dbname=place.name)
    done = place.run()
    assert done.returncode == 2
    assert f'ALTER TABLE yeoul.books OWNER TO "{place.name}"' in done.stderr
