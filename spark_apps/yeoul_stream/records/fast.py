"""Many records at once with Arrow's JSON reader, where that provably equals the reference.

Arrow's reader is strict: another type than declared, a key given twice or not declared is an error
for the whole text. What it accepts beyond the reference (NaN, years before 0001, ...) is found in
the columns afterwards, row by row.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from yeoul_stream.pipeline import Field, Record
from yeoul_stream.records import times
from yeoul_stream.records.instants import LocalTimes
from yeoul_stream.records.schema import arrow_schema, arrow_type

Mask = npt.NDArray[np.bool_]

_AS_TEXT: Final = {"timestamp": pa.string(), "date": pa.string()}
_ROW: Final = re.compile(r" in row ([0-9]+)")


@dataclass(frozen=True)
class Parsed:
    """Columns of the schema, and which rows the reference must decide (None: none)."""

    columns: pa.RecordBatch
    doubtful: Mask | None
    unknown_keys: int


@dataclass(frozen=True)
class Refused:
    """Arrow's reader gave up; `row` is where, if it said so."""

    reason: str
    row: int | None


class FastParser:
    """Parses texts of records of one type."""

    def __init__(self, record: Record) -> None:
        self._fields = record.fields
        self.schema = arrow_schema(record)
        self._raw = pa.schema(
            [(f.name, _AS_TEXT.get(f.type, arrow_type(f.type))) for f in record.fields]
        )
        self._local_times = LocalTimes(ZoneInfo(record.time_zone))

    def parse(self, text: pa.Buffer, rows: int) -> Parsed | Refused:
        """The rows of a screened text (see screen.py): one record a line, `rows` of them."""
        try:
            table = pj.read_json(
                pa.BufferReader(text),
                read_options=pj.ReadOptions(use_threads=False, block_size=text.size + 1),
                parse_options=pj.ParseOptions(
                    explicit_schema=self._raw, unexpected_field_behavior="error"
                ),
            )
        except pa.ArrowInvalid as error:
            found = _ROW.search(str(error))
            return Refused(str(error), int(found[1]) if found else None)
        if table.num_rows != rows:
            return Refused("some line holds more than one object", None)
        return self._checked(table)

    def _checked(self, table: pa.Table) -> Parsed:
        columns, doubtful = [], None
        for field in self._fields:
            raw = table.column(field.name).combine_chunks()
            column, doubts = self._column(field, raw)
            if not field.nullable and raw.null_count:
                missing = _mask(raw.is_null())
                doubts = missing if doubts is None else doubts | missing
            if doubts is not None:
                doubtful = doubts if doubtful is None else doubtful | doubts
            columns.append(column)
        batch = pa.RecordBatch.from_arrays(columns, schema=self.schema)
        return Parsed(batch, doubtful, 0)

    def _column(self, field: Field, raw: pa.Array) -> tuple[pa.Array, Mask | None]:
        if field.type == "timestamp":
            return times.timestamps(raw, self._local_times)
        if field.type == "date":
            return times.dates(raw)
        if field.type == "double":
            return raw, _not_finite(raw)
        if pa.types.is_decimal(raw.type):
            return raw, _too_long(raw)
        return raw, None


def _not_finite(column: pa.Array) -> Mask | None:
    total = pc.sum(column).as_py()  # NaN and the infinities survive a sum
    if total is None or math.isfinite(total):
        return None
    return ~_mask(pc.fill_null(pc.is_finite(column), fill_value=True))


def _too_long(column: pa.Array) -> Mask | None:
    """Decimals with more digits than their type: Arrow checks them before it scales them."""
    precision, scale = column.type.precision, column.type.scale
    if precision == 38:  # every bit pattern counts; leave the large ones to the reference
        precision -= 1
    wide = column.cast(pa.decimal256(76, scale), safe=False)
    bound = pa.scalar(10 ** (precision - scale), pa.decimal256(76, 0)).cast(wide.type)
    beyond = _mask(pc.fill_null(pc.greater_equal(pc.abs(wide), bound), fill_value=False))
    return beyond if beyond.any() else None


def _mask(flags: pa.Array) -> Mask:
    mask: Mask = flags.to_numpy(zero_copy_only=False).astype(bool)
    return mask
