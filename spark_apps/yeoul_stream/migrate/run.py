"""The steps: get in as the pipelines' role, by an administrator where need be, make the ledger.

An administrator is asked only where the role itself gets no further, so a second run needs none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import psycopg2
from psycopg2 import errors
from psycopg2.extensions import connection as Connection

from yeoul_stream.migrate import provision
from yeoul_stream.migrate.refusals import Refusal, Why, refusal, remedy
from yeoul_stream.migrate.settings import Access
from yeoul_stream.patience import Patience
from yeoul_stream.secrets import PostgresSecret
from yeoul_stream.sinks.postgres.connection import connect
from yeoul_stream.sinks.postgres.schema import TABLES, ensure_schema

Tell = Callable[[str], None]
_PAUSE_S = 2.0


class MigrationError(Exception):
    """A person has to act; the message says what to do."""


class NotReadyError(Exception):
    """The server did not answer in time; another try may meet it."""


class _RefusedError(Exception):
    def __init__(self, found: Refusal) -> None:
        self.found = found


def migrate(access: Access, patience: Patience, tell: Tell) -> None:
    """Make sure of role, database and ledger. What is there stays as it is.

    Raises:
        MigrationError: somebody has to act.
        NotReadyError: the server did not answer in time.
    """
    try:
        with _session(access.owner, patience, tell) as connection:
            tell(f"role {access.owner.username} and database {access.owner.dbname}: there")
            _make_ledger(connection, access.owner, tell)
            return
    except _RefusedError as error:
        if error.found.why not in (Why.PASSWORD, Why.NO_DATABASE):
            raise MigrationError(remedy(error.found, access.owner)) from None
        _make_place(access, error.found, patience, tell)
    try:
        with _session(access.owner, patience, tell) as connection:
            _make_ledger(connection, access.owner, tell)
    except _RefusedError as error:
        raise MigrationError(remedy(error.found, access.owner)) from None


def _make_place(access: Access, found: Refusal, patience: Patience, tell: Tell) -> None:
    """Create role and database as the administrator."""
    owner = access.owner
    if access.admin is None:
        raise MigrationError(
            f"{remedy(found, owner)}. Without an administrator nothing is created: run "
            f'CREATE ROLE "{owner.username}" LOGIN PASSWORD ...; CREATE DATABASE '
            f'"{owner.dbname}" OWNER "{owner.username}"; or name the Secret of an administrator'
        )
    try:
        with _session(access.admin, patience, tell) as connection:
            _create_role(connection, owner, found, tell)
            if not provision.has_database(connection, owner.dbname):
                provision.create_database(connection, owner.dbname, owner.username)
                tell(f"database {owner.dbname}: made, of {owner.username}")
    except _RefusedError as error:
        raise MigrationError(f"administrator: {remedy(error.found, access.admin)}") from None
    except errors.InsufficientPrivilege as error:
        raise MigrationError(
            f"administrator {access.admin.username!r} may not: {_first_line(error)}. It needs "
            "CREATEROLE and CREATEDB, and to be a member of the pipelines' role where that is there"
        ) from None


def _create_role(connection: Connection, owner: PostgresSecret, found: Refusal, tell: Tell) -> None:
    if not provision.has_role(connection, owner.username):
        provision.create_role(connection, owner.username, owner.password)
        tell(f"role {owner.username}: made")
    elif found.why is Why.PASSWORD:
        # Others may log in by it: a new password would lock them out.
        raise MigrationError(
            f"{owner.host}:{owner.port} refuses the password of role {owner.username!r}, which is "
            "there: put its password into the Secret, or run as an administrator "
            f'ALTER ROLE "{owner.username}" LOGIN PASSWORD ...'
        )


def _make_ledger(connection: Connection, owner: PostgresSecret, tell: Tell) -> None:
    statement = provision.missing_for_ledger(connection, owner.username, owner.dbname)
    if statement:
        raise MigrationError(
            f"role {owner.username!r} may not make the ledger in database {owner.dbname!r}; run as "
            f"its owner: {statement}"
        )
    # Those of an earlier version first: they may want columns.
    statements = list(provision.missing_on_tables(connection, owner.username))
    if statements:
        raise MigrationError(
            f"role {owner.username!r} lacks rights on the ledger in database {owner.dbname!r}; run "
            f"as its owner: {'; '.join(statements)}"
        )
    ensure_schema(connection)
    tell(f"ledger: schema yeoul with {len(TABLES)} tables")
    if not provision.may_create_tables(connection):
        tell(
            f"notice: role {owner.username} may not make tables in schema public; the tables of "
            f'sinks must be there, or run GRANT CREATE ON SCHEMA public TO "{owner.username}"'
        )
    if provision.is_superuser(connection):
        tell(
            f"notice: role {owner.username} is a superuser; pipelines need no more than a database"
        )


@contextmanager
def _session(who: PostgresSecret, patience: Patience, tell: Tell) -> Iterator[Connection]:
    """Open a session, and wait for a server that is not ready.

    Raises:
        _RefusedError: the server is there and does not want us.
        NotReadyError: it did not answer in time.
    """
    with ExitStack() as stack:
        deadline, said = patience.clock() + patience.seconds, False
        while True:
            try:
                connection = stack.enter_context(connect(who, "yeoul migrate"))
                break
            except psycopg2.OperationalError as error:
                found = refusal(str(error))
            if not found.may_pass:
                raise _RefusedError(found)
            if patience.clock() >= deadline:
                raise NotReadyError(remedy(found, who))
            if not said:
                tell(f"waiting for {who.host}:{who.port} ({found.words})")
                said = True
            patience.sleep(_PAUSE_S)
        yield connection


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
