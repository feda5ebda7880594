"""A table of PostgreSQL, as the pipelines' role sees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import cursor as Cursor

from yeoul_stream.arrival.waiting import LookError
from yeoul_stream.migrate.refusals import refusal, remedy
from yeoul_stream.secrets import PostgresSecret
from yeoul_stream.sinks.postgres.connection import connect
from yeoul_stream.sinks.postgres.names import TableName

APPLY = (
    "apply one (kubectl apply -f manifests/examples/car-info.yaml), wait until it is Ready "
    "(kubectl wait --for=condition=Ready streampipeline/car-info --timeout=5m), and try again"
)

_WRITERS = """
SELECT t.pipeline || '.' || t.sink, max(l.updated_at)::text
FROM yeoul.targets t LEFT JOIN yeoul.ledger l USING (installation, pipeline, sink)
WHERE t.name = %s GROUP BY 1 ORDER BY 1
"""
_DEAD = """
SELECT reason, detail FROM yeoul.dead_letters
WHERE position(%s::bytea IN payload) > 0 AND written_at > now() - interval '1 hour' LIMIT 1
"""


class Table:
    """A table, and the column in which ids are."""

    def __init__(self, secret: PostgresSecret, table: str, column: str) -> None:
        self._secret, self._table, self._column = secret, TableName.parse(table), column
        self.name = f"table {self._table}"

    def no_pipeline(self) -> str:
        """Return what to do where no sink is known to write the table."""
        with self._cursor() as cursor:
            if self._writers(cursor):
                return ""
        return f"no pipeline has written to it yet: {APPLY}"

    def count(self, record: str) -> int:
        """Return how many rows have that id; none where there is no such table."""
        statement = sql.SQL("SELECT count(*) FROM {} WHERE {} = %s").format(
            self._table.identifier, sql.Identifier(self._column)
        )
        with self._cursor() as cursor:
            try:
                cursor.execute(statement, (record,))
            except errors.UndefinedTable:
                return 0
            except errors.UndefinedColumn:
                raise LookError(
                    f"it has no column {self._column!r}: name the one with ids"
                ) from None
            return int((cursor.fetchone() or (0,))[0])

    def why_absent(self, record: str) -> str:
        """Return whether it became a dead letter, else who writes the table, and when last."""
        with self._cursor() as cursor:
            cursor.execute(_DEAD, (record.encode(),))
            dead = cursor.fetchone()
            if dead is not None:
                return f"it became a dead letter ({dead[0]}: {dead[1]})"
            writers = self._writers(cursor)
        told = ", ".join(f"{who} (last at {when})" for who, when in writers)
        return (
            f"it is written by {told}: see `kubectl describe streampipeline`, and that the poller "
            "runs and writes into its topic; a pipeline with a long trigger needs more time"
        )

    def _writers(self, cursor: Cursor) -> list[tuple[str, str]]:
        try:
            cursor.execute(_WRITERS, (str(self._table),))
        except errors.UndefinedTable:
            return []
        return cursor.fetchall()

    @contextmanager
    def _cursor(self) -> Iterator[Cursor]:
        try:
            with connect(self._secret, "yeoul test") as connection, connection.cursor() as cursor:
                yield cursor
        except psycopg2.OperationalError as error:
            raise LookError(remedy(refusal(str(error)), self._secret)) from None
