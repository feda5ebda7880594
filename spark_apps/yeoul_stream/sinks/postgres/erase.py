"""What a pipeline's sinks hold in a database, and its removal.

All sinks of the pipeline are seen to, also those that it no longer has: the books know them. The
epoch is raised first, which waits for transactions of a driver that is still there; then one
transaction removes everything. A table goes only where a sink of this pipeline created it and no
other pipeline is known to write it; nothing is ever removed from one that stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from psycopg2 import errors, sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from yeoul_stream.sinks.postgres.names import TableName
from yeoul_stream.sinks.postgres.schema import ensure_schema

_OURS = "installation = %s AND pipeline = %s"
# Whoever reads the table for longer than that is not waited for: the next try may meet it free.
_LOCK_TIMEOUT = "30s"


@dataclass(frozen=True)
class Owner:
    """A pipeline of an installation: `namespace/name`."""

    installation: str
    pipeline: str

    @property
    def key(self) -> tuple[str, str]:
        """The leading key columns of every bookkeeping table."""
        return self.installation, self.pipeline


@dataclass(frozen=True)
class Table(TableName):
    """A table that a sink writes; `stays` says why it is not dropped, empty where it is."""

    oid: int
    stays: str = ""


@dataclass(frozen=True)
class Holdings:
    """What a sink holds: numbers of rows, and its tables."""

    positions: int = 0
    books: int = 0
    dead_letters: int = 0
    tables: tuple[Table, ...] = ()


def look(connection: Connection, owner: Owner) -> dict[str, Holdings]:
    """Return sink -> what it holds."""
    if not _is_there(connection):
        return {}
    ensure_schema(connection)
    with connection, connection.cursor() as cursor:
        return _look(cursor, owner)


def remove(connection: Connection, owner: Owner, floor: int) -> dict[str, Holdings]:
    """Remove everything, and return sink -> what was removed; `floor` as for `claim_epoch`.

    Raises:
        psycopg2.Error: nothing was removed; it can be tried again.
    """
    if not _is_there(connection):
        return {}
    ensure_schema(connection)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE yeoul.sinks SET epoch = greatest(epoch + 1, %s), holder = '', "
            f"claimed_at = now() WHERE {_OURS}",
            (floor, *owner.key),
        )
    with connection, connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
        # No other sink begins with one of these tables until this is decided.
        cursor.execute("LOCK TABLE yeoul.targets IN SHARE ROW EXCLUSIVE MODE")
        found = _look(cursor, owner)
        dropped = _drop(cursor, (table for held in found.values() for table in held.tables))
        for table in ("dead_letters", "replayed", "books", "ledger", "targets", "sinks"):
            cursor.execute(f"DELETE FROM yeoul.{table} WHERE {_OURS}", owner.key)
    return {
        sink: replace(held, tables=tuple(dropped[table.oid] for table in held.tables))
        for sink, held in found.items()
    }


def _is_there(connection: Connection) -> bool:
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('yeoul.sinks') IS NOT NULL")
        return cursor.fetchone() == (True,)


def _look(cursor: Cursor, owner: Owner) -> dict[str, Holdings]:
    counts = {name: _count(cursor, name, owner) for name in ("ledger", "books", "dead_letters")}
    tables, known = _tables(cursor, owner), _count(cursor, "sinks", owner)
    names = {*known, *tables, *(sink for found in counts.values() for sink in found)}
    return {
        sink: Holdings(
            counts["ledger"].get(sink, 0),
            counts["books"].get(sink, 0),
            counts["dead_letters"].get(sink, 0),
            tuple(tables.get(sink, ())),
        )
        for sink in sorted(names)
    }


def _count(cursor: Cursor, table: str, owner: Owner) -> dict[str, int]:
    cursor.execute(
        f"SELECT sink, count(*) FROM yeoul.{table} WHERE {_OURS} GROUP BY sink", owner.key
    )
    return {sink: int(count) for sink, count in cursor.fetchall()}


_TABLES = """
SELECT t.sink, t.target, n.nspname, c.relname, t.name,
    EXISTS (SELECT FROM yeoul.targets m WHERE m.target = t.target AND m.created
            AND (m.installation, m.pipeline) = (t.installation, t.pipeline)),
    ARRAY(SELECT DISTINCT o.pipeline || '.' || o.sink FROM yeoul.targets o
          WHERE (o.target = t.target OR o.name = t.name)
          AND (o.installation, o.pipeline) <> (t.installation, t.pipeline))
FROM yeoul.targets t
JOIN pg_class c ON c.oid = t.target JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.installation = %s AND t.pipeline = %s
ORDER BY t.sink, t.first_at
"""

# Sinks that have not been opened since tables are recorded: they may write any.
_UNRECORDED = """
SELECT DISTINCT s.pipeline || '.' || s.sink FROM yeoul.sinks s
WHERE (s.installation, s.pipeline) <> (%s, %s) AND NOT EXISTS (
    SELECT FROM yeoul.targets t
    WHERE (t.installation, t.pipeline, t.sink) = (s.installation, s.pipeline, s.sink))
ORDER BY 1
"""


def _tables(cursor: Cursor, owner: Owner) -> dict[str, list[Table]]:
    cursor.execute(_UNRECORDED, owner.key)
    unrecorded = [name for (name,) in cursor.fetchall()]
    cursor.execute(_TABLES, owner.key)
    found: dict[str, list[Table]] = {}
    for sink, oid, schema, name, called, created, others in cursor.fetchall():
        table = Table(schema, name, oid)
        stays = _why_it_stays(table, called, created, others, unrecorded)
        found.setdefault(sink, []).append(replace(table, stays=stays))
    return found


def _why_it_stays(
    table: Table, called: str, created: bool, others: Sequence[str], unrecorded: Sequence[str]
) -> str:
    if not created:
        return "it was there before this pipeline"
    if others:
        return f"{', '.join(sorted(others))} writes it too"
    if unrecorded:
        return f"{', '.join(unrecorded)}, started last by an earlier version, may write it too"
    return "" if str(table) == called else f"somebody has renamed it: it was {called}"


def _drop(cursor: Cursor, tables: Iterable[Table]) -> dict[int, Table]:
    """Drop what does not stay; return each table by its oid, with what came of it."""
    result: dict[int, Table] = {}
    for table in tables:
        if table.oid in result or table.stays:
            result.setdefault(table.oid, table)
            continue
        cursor.execute("SAVEPOINT target")
        try:
            cursor.execute(sql.SQL("DROP TABLE {}").format(table.identifier))
        except (errors.DependentObjectsStillExist, errors.InsufficientPrivilege) as error:
            cursor.execute("ROLLBACK TO SAVEPOINT target")
            table = replace(table, stays=str(error.diag.message_primary))  # noqa: PLW2901
        result[table.oid] = table
    return result
