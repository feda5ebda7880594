"""Parsed columns to the record's columns, and which rows the reference must decide.

Arrow's reader accepts NaN and the infinities, and decimals that outgrow their type when they are
scaled; it knows nothing of required fields, years and time zones.
"""

from __future__ import annotations

import math
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yeoul_stream.pipeline import Field, Record
from yeoul_stream.records import times
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
        """The columns of `schema`, and the doubtful rows (None: none)."""
        columns, doubtful = [], None
        for field in self._fields:
            chunks = raw.column(field.name)
            whole = chunks.chunk(0) if chunks.num_chunks == 1 else chunks.combine_chunks()
            column, doubts = self._column(field, whole)
            if not field.nullable and whole.null_count:
                doubts = either(doubts, mask(whole.is_null()))
            doubtful = either(doubtful, doubts)
            columns.append(column)
        return pa.RecordBatch.from_arrays(columns, schema=self.schema), doubtful

    def _column(self, field: Field, raw: pa.Array) -> tuple[pa.Array, Mask | None]:
        if field.type == "timestamp":
            return times.timestamps(raw, self._local_times)
        if field.type == "date":
            return times.dates(raw)
        if field.type == "double":
            return raw, not_finite(raw)
        if pa.types.is_decimal(raw.type):
            return raw, _too_long(raw)
        return raw, None


def not_finite(column: pa.DoubleArray) -> Mask | None:
    """Which rows are NaN or infinite; None: none."""
    total = pc.sum(column).as_py()  # NaN and the infinities survive a sum
    if total is None or math.isfinite(total):
        return None
    return mask(pc.invert(pc.is_finite(column)))


def _too_long(column: pa.Decimal128Array) -> Mask | None:
    """Which decimals have more digits than their type: Arrow counts them before it scales them."""
    limit = Decimal(1).scaleb(column.type.precision - column.type.scale)
    bounds = pc.min_max(column).as_py()
    if bounds["min"] is None or -limit < bounds["min"] <= bounds["max"] < limit:
        return None
    beyond = (value is not None and abs(value) >= limit for value in column.to_pylist())
    return np.fromiter(beyond, bool, len(column))
