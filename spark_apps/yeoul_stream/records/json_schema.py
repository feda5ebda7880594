"""JSON records, each with the id of the schema that it has to satisfy in front."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import lru_cache
from typing import Any

import jsonschema_rs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yeoul_stream.pipeline import Record, SchemaRegistry
from yeoul_stream.records.decode import Decoded, Decoder
from yeoul_stream.records.native import without
from yeoul_stream.records.registry import HEAD, Registered, RegistryError, schema, split
from yeoul_stream.records.text import BadRecord


class JsonSchemaDecoder:
    """Decodes as `Decoder` does, after each record was checked against its schema."""

    def __init__(self, record: Record, wanted: Collection[str] | None = None) -> None:
        assert record.schema_registry is not None  # noqa: S101 (checked with the pipeline)
        self._registry: SchemaRegistry = record.schema_registry
        self._inner = Decoder(record, wanted)
        self.schema: pa.Schema = self._inner.schema

    def decode(self, values: pa.Array) -> Decoded:
        """Decode each message's value; null (a tombstone) is a bad record."""
        messages = values.to_pylist()
        errors = {
            row: found
            for row, value in enumerate(messages)
            if value is not None and (found := self._complaint(value)) is not None
        }
        # Arrow's own slice fails where a message is shorter than its head.
        texts = pa.array([None if value is None else value[HEAD:] for value in messages])
        if not errors:
            return self._inner.decode(texts.cast(pa.binary()))
        good = np.ones(len(values), bool)
        good[list(errors)] = False
        # Those that are bad already are decoded as empty objects, and count for nothing.
        texts = pc.if_else(pa.array(good), texts.cast(pa.binary()), pa.scalar(b"{}"))
        decoded = self._inner.decode(texts)
        said = decoded.errors.to_pylist() if decoded.errors is not None else [None] * len(values)
        merged = [errors.get(row, text) for row, text in enumerate(said)]
        columns = without(decoded.columns, good)
        return Decoded(columns, pa.array(merged, pa.string()), decoded.unknown_keys)

    def _complaint(self, value: bytes) -> str | None:
        """Return what is wrong with a record, None where the decoder is to decide."""
        try:
            number, content = split(value)
            found = validator(schema(self._registry, number, "JSON"))
        except BadRecord as bad:
            return bad.detail
        try:
            parsed: Any = json.loads(content)
        except (ValueError, RecursionError):
            return None
        try:
            found.validate(parsed)
        except jsonschema_rs.ValidationError as error:
            place = "/".join(map(str, error.instance_path))
            return f"not of schema {number}: {error.message}" + (f" (at {place})" if place else "")
        except ValueError as error:
            # Numbers beyond what the library takes.
            return f"not of schema {number}: {error}"
        return None


@lru_cache(maxsize=256)
def validator(found: Registered) -> Any:
    """Return the validator of a schema, with those that it refers to."""
    try:
        resources = [(name, json.loads(text)) for name, text in found.references]
        registry = jsonschema_rs.Registry(resources) if resources else None
        return jsonschema_rs.validator_for(json.loads(found.text), registry=registry)
    except Exception as error:
        raise RegistryError(f"schema {found.id} is no JSON Schema: {error}") from None
