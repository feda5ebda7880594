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

_AS_TEXT: Final = {"timestamp", "date"}
_ROW: Final = re.compile(r" in row ([0-9]+)$")


@dataclass(frozen=True)
class Refused:
    """Arrow's reader gave up; `row` is where, counted from the text's first, if it said so."""

    reason: str
    row: int | None = None

    @property
    def unexpected_key(self) -> bool:
        """Whether some key was not declared."""
        return "unexpected field" in self.reason


def raw_schema(record: Record, extras: Iterable[pa.Field] = ()) -> pa.Schema:
    """What is asked of the reader: the declared fields, then `extras`."""
    declared = [
        pa.field(field.name, pa.string() if field.type in _AS_TEXT else arrow_type(field.type))
        for field in record.fields
    ]
    return pa.schema([*declared, *extras])


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
    except pa.ArrowInvalid as error:
        found = _ROW.search(str(error))
        return Refused(str(error), int(found[1]) if found else None)
    if table.num_rows != rows:
        return Refused("some line holds more than one object")
    return table.select(schema.names)
