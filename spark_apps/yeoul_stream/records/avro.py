"""Avro records, each with the id of the schema that it was written with."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import fastavro

from yeoul_stream.pipeline import Record, SchemaRegistry
from yeoul_stream.records.registry import Registered, RegistryError, schema, split
from yeoul_stream.records.text import BadRecord


class AvroReader:
    """Reads what a serializer with a schema registry has written."""

    def __init__(self, record: Record) -> None:
        assert record.schema_registry is not None  # noqa: S101 (checked with the pipeline)
        self._registry: SchemaRegistry = record.schema_registry
        self._names = frozenset(record.names)

    def read(self, value: bytes) -> tuple[Mapping[str, Any], int]:
        """See native.Reader."""
        number, content = split(value)
        writer = parsed(schema(self._registry, number, "AVRO"))
        rest = io.BytesIO(content)
        try:
            found = fastavro.schemaless_reader(rest, writer, None)
        except Exception as error:
            # Whatever bytes make the library raise, they are not a record of this schema.
            said = str(error) or type(error).__name__
            raise BadRecord(f"not a record of schema {number}: {said}") from None
        if not isinstance(found, dict):
            raise BadRecord(f"schema {number} describes no record")
        left = len(content) - rest.tell()
        if left:
            raise BadRecord(f"{left} bytes follow the record of schema {number}")
        unknown = sum(value is not None for name, value in found.items() if name not in self._names)
        return found, unknown


@lru_cache(maxsize=256)
def parsed(found: Registered) -> Any:
    """Return a schema as the library reads it, with those that it refers to."""
    named: dict[str, Any] = {}
    try:
        for _, text in found.references:
            fastavro.parse_schema(json.loads(text), named_schemas=named)
        return fastavro.parse_schema(json.loads(found.text), named_schemas=named)
    except Exception as error:
        raise RegistryError(f"schema {found.id} is no Avro schema: {error}") from None
