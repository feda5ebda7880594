"""One decoder for every format, and for what stands beside a message: its key and its headers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from yeoul_stream.pipeline import Field, Record
from yeoul_stream.records.convert import Unfit, converter
from yeoul_stream.records.decode import Decoded, Decoder
from yeoul_stream.records.native import NativeDecoder, without
from yeoul_stream.records.schema import arrow_schema, arrow_type
from yeoul_stream.records.text import shown


class ValueDecoder(Protocol):
    """Decodes the values of messages."""

    schema: pa.Schema

    def decode(self, values: pa.Array) -> Decoded:
        """Decode each message's value; null (a tombstone) is a bad record."""
        ...


def value_decoder(record: Record, wanted: Collection[str] | None = None) -> ValueDecoder:
    """Return the decoder of the record's format; it may give more columns than are wanted."""
    # Here, because most jobs need one of them only.
    match record.format:
        case "json":
            return Decoder(record, wanted)
        case "json-schema":
            from yeoul_stream.records.json_schema import JsonSchemaDecoder

            return JsonSchemaDecoder(record, wanted)
        case "avro":
            from yeoul_stream.records.avro import AvroReader

            return NativeDecoder(record, AvroReader(record))
        case "protobuf":
            from yeoul_stream.records.protobuf import ProtobufReader

            return NativeDecoder(record, ProtobufReader(record))


class RecordDecoder:
    """Decodes batches of Kafka's columns: `value`, `key`, and `headers` where a field needs them.

    `schema` is that of the decoded columns: one per wanted field, in the order of declaration.
    """

    def __init__(self, record: Record, wanted: Collection[str] | None = None) -> None:
        """`wanted` are the fields whose values are asked for, by default all; all are judged."""
        self._outer = [field for field in record.fields if field.outer]
        inner = tuple(field for field in record.fields if not field.outer)
        self._inner = value_decoder(record.model_copy(update={"fields": inner}), wanted)
        self._zone = ZoneInfo(record.time_zone)
        self.schema: pa.Schema = arrow_schema(record, wanted)

    def decode(self, batch: pa.RecordBatch) -> Decoded:
        """Decode each record; see Decoder.decode."""
        decoded = self._inner.decode(batch.column("value"))
        if not self._outer:
            return decoded
        errors: dict[int, str] = {}
        columns = {name: decoded.columns.column(name) for name in decoded.columns.schema.names}
        for field in self._outer:
            columns[field.name] = self._column(field, batch, errors)
        whole = pa.RecordBatch.from_arrays(
            [columns[name] for name in self.schema.names], schema=self.schema
        )
        if decoded.errors is None and not errors:
            return Decoded(whole, None, decoded.unknown_keys)
        said = decoded.errors.to_pylist() if decoded.errors is not None else [None] * len(whole)
        merged = [text or errors.get(row) for row, text in enumerate(said)]
        good = np.array([text is None for text in merged], bool)
        return Decoded(without(whole, good), pa.array(merged, pa.string()), decoded.unknown_keys)

    def _column(self, field: Field, batch: pa.RecordBatch, errors: dict[int, str]) -> pa.Array:
        """Return a column of texts as the field's type, and note the first error of each row."""
        convert, place = converter(field.type, self._zone), _place(field)
        fitted: list[Any] = []
        for row, raw in enumerate(_raw(field, batch)):
            fitted.append(None)
            if raw is None:
                if not field.nullable:
                    text = f"{field.name}: there is no {place}, but the field is required"
                    errors.setdefault(row, text)
                continue
            try:
                fitted[-1] = convert(raw.decode())
            except UnicodeDecodeError:
                errors.setdefault(row, f"{field.name}: the {place} is not UTF-8")
            except Unfit as error:
                seen = shown(raw.decode())
                errors.setdefault(row, f"{field.name}: the {place} {seen} is not {error}")
        return pa.array(fitted, arrow_type(field.type))


def _place(field: Field) -> str:
    return "key" if field.key else f"header {field.header}"


def _raw(field: Field, batch: pa.RecordBatch) -> Iterator[bytes | None]:
    if field.key:
        yield from batch.column("key").to_pylist()
        return
    for headers in batch.column("headers").to_pylist():
        found = [one["value"] for one in headers or () if one["key"] == field.header]
        yield found[-1] if found else None
