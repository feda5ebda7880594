"""Rows of a table that have a twin of the very same values, by the record that they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from yeoul_stream.identity import SinkIdentity
from yeoul_stream.sinks.postgres.names import TableName


@dataclass(frozen=True)
class CopiesOf:
    """The surplus rows among the sink's committed offsets.

    `columns` are the sink's; `partition` and `offset` those of them that name the record. `ranges`
    are (partition, start, end) of what is committed.
    """

    table: TableName
    columns: tuple[str, ...]
    partition: str
    offset: str
    ranges: tuple[tuple[int, int, int], ...]

    def count(self, connection: Connection) -> int:
        """Return how many there are."""
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("SELECT count(*) FROM ({}) AS copies").format(self._select()))
            row = cursor.fetchone()
            return int(row[0]) if row else 0

    def delete(self, connection: Connection) -> int:
        """Delete them in the connection's transaction and return how many there were.

        Of each row the one that lies first is kept.
        """
        statement = sql.SQL(
            "DELETE FROM {0} USING ({1}) AS copies "
            "WHERE {0}.tableoid = copies.heap AND {0}.ctid = copies.place"
        )
        with connection.cursor() as cursor:
            cursor.execute(statement.format(self.table.identifier, self._select()))
            return cursor.rowcount

    def _select(self) -> sql.Composed:
        ranges = sql.SQL(", ").join(
            sql.SQL("({}::int, {}::bigint, {}::bigint)").format(*map(sql.Literal, bounds))
            for bounds in self.ranges
        )
        return sql.SQL(
            "SELECT heap, place FROM (SELECT t.tableoid AS heap, t.ctid AS place, row_number() "
            "OVER (PARTITION BY {columns} ORDER BY t.tableoid, t.ctid) AS number "
            "FROM {table} AS t JOIN (VALUES {ranges}) AS r (part, first, stop) "
            "ON t.{partition} = r.part AND t.{offset} >= r.first AND t.{offset} < r.stop"
            ") AS numbered WHERE number > 1"
        ).format(
            columns=sql.SQL(", ").join(sql.Identifier("t", name) for name in self.columns),
            table=self.table.identifier,
            ranges=ranges,
            partition=sql.Identifier(self.partition),
            offset=sql.Identifier(self.offset),
        )


def other_readers(connection: Connection, who: SinkIdentity, sinks: Sequence[str]) -> list[str]:
    """Return the sinks that read the same topics into the same database, as their full names.

    `sinks` are those of the pipeline as it is now; one that it had under another name counts.
    """
    mine = "installation = %s AND pipeline = %s"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT concat_ws('/', installation, pipeline, sink) FROM yeoul.ledger "  # noqa: S608
            f"WHERE NOT ({mine} AND sink = ANY (%s)) AND topic_id IN "
            f"(SELECT topic_id FROM yeoul.ledger WHERE {mine} AND sink = %s) ORDER BY 1",
            (*who.key[:2], list(sinks), *who.key),
        )
        return [str(row[0]) for row in cursor.fetchall()]
