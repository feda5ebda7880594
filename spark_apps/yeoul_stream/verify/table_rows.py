"""Rows of the target table as Arrow, chunk by chunk. Runs in Python workers.

Values are cast in SQL to what the digest is made of (whole numbers, doubles, text, decimals), so
that nothing depends on how PostgreSQL prints them. A row with a value that the sink cannot have
written, such as an infinite timestamp, is marked as alien.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from yeoul_stream.records.digest import digest, row_hashes
from yeoul_stream.secrets import read_postgres_secret, secrets_directory
from yeoul_stream.sinks.postgres.connection import connect

AMOUNT_DDL: Final = "rows bigint, digest bigint"
ROW_DDL: Final = "hash bigint, place string"
_ALIEN, _PLACE = "alien", "place"


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

    def read(self, batches: Iterator[pa.RecordBatch], place: bool) -> Iterator[pa.Table]:
        """Yield the rows of each chunk; the batches hold the chunks' numbers."""
        secret = read_postgres_secret(self.secret_ref, secrets_directory())
        with connect(secret, "yeoul verify") as connection:
            connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION SNAPSHOT %s", (self.snapshot,))
                for batch in batches:
                    for number in batch.column(0).to_pylist():
                        yield self._chunk(cursor, self.chunks[number], place)

    def _chunk(self, cursor: Cursor, chunk: Chunk, place: bool) -> pa.Table:
        buffer = io.BytesIO()
        cursor.copy_expert(self._statement(chunk, place).as_string(cursor.connection), buffer)
        names = [f"c{i}" for i in range(len(self.columns))]
        types: list[pa.DataType] = [_carrier(type_) for _, type_ in self.columns]
        extra = [(_PLACE, pa.string())] if place else []
        schema = pa.schema(
            [*zip(names, types, strict=True), (_ALIEN, pa.bool_()), *extra],
        )
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

    def _statement(self, chunk: Chunk, place: bool) -> sql.Composed:
        columns: list[sql.Composable] = []
        fits: list[sql.Composable] = [sql.SQL("true")]
        for name, type_ in self.columns:
            column = sql.Identifier(name)
            columns.append(_value(type_).format(column))
            if condition := _fits(type_):
                fits.append(sql.SQL("coalesce({}, true)").format(condition.format(column)))
        alien = sql.SQL("NOT ({})").format(sql.SQL(" AND ").join(fits))
        extra = []
        if place:
            text = sql.SQL(
                "NULL::text" if chunk.stop is None else "tableoid::regclass || ' ' || ctid"
            )
            extra = [text]
        where: sql.Composable = sql.SQL("")
        if chunk.stop is not None:
            where = sql.SQL(" WHERE ctid >= {} AND ctid < {}").format(
                sql.Literal(f"({chunk.first},0)"), sql.Literal(f"({chunk.stop},0)")
            )
        return sql.SQL("COPY (SELECT {} FROM {}{}) TO STDOUT (FORMAT csv, ENCODING 'UTF8')").format(
            sql.SQL(", ").join([*columns, alien, *extra]), sql.SQL(chunk.source), where
        )


def _carrier(type_: pa.DataType) -> pa.DataType:
    """Return the type whose hash is that of `type_` and in which the values are read."""
    if pa.types.is_floating(type_):
        return pa.float64()
    if pa.types.is_decimal(type_) or pa.types.is_string(type_) or pa.types.is_boolean(type_):
        return type_
    return pa.int64()


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


def _hashes(rows: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Return the hash of each row, and whether it is alien."""
    extra = [name for name in (_ALIEN, _PLACE) if name in rows.schema.names]
    alien = rows.column(_ALIEN).to_numpy()
    return row_hashes(rows.drop_columns(extra)), alien.astype(bool)


@dataclass(frozen=True)
class AmountStage:
    """A mapInArrow stage over chunks: yields rows and digest (AMOUNT_DDL)."""

    scan: Scan

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's chunks."""
        for rows in self.scan.read(batches, place=False):
            hashes, alien = _hashes(rows)
            yield pa.RecordBatch.from_pydict(
                {
                    "rows": pa.array([rows.num_rows], pa.int64()),
                    "digest": pa.array([digest(hashes[~alien])], pa.int64()),
                }
            )


@dataclass(frozen=True)
class RowStage:
    """A mapInArrow stage over chunks: yields hash and ctid of each row (ROW_DDL)."""

    scan: Scan

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's chunks."""
        for rows in self.scan.read(batches, place=True):
            hashes, alien = _hashes(rows)
            yield pa.RecordBatch.from_pydict(
                {
                    "hash": pa.array(hashes.view(np.int64), mask=alien),
                    "place": pc.cast(rows.column(_PLACE), pa.string()).combine_chunks(),
                }
            )
