"""Rows of the target table as Arrow, chunk by chunk. Runs in Python workers and in the driver.

Values are cast in SQL to what the digest is made of (whole numbers, doubles, text, decimals), so
that nothing depends on how PostgreSQL prints them. A row with a value that the sink cannot have
written, such as an infinite timestamp, is marked as alien.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from yeoul_stream.secrets import read_postgres_secret, secrets_directory
from yeoul_stream.sinks.postgres.connection import connect

ALIEN: Final = "alien"
PLACE: Final = "place"
_ONLY: Final = "ONLY "


@dataclass(frozen=True)
class Chunk:
    """The blocks [first, stop) of a heap; all rows of `source` where they are None."""

    source: str
    first: int | None
    stop: int | None


@dataclass(frozen=True)
class Scan:
    """What to read: the sink's output columns (name, Arrow type) in an exported snapshot."""

    secret_ref: str
    snapshot: str
    columns: tuple[tuple[str, pa.DataType], ...]
    chunks: tuple[Chunk, ...]

    def read(
        self, batches: Iterator[pa.RecordBatch], place: bool
    ) -> Iterator[tuple[int, pa.Table]]:
        """Yield each chunk's number and its rows; the batches hold the numbers.

        Columns: the sink's in order (named c0, c1, ...), `alien`, and with `place` where the row
        lies: its heap and ctid.
        """
        secret = read_postgres_secret(self.secret_ref, secrets_directory())
        with connect(secret, "yeoul verify") as connection:
            connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION SNAPSHOT %s", (self.snapshot,))
                for batch in batches:
                    for number in batch.column(0).to_pylist():
                        yield number, self._chunk(cursor, self.chunks[number], place)

    def at(self, cursor: Cursor, place: str) -> pa.Table:
        """Return the row at a place that `read` gave, as a table of no or one row."""
        heap, ctid = place.rsplit(" ", 1)
        where = sql.SQL(" WHERE ctid = {}").format(sql.Literal(ctid))
        return self._copy(cursor, f"{_ONLY}{heap}", where, "")

    def _chunk(self, cursor: Cursor, chunk: Chunk, place: bool) -> pa.Table:
        addressed = chunk.stop is not None
        where: sql.Composable = sql.SQL("")
        if addressed:
            where = sql.SQL(" WHERE ctid >= {} AND ctid < {}").format(
                sql.Literal(f"({chunk.first},0)"), sql.Literal(f"({chunk.stop},0)")
            )
        shown = "ctid::text" if addressed else "NULL::text"
        rows = self._copy(cursor, chunk.source, where, shown if place else "")
        if place and addressed:
            heap = chunk.source.removeprefix(_ONLY)
            places = pc.binary_join_element_wise(heap, rows.column(PLACE), " ")
            rows = rows.set_column(rows.num_columns - 1, PLACE, places)
        return rows

    def _copy(self, cursor: Cursor, source: str, where: sql.Composable, place: str) -> pa.Table:
        columns: list[sql.Composable] = []
        fits: list[sql.Composable] = [sql.SQL("true")]
        for name, type_ in self.columns:
            column = sql.Identifier(name)
            columns.append(_value(type_).format(column))
            if condition := _fits(type_):
                fits.append(sql.SQL("coalesce({}, true)").format(condition.format(column)))
        columns.append(sql.SQL("NOT ({})").format(sql.SQL(" AND ").join(fits)))
        if place:
            columns.append(sql.SQL(place))
        statement = sql.SQL(
            "COPY (SELECT {} FROM {}{}) TO STDOUT (FORMAT csv, ENCODING 'UTF8')"
        ).format(sql.SQL(", ").join(columns), sql.SQL(source), where)
        buffer = io.BytesIO()
        cursor.copy_expert(statement.as_string(cursor.connection), buffer)
        carriers = [(f"c{i}", carrier(type_)) for i, (_, type_) in enumerate(self.columns)]
        extra = [(PLACE, pa.string())] if place else []
        return parse(buffer, pa.schema([*carriers, (ALIEN, pa.bool_()), *extra]))


def parse(buffer: io.BytesIO, schema: pa.Schema) -> pa.Table:
    """Return what COPY wrote as CSV; an empty text is quoted, a null is not."""
    if not buffer.tell():
        return schema.empty_table()
    data = buffer.getbuffer()
    return csv.read_csv(
        pa.py_buffer(data),
        read_options=csv.ReadOptions(
            column_names=schema.names, block_size=len(data) + 1, use_threads=False
        ),
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=schema, null_values=[""], strings_can_be_null=True,
            quoted_strings_can_be_null=False, true_values=["t"], false_values=["f"],
        ),
    )  # fmt: skip


def carrier(type_: pa.DataType) -> pa.DataType:
    """Return the type whose hash is that of `type_` and in which the values are read."""
    if pa.types.is_floating(type_):
        return pa.float64()
    if pa.types.is_decimal(type_) or pa.types.is_string(type_) or pa.types.is_boolean(type_):
        return type_
    return pa.int64()


def ordinal(column: pa.Array) -> pa.Array:
    """Return times and numbers as `carrier` has them, in which they keep their order."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", column.type.tz))
    elif pa.types.is_date(column.type):
        column = column.cast(pa.date32()).cast(pa.int32())
    return column.cast(carrier(column.type))


def _value(type_: pa.DataType) -> sql.SQL:
    if pa.types.is_timestamp(type_):
        return sql.SQL(
            "CASE WHEN isfinite({0}) THEN (extract(epoch FROM {0}) * 1000000)::bigint END"
        )
    if pa.types.is_date(type_):
        return sql.SQL("CASE WHEN isfinite({0}) THEN {0} - DATE '1970-01-01' END")
    if pa.types.is_decimal(type_):
        limit, scale = _limit(type_), type_.scale
        return sql.SQL(f"CASE WHEN abs({{0}}) < {limit} THEN round({{0}}, {scale}) END")
    if pa.types.is_floating(type_):
        return sql.SQL("{0}::float8")
    if pa.types.is_string(type_):
        return sql.SQL("{0}::text")
    if pa.types.is_boolean(type_):
        return sql.SQL("{0}")
    return sql.SQL("{0}::bigint")


def _fits(type_: pa.DataType) -> sql.SQL | None:
    """Return the condition for values that the sink can have written, None for all."""
    if pa.types.is_timestamp(type_) or pa.types.is_date(type_):
        return sql.SQL("isfinite({0})")
    if pa.types.is_decimal(type_):
        return sql.SQL(f"(abs({{0}}) < {_limit(type_)} AND {{0}} = round({{0}}, {type_.scale}))")
    return None


def _limit(type_: pa.DataType) -> str:
    return f"1e{type_.precision - type_.scale}::numeric"
