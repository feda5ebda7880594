"""The target table: created from the pipeline's types, or checked against them.

An existing table is used as it is, but for one thing: a table that a sink of this pipeline created
gets the columns that the pipeline has got since. Widening that loses nothing is allowed (int to
bigint); all else is a mismatch that names column and types.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from psycopg2 import errors, sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from yeoul_stream.errors import TargetMismatchError
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.sinks.postgres.names import TableName

# Arrow type -> PostgreSQL types that hold every value of it exactly; the first is the one created.
_ACCEPTED: Mapping[pa.DataType, tuple[str, ...]] = {
    pa.string(): ("text", "character varying"),
    pa.int16(): ("smallint", "integer", "bigint"),
    pa.int32(): ("integer", "bigint"),
    pa.int64(): ("bigint",),
    pa.float32(): ("real", "double precision"),
    pa.float64(): ("double precision",),
    pa.bool_(): ("boolean",),
    pa.timestamp("us", "UTC"): ("timestamp with time zone",),
    pa.date32(): ("date",),
    pa.binary(): ("bytea",),
}
# PostgreSQL type -> the Arrow type whose binary encoding COPY expects for it.
_WIRE: Mapping[str, pa.DataType] = {
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double precision": pa.float64(),
}


# Whoever holds the table for longer than that is not waited for: a task that waits holds a core,
# which other sinks need, and the next try may meet the table free.
LOCK_TIMEOUT = "10s"


@dataclass(frozen=True)
class OutputColumn:
    """A column that the sink produces."""

    name: str
    type: pa.DataType
    nullable: bool = True


@dataclass(frozen=True)
class Existing:
    """A column of the table as it is; `modifier` is the type with its length or precision."""

    name: str
    type: str
    modifier: str
    nullable: bool
    has_default: bool


@dataclass(frozen=True)
class Shape:
    """What the target has to be: its columns, and the key where it holds one row for each.

    `by` is the column that orders rows of a key. `ranges` is the column by whose ranges it is
    partitioned. `alone` says that no other sink may write it. `rules` are those of its books now.
    """

    columns: Sequence[OutputColumn]
    key: tuple[str, ...] = ()
    by: str | None = None
    ranges: str | None = None
    alone: bool = False
    rules: str = ""


@dataclass(frozen=True)
class Prepared:
    """A table that can be written: the Arrow schema to encode for COPY, in the order of columns.

    `picky` tells that it may refuse a row whose types fit, by a constraint or a trigger.
    """

    wire: pa.Schema
    picky: bool = False


def prepare_target(
    connection: Connection, who: SinkIdentity, table: TableName, shape: Shape
) -> Prepared:
    """Create the table where it is missing, check it otherwise, and commit.

    Which table the sink writes, and whether it is the one that created it, is kept.

    Raises:
        TargetMismatchError: the table exists and cannot take the columns.
    """
    columns = shape.columns
    unsupported = [f"{c.name} ({c.type})" for c in columns if not _accepted(c.type)]
    if unsupported:
        raise TargetMismatchError(
            f"table {table}: no PostgreSQL type holds {', '.join(unsupported)}; select something "
            "plain, for example with cast(... as string) or to_json(...)"
        )
    with connection, connection.cursor() as cursor:
        is_new = _create(cursor, table, shape)
        cursor.execute(_KEEP, (*who.key, str(table), is_new, table.schema, table.name))
        _add_columns(cursor, who, table, shape)
        existing = _describe(cursor, table)
        problems = [*mismatches(columns, existing), *key_problems(shape)]
        if shape.key:
            problems += _without_index(cursor, table, shape)
        if shape.alone:
            problems += _others(cursor, who, table)
        if shape.ranges:
            problems += _unpartitioned(cursor, table, shape.ranges)
        if problems:
            raise TargetMismatchError(
                f"table {table} cannot take this sink's rows: {'; '.join(problems)}. Alter the "
                "table, change the sink's select, or name another table"
            )
        picky = _is_picky(cursor, table, shape, existing)
    wire = pa.schema(
        [(c.name, _WIRE.get(existing[c.name].type, c.type), c.nullable) for c in columns]
    )
    return Prepared(wire, picky)


def _is_picky(
    cursor: Cursor,
    table: TableName,
    shape: Shape,
    existing: Mapping[str, Existing],
) -> bool:
    # Null keys, and rows without a partition, are seen to before the table can refuse them.
    seen_to = {*shape.key, shape.ranges}
    if any(
        column.nullable and not existing[column.name].nullable and column.name not in seen_to
        for column in shape.columns
    ):
        return True
    cursor.execute(_PICKY, (shape.ranges is None, table.schema, table.name))
    return cursor.fetchone() == (True,)


def _describe(cursor: Cursor, table: TableName) -> dict[str, Existing]:
    cursor.execute(_DESCRIBE, (table.schema, table.name))
    return {row[0]: Existing(*row) for row in cursor.fetchall()}


def _add_columns(cursor: Cursor, who: SinkIdentity, table: TableName, shape: Shape) -> None:
    """Add what is missing, at the end, to a table that this pipeline created.

    The rows that are there have nothing for it, so it may be null whatever the pipeline says. A
    column that the sink has written before was dropped by somebody: that is not for us to mend.
    """
    columns = shape.columns
    existing = _describe(cursor, table)
    missing = [column for column in columns if column.name not in existing]
    if not missing:
        return
    cursor.execute(_CREATED, (*who.key[:2], table.schema, table.name))
    if cursor.fetchone() is None:
        return
    cursor.execute(_WRITTEN, (*who.key, shape.rules.partition("-")[0]))
    if cursor.fetchone() is not None:
        return
    added = sql.SQL(", ").join(
        sql.SQL("ADD COLUMN IF NOT EXISTS {} {}").format(
            sql.Identifier(column.name), sql.SQL(_accepted(column.type)[0])
        )
        for column in missing
    )
    # Who reads the table for long would have every other reader wait behind this statement.
    cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    cursor.execute(sql.SQL("ALTER TABLE {} {}").format(table.identifier, added))


def key_problems(shape: Shape) -> tuple[str, ...]:
    """Return one sentence a column that cannot tell rows apart, or order them."""
    types = {column.name: column.type for column in shape.columns}
    problems = [
        f"column {name!r} is a {types[name]}, and floating-point numbers that look alike may "
        "differ: cast it, or take another key"
        for name in shape.key
        if pa.types.is_floating(types[name])
    ]
    ranges = types.get(shape.ranges or "")
    if ranges is not None and not (pa.types.is_timestamp(ranges) or pa.types.is_date(ranges)):
        problems.append(f"partitions.by {shape.ranges!r} is a {ranges}, and has to be a time")
    by = types.get(shape.by or "")
    if by is not None and not _has_order(by):
        problems.append(f"orderBy {shape.by!r} is a {by}, and has to be a time or a number")
    return tuple(problems)


def _has_order(arrow: pa.DataType) -> bool:
    kinds = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return any(kind(arrow) for kind in kinds) or pa.types.is_temporal(arrow)


def _without_index(cursor: Cursor, table: TableName, shape: Shape) -> list[str]:
    cursor.execute(_UNIQUE, (table.schema, table.name, sorted(shape.key)))
    if cursor.fetchone() is not None:
        return []
    statement = sql.SQL("CREATE UNIQUE INDEX ON {} ({})").format(
        table.identifier, sql.SQL(", ").join(sql.Identifier(name) for name in shape.key)
    )
    remedy = statement.as_string(cursor)
    return [f"it has no unique index of its key, without which there is no upsert: {remedy}"]


def _others(cursor: Cursor, who: SinkIdentity, table: TableName) -> list[str]:
    """Return who else writes the table.

    Offsets of two topics do not tell which is newer, nor one sink's books what another has dropped.
    """
    cursor.execute(_WRITERS, (table.schema, table.name, *who.key))
    names = ", ".join(str(row[0]) for row in cursor.fetchall())
    return (
        [f"{names} writes it too, and a table with upserts or retention belongs to one sink"]
        if names
        else []
    )


def _unpartitioned(cursor: Cursor, table: TableName, column: str) -> list[str]:
    cursor.execute(_PARTITIONED, (table.schema, table.name))
    row = cursor.fetchone()
    wanted = sql.SQL("RANGE ({})").format(sql.Identifier(column)).as_string(cursor)
    found = row[0] if row else None
    if found is None or found.replace('"', "") != wanted.replace('"', ""):
        return [f"it is not partitioned by {wanted}{f', but by {found}' if found else ''}"]
    if row and row[1]:
        return ["it has a default partition, in which rows would be in the way of later partitions"]
    return []


def _create(cursor: Cursor, table: TableName, shape: Shape) -> bool:
    """Create the table; False where it is there already, by whomever."""
    cursor.execute("SELECT to_regclass(%s) IS NULL", (table.identifier.as_string(cursor),))
    if cursor.fetchone() == (False,):
        return False
    cursor.execute("SAVEPOINT target")
    try:
        cursor.execute(create_statement(table, shape))
    except (errors.DuplicateTable, errors.UniqueViolation):
        # Another sink was faster; which error it is depends on how far it has got.
        cursor.execute("ROLLBACK TO SAVEPOINT target")
        return False
    return True


def create_statement(table: TableName, shape: Shape) -> sql.Composable:
    """Return CREATE TABLE for the columns, with the key as its primary one."""
    parts = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(column.name),
            sql.SQL(_accepted(column.type)[0]),
            sql.SQL("" if column.nullable else " NOT NULL"),
        )
        for column in shape.columns
    ]
    if shape.key:
        names = sql.SQL(", ").join(sql.Identifier(name) for name in shape.key)
        parts.append(sql.SQL("PRIMARY KEY ({})").format(names))
    statement = sql.SQL("CREATE TABLE {} ({})").format(table.identifier, sql.SQL(", ").join(parts))
    if shape.ranges is None:
        return statement
    return statement + sql.SQL(" PARTITION BY RANGE ({})").format(sql.Identifier(shape.ranges))


def mismatches(
    columns: Sequence[OutputColumn], existing: Mapping[str, Existing]
) -> tuple[str, ...]:
    """Return one sentence a column that does not fit."""
    problems = []
    for column in columns:
        found = existing.get(column.name)
        accepted = _accepted(column.type)
        if found is None:
            problems.append(f"column {column.name!r} ({accepted[0]}) is missing")
        elif not _fits(column.type, found):
            shown = found.modifier or found.type
            problems.append(
                f"column {column.name!r} is {shown}, the sink produces {column.type}, "
                f"which fits {' or '.join(accepted)}"
            )
    produced = {column.name for column in columns}
    problems += [
        f"column {column.name!r} is NOT NULL without a default, and the sink does not produce it"
        for column in existing.values()
        if column.name not in produced and not column.nullable and not column.has_default
    ]
    return tuple(problems)


def _accepted(arrow: pa.DataType) -> tuple[str, ...]:
    if pa.types.is_decimal(arrow):
        return (f"numeric({arrow.precision},{arrow.scale})", "numeric")
    return _ACCEPTED.get(arrow, ())


def _fits(arrow: pa.DataType, found: Existing) -> bool:
    if not pa.types.is_decimal(arrow):
        return found.type in _accepted(arrow)
    if found.type != "numeric":
        return False
    if found.modifier == "numeric":
        return True
    precision, scale = found.modifier.removeprefix("numeric(").removesuffix(")").split(",")
    digits = int(precision) - int(scale)
    return bool(int(scale) >= arrow.scale and digits >= arrow.precision - arrow.scale)


_KEEP = """
INSERT INTO yeoul.targets (installation, pipeline, sink, name, created, target)
SELECT %s, %s, %s, %s, %s, c.oid
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s
ON CONFLICT DO NOTHING
"""

_CREATED = """
SELECT FROM yeoul.targets t
JOIN pg_class c ON c.oid = t.target JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.installation = %s AND t.pipeline = %s AND n.nspname = %s AND c.relname = %s AND t.created
LIMIT 1
"""

_WRITTEN = """
SELECT FROM yeoul.books WHERE (installation, pipeline, sink) = (%s, %s, %s)
    AND written > 0 AND split_part(rules, '-', 1) = %s
