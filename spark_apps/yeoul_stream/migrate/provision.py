"""What is made and what is checked, one function a statement of intent.

Nothing that is there is changed: no password, no owner, no right.
"""

from __future__ import annotations

from collections.abc import Iterator

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import encrypt_password

from yeoul_stream.sinks.postgres.schema import TABLES

_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def has_role(connection: Connection, role: str) -> bool:
    """Whether the server knows the role."""
    return _is_true(connection, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", role)


def has_database(connection: Connection, database: str) -> bool:
    """Whether the server has the database."""
    return _is_true(
        connection, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)", database
    )


def create_role(connection: Connection, role: str, password: str) -> None:
    """Create a role that may log in and nothing else, and commit.

    The server gets a verifier instead of the password: statements end in logs.
    """
    verifier = encrypt_password(password, role, connection, "scram-sha-256")
    command = sql.SQL(
        "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {}"
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(command.format(sql.Identifier(role), sql.Literal(verifier)))


def create_database(connection: Connection, database: str, owner: str) -> None:
    """Create a database of the role, outside of a transaction, as PostgreSQL wants it."""
    names = sql.Identifier(database), sql.Identifier(owner)
    connection.rollback()
    connection.autocommit = True
    try:
        with connection.cursor() as cursor, _acting_for(connection, owner):
            cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))
    finally:
        connection.autocommit = False


class _acting_for:  # noqa: N801 - reads as a word
    """An administrator who is no superuser gives a database to those roles only that it is in."""

    def __init__(self, connection: Connection, role: str) -> None:
        self._connection, self._role = connection, role
        self._joined = False

    def __enter__(self) -> None:
        # From 16 on, who creates a role is a member that may not act for it.
        right = "SET" if self._connection.server_version >= 160000 else "MEMBER"
        if not _is_true(self._connection, "SELECT pg_has_role(%s, %s)", self._role, right):
            self._run("GRANT {} TO CURRENT_USER")
            self._joined = True

    def __exit__(self, *_: object) -> None:
        if self._joined:
            self._run("REVOKE {} FROM CURRENT_USER")

    def _run(self, command: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(sql.SQL(command).format(sql.Identifier(self._role)))


def is_superuser(connection: Connection) -> bool:
    """Whether the session's role may do everything."""
    return _is_true(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")


def may_create_tables(connection: Connection, schema: str = "public") -> bool:
    """Whether the role may make its sinks' tables in a schema."""
    return _is_true(
        connection,
        "SELECT coalesce(has_schema_privilege(to_regnamespace(%s), 'CREATE'), false)",
        schema,
    )


def missing_for_ledger(connection: Connection, role: str, database: str) -> str:
    """Return the statement without which the role cannot make the ledger; empty: nothing."""
    if _is_true(connection, "SELECT to_regnamespace('yeoul') IS NULL"):
        if _is_true(connection, "SELECT has_database_privilege(current_database(), 'CREATE')"):
            return ""
        # Less than CREATE on the whole database.
        return f'CREATE SCHEMA yeoul AUTHORIZATION "{role}"  -- in database "{database}"'
    has_both = (
        "SELECT has_schema_privilege('yeoul', 'USAGE') AND has_schema_privilege('yeoul', 'CREATE')"
    )
    if _is_true(connection, has_both):
        return ""
    return f'GRANT USAGE, CREATE ON SCHEMA yeoul TO "{role}"  -- in database "{database}"'


def missing_on_tables(connection: Connection, role: str) -> Iterator[str]:
    """Yield the statements without which the role cannot keep the ledger's tables, or alter them.

    Tables that are not there yet will be the role's own.
    """
    for table in TABLES:
        name = f"yeoul.{table}"
        if _is_true(connection, "SELECT to_regclass(%s) IS NULL", name):
            continue
        owned = "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = %s::regclass"
        lacks = [
            right
            for right in _RIGHTS
            if not _is_true(connection, "SELECT has_table_privilege(%s, %s)", name, right)
        ]
        if not _is_true(connection, owned, name):
            yield f'ALTER TABLE {name} OWNER TO "{role}"'
        elif lacks:
            yield f'GRANT {", ".join(lacks)} ON {name} TO "{role}"'


def _is_true(connection: Connection, statement: str, *values: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone() == (True,)
