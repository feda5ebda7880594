"""Parsed columns to columns of the record, and which rows the reference must decide.

Arrow's reader accepts NaN and the infinities, and it knows nothing of required fields and time
zones. Timestamps, dates and decimals come as text.
"""

from __future__ import annotations

import math
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from yeoul_stream.pipeline import Field, Record
from yeoul_stream.records import columns
from yeoul_stream.records.arrays import Mask, either, mask
from yeoul_stream.records.instants import LocalTimes
from yeoul_stream.records.schema import arrow_schema


class Checks:
    """Converts and checks the columns of one record type."""

    def __init__(self, record: Record) -> None:
        self._fields = record.fields
        self._local_times = LocalTimes(ZoneInfo(record.time_zone))
        self.schema: pa.Schema = arrow_schema(record)

    def __call__(self, raw: pa.Table) -> tuple[pa.RecordBatch, Mask | None]:
        """The given columns as `schema` has them, and the doubtful rows (None: none)."""
        checked, doubtful = [], None
        given = [field for field in self._fields if field.name in raw.schema.names]
        for field in given:
            chunks = raw.column(field.name)
            whole = chunks.chunk(0) if chunks.num_chunks == 1 else chunks.combine_chunks()
            column, doubts = self._column(field, whole)
            if not field.nullable and whole.null_count:
                doubts = either(doubts, mask(whole.is_null()))
            doubtful = either(doubtful, doubts)
            checked.append(column)
        schema = pa.schema([self.schema.field(field.name) for field in given])
        return pa.RecordBatch.from_arrays(checked, schema=schema), doubtful

    def _column(self, field: Field, raw: pa.Array) -> tuple[pa.Array, Mask | None]:
        if field.type == "timestamp":
            return columns.timestamps(raw, self._local_times)
        if field.type == "date":
            return columns.dates(raw)
        if field.type == "double":
            return raw, not_finite(raw)
        kind = self.schema.field(field.name).type
        if pa.types.is_decimal(kind):
            return columns.decimals(raw, kind)
        return raw, None


def not_finite(column: pa.DoubleArray) -> Mask | None:
    """Which rows are NaN or infinite; None: none."""
    total = pc.sum(column).as_py()  # NaN and the infinities survive a sum
    if total is None or math.isfinite(total):
        return None
    return mask(pc.invert(pc.is_finite(column)))
