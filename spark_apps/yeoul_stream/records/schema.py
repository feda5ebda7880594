"""Arrow types of a record's fields."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pyarrow as pa

from yeoul_stream.pipeline import Record, decimal_parts

TIMESTAMP: Final = pa.timestamp("us", "UTC")
_SIMPLE: Final = {
    "string": pa.string(),
    "int": pa.int32(),
    "long": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": TIMESTAMP,
    "date": pa.date32(),
}


def arrow_type(type_name: str) -> pa.DataType:
    """The Arrow type of a field's type, such as `decimal(10,2)`."""
    parts = decimal_parts(type_name)
    return pa.decimal128(*parts) if parts else _SIMPLE[type_name]


def arrow_schema(record: Record, wanted: Collection[str] | None = None) -> pa.Schema:
    """One column per declared field, or per wanted one, in the order of declaration.

    Every column may be null, the required ones too: the row of a bad record is all null.
    """
    return pa.schema(
        [
            pa.field(field.name, arrow_type(field.type))
            for field in record.fields
            if wanted is None or field.name in wanted
        ]
    )
