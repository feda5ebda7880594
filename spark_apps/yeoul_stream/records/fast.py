"""Many records at once with Arrow's JSON reader.

The reader is strict: a value of another kind than declared, a key that is not declared or given
twice is an error for the whole text, and so is nesting that no type declares (it stops there, so no
text can exhaust its stack). What it accepts beyond the reference is found in the columns afterwards
(checks.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.json as pj

from yeoul_stream.pipeline import Record
from yeoul_stream.records.schema import arrow_type

# The types that the reader reads by itself. It would read decimals, too, but then a record such as
# {"x": 1e-99999999} ends the process.
_READ: Final = {pa.string(), pa.int32(), pa.int64(), pa.float64(), pa.bool_()}
_ROW: Final = re.compile(r" in row ([0-9]+)$")


@dataclass(frozen=True)
class Refused:
    """Arrow's reader gave up; `row` is where, counted from the text's first, if it said so."""

    reason: str
    row: int | None = None


def raw_schema(record: Record, extras: Iterable[pa.Field] = ()) -> pa.Schema:
    """What is asked of the reader: the declared fields, then `extras`."""
    declared = (pa.field(field.name, raw_type(field.type)) for field in record.fields)
    return pa.schema([*declared, *extras])


def raw_type(type_name: str) -> pa.DataType:
    """The type in which the values of a field's type are read: text where they are yet to judge."""
    kind = arrow_type(type_name)
    return kind if kind in _READ else pa.string()


def parse(text: pa.Buffer, rows: int, schema: pa.Schema) -> pa.Table | Refused:
    """The columns of a screened text (screen.py) of `rows` lines, one record a line."""
    try:
        # Not `read_json`: it takes a millisecond to begin.
        reader = pj.open_json(
            pa.BufferReader(text),
            read_options=pj.ReadOptions(use_threads=False, block_size=text.size + 1),
            parse_options=pj.ParseOptions(
                explicit_schema=schema, unexpected_field_behavior="error"
            ),
        )
        table = reader.read_all()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowCapacityError) as error:
        found = _ROW.search(str(error))
        return Refused(str(error), int(found[1]) if found else None)
    if table.num_rows != rows:
        return Refused("some line holds more than one object")
    return table.select(schema.names)