LIMIT 1
"""

_UNIQUE = """
SELECT FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s
    AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL
    AND (SELECT array_agg(a.attname::text COLLATE "C" ORDER BY a.attname::text COLLATE "C")
         FROM unnest(i.indkey[:i.indnkeyatts - 1]) AS k (number)
         LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number) = %s
LIMIT 1
"""

# A not-null constraint (n) is told by the column, and the key's index is the one that upserts use.
_PICKY = """
SELECT (%s AND c.relkind = 'p')
    OR EXISTS (SELECT FROM pg_constraint WHERE conrelid = c.oid AND contype NOT IN ('p', 'u', 'n'))
    OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal)
    OR (SELECT count(*) > 1 FROM pg_index WHERE indrelid = c.oid AND indisunique)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s
"""

_PARTITIONED = """
SELECT pg_get_partkeydef(c.oid), p.partdefid <> 0
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_partitioned_table p ON p.partrelid = c.oid
WHERE n.nspname = %s AND c.relname = %s
"""

_WRITERS = """
SELECT DISTINCT concat_ws('.', t.pipeline, t.sink) FROM yeoul.targets t
JOIN pg_class c ON c.oid = t.target JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s
    AND (t.installation, t.pipeline, t.sink) <> (%s, %s, %s)
ORDER BY 1
"""

_DESCRIBE = """
SELECT a.attname, format_type(a.atttypid, NULL), format_type(a.atttypid, a.atttypmod),
       NOT a.attnotnull, a.atthasdef OR a.attidentity <> ''
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
