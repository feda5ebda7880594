"""The target table: created from the pipeline's types, or checked against them.

An existing table is used as it is. Widening that loses nothing is allowed (int to bigint); all
else is a mismatch that names column and types.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from psycopg2 import errors, sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from yeoul_stream.errors import TargetMismatchError
from yeoul_stream.identity import SinkIdentity

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


@dataclass(frozen=True)
class OutputColumn:
    """A column that the sink produces."""

    name: str
    type: pa.DataType
    nullable: bool = True


@dataclass(frozen=True)
class TableName:
    """A table's schema and name as PostgreSQL stores them."""

    schema: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "TableName":
        """Return the name for `table` or `schema.table`; the schema defaults to public."""
        schema, _, name = text.rpartition(".")
        return cls(schema or "public", name)

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> sql.Composable:
        """The quoted name for a statement."""
        return sql.Identifier(self.schema, self.name)


@dataclass(frozen=True)
class Existing:
    """A column of the table as it is; `modifier` is the type with its length or precision."""

    name: str
    type: str
    modifier: str
    nullable: bool
    has_default: bool


def prepare_target(
    connection: Connection, who: SinkIdentity, table: TableName, columns: Sequence[OutputColumn]
) -> pa.Schema:
    """Create the table where it is missing, check it otherwise, and commit.

    Which table the sink writes, and whether it is the one that created it, is kept.

    Returns:
        The Arrow schema to encode for COPY, in the order of `columns`.

    Raises:
        TargetMismatchError: the table exists and cannot take the columns.
    """
    unsupported = [f"{c.name} ({c.type})" for c in columns if not _accepted(c.type)]
    if unsupported:
        raise TargetMismatchError(
            f"table {table}: no PostgreSQL type holds {', '.join(unsupported)}; select something "
            "plain, for example with cast(... as string) or to_json(...)"
        )
    with connection, connection.cursor() as cursor:
        is_new = _create(cursor, table, columns)
        cursor.execute(_KEEP, (*who.key, str(table), is_new, table.schema, table.name))
        cursor.execute(_DESCRIBE, (table.schema, table.name))
        existing = {row[0]: Existing(*row) for row in cursor.fetchall()}
    problems = mismatches(columns, existing)
    if problems:
        raise TargetMismatchError(
            f"table {table} cannot take this sink's rows: {'; '.join(problems)}. Alter the table, "
            "change the sink's select, or name another table"
        )
    return pa.schema(
        [(c.name, _WIRE.get(existing[c.name].type, c.type), c.nullable) for c in columns]
    )


def _create(cursor: Cursor, table: TableName, columns: Sequence[OutputColumn]) -> bool:
    """Create the table; False where it is there already, by whomever."""
    cursor.execute("SELECT to_regclass(%s) IS NULL", (table.identifier.as_string(cursor),))
    if cursor.fetchone() == (False,):
        return False
    cursor.execute("SAVEPOINT target")
    try:
        cursor.execute(create_statement(table, columns))
    except (errors.DuplicateTable, errors.UniqueViolation):
        # Another sink was faster; which error it is depends on how far it has got.
        cursor.execute("ROLLBACK TO SAVEPOINT target")
        return False
    return True


def create_statement(table: TableName, columns: Sequence[OutputColumn]) -> sql.Composable:
    """Return CREATE TABLE for the columns."""
    parts = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(column.name),
            sql.SQL(_accepted(column.type)[0]),
            sql.SQL("" if column.nullable else " NOT NULL"),
        )
        for column in columns
    ]
    return sql.SQL("CREATE TABLE {} ({})").format(table.identifier, sql.SQL(", ").join(parts))


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

_DESCRIBE = """
SELECT a.attname, format_type(a.atttypid, NULL), format_type(a.atttypid, a.atttypmod),
       NOT a.attnotnull, a.atthasdef OR a.attidentity <> ''
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
