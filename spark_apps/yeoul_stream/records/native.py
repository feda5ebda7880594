"""Records that a library has parsed into Python values: Avro and Protobuf. Verdicts as for JSON.

A value is judged as if it stood in a JSON object: a number for a text field is its digits, a text
that holds a number fits a number, what is not finite is bad. Columns whose values are of the
field's own type become Arrow at once; others go value by value through the rules of convert.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from yeoul_stream.pipeline import Field, Record, decimal_parts
from yeoul_stream.records.checks import not_finite
from yeoul_stream.records.convert import Converter, Unfit, Value, converter
from yeoul_stream.records.decode import Decoded
from yeoul_stream.records.schema import arrow_schema, arrow_type
from yeoul_stream.records.text import BadRecord, Json, Number, shown

_OWN: Final[Mapping[str, type]] = {
    "string": str, "int": int, "long": int, "double": float, "boolean": bool,
    "timestamp": datetime, "date": date,
}  # fmt: skip
_TROUBLE: Final = (pa.ArrowException, OverflowError, UnicodeError, TypeError, ValueError)


class Reader(Protocol):
    """Parses messages of one format."""

    def read(self, value: bytes) -> tuple[Mapping[str, Any], int]:
        """Return a message's declared fields that it has, and how many others have a value.

        Raises:
            BadRecord: it is none.
        """
        ...


class NativeDecoder:
    """Decodes messages that `reader` parses; `schema` is as in `Decoder`."""

    def __init__(self, record: Record, reader: Reader) -> None:
        self._reader, self._fields = reader, record.fields
        zone = ZoneInfo(record.time_zone)
        self._converters = [converter(field.type, zone) for field in record.fields]
        self.schema: pa.Schema = arrow_schema(record)

    def decode(self, values: pa.Array) -> Decoded:
        """Decode each message's value; null (a tombstone) is a bad record."""
        records, errors, unknown = self._read(values.to_pylist())
        columns = []
        for field, convert in zip(self._fields, self._converters, strict=True):
            raw = [record.get(field.name) for record in records]
            columns.append(self._column(field, convert, raw, records, errors))
        batch = pa.RecordBatch.from_arrays(columns, schema=self.schema)
        if not errors:
            return Decoded(batch, None, sum(unknown))
        for row in errors:
            unknown[row] = 0
        good = np.ones(len(records), bool)
        good[list(errors)] = False
        return Decoded(
            without(batch, good),
            pa.array(map(errors.get, range(len(records))), pa.string()),
            sum(unknown),
        )

    def _read(
        self, values: Sequence[bytes | None]
    ) -> tuple[list[Mapping[str, Any]], dict[int, str], list[int]]:
        records: list[Mapping[str, Any]] = []
        errors: dict[int, str] = {}
        unknown = []
        for row, value in enumerate(values):
            found: Mapping[str, Any] = {}
            count = 0
            if value is None:
                errors[row] = "the message has no value (a tombstone); expected a record"
            else:
                try:
                    found, count = self._reader.read(value)
                except BadRecord as bad:
                    errors[row] = bad.detail
            records.append(found)
            unknown.append(count)
        return records, errors, unknown

    @staticmethod
    def _column(
        field: Field,
        convert: Converter,
        raw: list[Any],
        records: Sequence[Mapping[str, Any]],
        errors: dict[int, str],
    ) -> pa.Array:
        """Return a column, and note the first error of each row."""
        if not field.nullable:
            for row in (row for row, value in enumerate(raw) if value is None):
                what = "is null" if field.name in records[row] else "is missing"
                errors.setdefault(row, f"{field.name} {what}, but the field is required")
        whole = at_once(field.type, raw)
        if whole is not None:
            return whole
        fitted: list[Value | None] = []
        for row, value in enumerate(raw):
            fitted.append(None)
            try:
                fitted[-1] = None if value is None else convert(as_json(value))
            except Unfit as error:
                seen = shown(as_text(value))
                errors.setdefault(row, f"{field.name}: {seen} is not {error}")
        return pa.array(fitted, arrow_type(field.type))


def at_once(type_name: str, values: list[Any]) -> pa.Array | None:
    """Return values of the field's own type as a column; None where some need a closer look."""
    own = Decimal if decimal_parts(type_name) else _OWN[type_name]
    if set(map(type, values)) - {own, type(None)}:
        return None
    if own is datetime and any(value is not None and value.tzinfo is None for value in values):
        return None
    try:
        column = pa.array(values, arrow_type(type_name))
    except _TROUBLE:
        return None
    if own is float and not_finite(column) is not None:
        return None
    return column


def as_json(value: Any) -> Json:
    """Return a value as it would stand in JSON.

    Raises:
        Unfit: JSON has nothing for it.
    """
    match value:
        case None | bool() | str():
            return value
        case float() if not math.isfinite(value):
            raise Unfit("a finite number")
        case int() | float():
            return Number(repr(value))
        case Decimal():
            return Number(format(value, "f"))
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case bytes():
            raise Unfit("a value of this type: it is bytes")
        case Mapping():
            return {str(key): as_json(one) for key, one in value.items()}
        case list() | tuple():
            return [as_json(one) for one in value]
        case _:
            return str(value)


def as_text(value: Any) -> Json:
    """Return a value for a sentence about it."""
    try:
        return as_json(value)
    except Unfit:
        return Number(repr(value))


def without(batch: pa.RecordBatch, good: Any) -> pa.RecordBatch:
    """Return the batch with nulls in the rows that are not good, shape (rows,)."""
    places = pa.array(np.where(good, np.arange(batch.num_rows), 0), mask=~good)
    return batch.take(places) if batch.num_rows else batch
