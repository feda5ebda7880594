"""Reads what the page shows back from PostgreSQL."""

from dataclasses import dataclass
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.sql import SQL, Composable, Identifier

from yeoul_local.demo.page.data import Batch, Bucket, Fix
from yeoul_local.demo.page.thin import bucket_seconds, trails
from yeoul_stream.pipeline import StreamPipeline

# The map replays at most this much; the charts show the whole run.
TRAIL_SECONDS = 120.0
_MOST_ROWS = 600_000


@dataclass(frozen=True)
class Readback:
    """What PostgreSQL holds of a run; the fields are those of the page's data."""

    vehicles: int
    trails: dict[str, tuple[Fix, ...]]
    buckets: tuple[Bucket, ...]
    bucket_seconds: int
    batches: tuple[Batch, ...]
    dead: dict[str, dict[str, int]]
    dead_in_run: int


@dataclass(frozen=True)
class Query:
    """Which rows: those with a GPS time of the run."""

    installation: str
    pipeline: StreamPipeline
    began: float
    ended: float

    @property
    def key(self) -> tuple[str, str]:
        """The pipeline's key in the books."""
        meta = self.pipeline.metadata
        return self.installation, f"{meta.namespace}/{meta.name}"


def read_back(connection: Connection, query: Query, sink: str, table: str) -> Readback:
    """Everything of the run that PostgreSQL holds.

    Args:
        connection: to the sink's database.
        query: which run.
        sink: the name of the PostgreSQL sink.
        table: its table.
    """
    name = Identifier(*table.split("."))
    span = bucket_seconds(query.ended - query.began)
    with connection.cursor() as cursor:
        buckets = _buckets(cursor, name, query, span)
        last = max((bucket.at + span for bucket in buckets), default=query.ended)
        rows = _fixes(cursor, name, max(query.began, last - TRAIL_SECONDS))
        return Readback(
            vehicles=_vehicles(cursor, name, query),
            trails=trails(rows),
            buckets=buckets,
            bucket_seconds=span,
            batches=_batches(cursor, query, sink),
            dead=_dead(cursor, query),
            dead_in_run=_dead_in_run(cursor, query, sink),
        )


def _buckets(cursor: Cursor, table: Composable, query: Query, span: int) -> tuple[Bucket, ...]:
    statement = SQL(
        "SELECT floor(gpsutctime / 1000 / %(span)s) * %(span)s, count(*), "
        "percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY vhclesped) "
        "FILTER (WHERE vhclesped >= 1) "
        "FROM {table} WHERE gpsutctime BETWEEN %(began)s AND %(ended)s "
        "GROUP BY 1 ORDER BY 1"
    ).format(table=table)
    cursor.execute(statement, {"span": span, **_milliseconds(query)})
    return tuple(
        Bucket(float(at), rows, *(speeds or (0.0, 0.0))) for at, rows, speeds in cursor.fetchall()
    )


def _vehicles(cursor: Cursor, table: Composable, query: Query) -> int:
    statement = SQL(
        "SELECT count(DISTINCT trmncd) FROM {table} "
        "WHERE gpsutctime BETWEEN %(began)s AND %(ended)s"
    ).format(table=table)
    cursor.execute(statement, _milliseconds(query))
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def _fixes(cursor: Cursor, table: Composable, since: float) -> list[tuple[str, Fix]]:
    statement = SQL(
        "SELECT * FROM (SELECT trmncd, gpsutctime, detclot, detclat, vhclesped FROM {table} "
        "WHERE gpsutctime >= %s AND trmncd IS NOT NULL AND detclot IS NOT NULL "
        "AND detclat IS NOT NULL ORDER BY gpsutctime DESC LIMIT %s) AS newest "
        "ORDER BY trmncd, gpsutctime"
    ).format(table=table)
    cursor.execute(statement, (since * 1000, _MOST_ROWS))
    return [
        (terminal, Fix(int(at), lon, lat, speed or 0.0))
        for terminal, at, lon, lat, speed in cursor.fetchall()
    ]


def _batches(cursor: Cursor, query: Query, sink: str) -> tuple[Batch, ...]:
    cursor.execute(
        "SELECT extract(epoch FROM committed_at)::float8, sum(written)::bigint FROM yeoul.books "
        "WHERE installation = %s AND pipeline = %s AND sink = %s AND committed_at >= "
        "to_timestamp(%s) GROUP BY 1 ORDER BY 1",
        (*query.key, sink, query.began),
    )
    return tuple(Batch(at, rows) for at, rows in cursor.fetchall())


def _dead(cursor: Cursor, query: Query) -> dict[str, dict[str, int]]:
    cursor.execute(
        "SELECT sink, reason, count(*) FROM yeoul.dead_letters "
        "WHERE installation = %s AND pipeline = %s GROUP BY 1, 2",
        query.key,
    )
    found: dict[str, dict[str, int]] = {}
    for sink, reason, number in cursor.fetchall():
        found.setdefault(sink, {})[reason] = number
    return found


def _dead_in_run(cursor: Cursor, query: Query, sink: str) -> int:
    cursor.execute(
        "SELECT count(*) FROM yeoul.dead_letters WHERE installation = %s AND pipeline = %s "
        "AND sink = %s AND written_at >= to_timestamp(%s)",
        (*query.key, sink, query.began),
    )
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def _milliseconds(query: Query) -> dict[str, Any]:
    return {"began": query.began * 1000, "ended": query.ended * 1000}
