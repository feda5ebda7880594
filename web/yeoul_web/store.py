"""Dead letters and vehicles, read from the tables of the pipelines. Nothing is written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import cursor as Cursor
from psycopg2.sql import SQL, Identifier

from yeoul_stream.secrets import SecretError, read_postgres_secret
from yeoul_stream.sinks.postgres.connection import connect
from yeoul_stream.verify.letters import DeadLetter, Wanted, letters_of_table
from yeoul_web.model import Letter, Vehicle
from yeoul_web.source import Table

# Of the first pipeline's table: /docs/pipeline.md.
POSITION = ("trmncd", "gpsutctime", "detclot", "detclat", "vhclesped")
TRAIL = 24
_METRES_PER_DEGREE = 111_195
_JUMP_M = 1500
# The newest rows lie in a table's last pages: 256 of them are 2 MB, some 18,000 rows.
_NEWEST_PAGES = 256
_PAYLOAD = 2000


class StoreError(Exception):
    """A table cannot be read; the message says which and why."""


def letters(tables: Iterable[Table], secrets: Path, limit: int = 20) -> list[Letter]:
    """The newest dead letters of all tables.

    Raises:
        StoreError: a database does not answer, or nobody has told how to reach it.
    """
    found: list[Letter] = []
    for table in tables:
        try:
            secret = read_postgres_secret(table.secret, secrets)
            some = letters_of_table(secret, table.who, Wanted(limit=limit))
        except (psycopg2.Error, SecretError) as error:
            raise StoreError(f"{table.pipeline}: {str(error).strip()}") from None
        found += [_letter(table, one) for one in some.shown]
    oldest = datetime.min.replace(tzinfo=UTC)
    return sorted(found, key=lambda one: one.at or oldest, reverse=True)[:limit]


def vehicles(tables: Sequence[Table], secrets: Path) -> list[Vehicle]:
    """The last positions in the first table that has such; none where there is no such table.

    Raises:
        StoreError: its database does not answer.
    """
    able = [one for one in tables if not one.columns or set(POSITION) <= one.columns]
    if not able:
        return []
    table = able[0]
    try:
        secret = read_postgres_secret(table.secret, secrets)
        with connect(secret, "yeoul status") as session, session.cursor() as cursor:
            return trails(_positions(cursor, table.table))
    except (psycopg2.Error, SecretError) as error:
        raise StoreError(f"{table.pipeline}: {str(error).strip()}") from None


def _positions(cursor: Cursor, table: str) -> list[tuple[Any, ...]]:
    name = Identifier(*table.split("."))
    cursor.execute("SET LOCAL statement_timeout = '5s'")
    cursor.execute("SELECT to_regclass(%s)", (name.as_string(cursor),))
    if cursor.fetchone() == (None,):
        return []
    columns = SQL(", ").join(map(Identifier, POSITION))
    statement = SQL(
        "SELECT {columns} FROM {table} WHERE ctid >= "
        "format('(%%s,0)', greatest(pg_relation_size(%s) / 8192 - %s, 0))::tid "
        "AND {place} IS NOT NULL AND {other} IS NOT NULL AND {terminal} IS NOT NULL "
        "ORDER BY {terminal}, {time}"
    ).format(
        columns=columns,
        table=name,
        terminal=Identifier(POSITION[0]),
        time=Identifier(POSITION[1]),
        place=Identifier(POSITION[2]),
        other=Identifier(POSITION[3]),
    )
    cursor.execute(statement, (name.as_string(cursor), _NEWEST_PAGES))
    return list(cursor.fetchall())


def trails(rows: Iterable[tuple[Any, ...]]) -> list[Vehicle]:
    """Rows (terminal, epoch milliseconds, longitude, latitude, km/h) in order -> vehicles. Pure."""
    found = []
    for name, group in groupby(rows, key=lambda row: row[0]):
        last = _unbroken(list(group)[-TRAIL:])
        _, at, _, _, speed = last[-1]
        found.append(
            Vehicle(
                name=str(name),
                at=datetime.fromtimestamp((at or 0) / 1000, UTC),
                speed=speed or 0.0,
                trail=tuple((lon, lat) for _, _, lon, lat, _ in last),
            )
        )
    return found


def _unbroken(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """What follows the last jump: there a trip ended elsewhere, or a position was wrong."""
    for index in range(len(rows) - 1, 0, -1):
        (_, _, lon, lat, _), (_, _, next_lon, next_lat, _) = rows[index - 1], rows[index]
        east = (next_lon - lon) * math.cos(math.radians(lat))
        if math.hypot(east, next_lat - lat) * _METRES_PER_DEGREE > _JUMP_M:
            return rows[index:]
    return rows


def _letter(table: Table, one: DeadLetter) -> Letter:
    text = "" if one.payload is None else one.payload.decode(errors="backslashreplace")
    return Letter(
        pipeline=table.pipeline,
        sink=one.sink,
        partition=one.partition,
        offset=one.offset,
        at=one.kafka_time,
        reason=one.reason,
        detail=one.detail,
        payload=text if len(text) <= _PAYLOAD else f"{text[:_PAYLOAD]}…",
    )
