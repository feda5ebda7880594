"""Decoding batches of Kafka messages: fast where nothing is odd, the reference where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from yeoul_stream.pipeline import Record
from yeoul_stream.records.convert import Value
from yeoul_stream.records.fast import FastParser, Refused
from yeoul_stream.records.reference import BadRecord, Reference
from yeoul_stream.records.screen import lines, screen

Rows = npt.NDArray[np.int64]

_PIECE_BYTES: Final = 256 << 20
_SMALL: Final = 64


@dataclass(frozen=True)
class Decoded:
    """What became of n messages.

    `columns` has n rows in the order of the messages; a bad one's row is all null. `errors` is
    None when all were good; else it has n texts, null for a good one. `unknown_keys` counts the
    undeclared keys with a value, over the good records.
    """

    columns: pa.RecordBatch
    errors: pa.StringArray | None
    unknown_keys: int


class Decoder:
    """Decodes the messages of one record type; the verdicts are those of `reference`."""

    def __init__(self, record: Record) -> None:
        self._parser = FastParser(record)
        self._reference = Reference(record)
        self.schema: pa.Schema = self._parser.schema

    def decode(self, values: pa.BinaryArray | pa.LargeBinaryArray) -> Decoded:
        """Decode each message's value; null (a tombstone) is a bad record."""
        parts = _Parts(self.schema)
        for first, piece in _pieces(values):
            rows = np.arange(first, first + len(piece), dtype=np.int64)
            text, fit = screen(piece)
            self._fast(text, rows if fit is None else rows[fit], parts)
            if fit is not None:
                parts.doubtful.append(rows[~fit])
        doubtful = np.concatenate(parts.doubtful) if parts.doubtful else np.empty(0, np.int64)
        if doubtful.size:
            self._slow(values, doubtful, parts)
        return parts.decoded(len(values))

    def _fast(self, text: pa.StringArray, rows: Rows, parts: _Parts) -> None:
        position, size = 0, len(text)
        while position < len(text):
            chunk = text.slice(position, size)
            result = self._parser.parse(lines(chunk), len(chunk))
            at = rows[position : position + size]
            if isinstance(result, Refused):
                if len(chunk) > _SMALL:
                    size = max(_SMALL, size // 8)
                    continue
                parts.doubtful.append(at)
            elif result.doubtful is None:
                parts.add(at, result.columns, result.unknown_keys)
            else:
                sure = ~result.doubtful
                parts.add(at[sure], result.columns.filter(pa.array(sure)), result.unknown_keys)
                parts.doubtful.append(at[result.doubtful])
            position += len(chunk)
            size = min(size * 8, len(text))

    def _slow(self, values: pa.Array, rows: Rows, parts: _Parts) -> None:
        decoded: list[tuple[Value | None, ...]] = []
        unknown = 0
        nothing = (None,) * len(self.schema)
        errors: list[str | None] = []
        for value in values.take(pa.array(rows)).to_pylist():
            try:
                row = self._reference.decode(value)
            except BadRecord as bad:
                decoded.append(nothing)
                errors.append(bad.detail)
            else:
                decoded.append(row.values)
                errors.append(None)
                unknown += row.unknown_keys
        columns = [
            pa.array(column, field.type)
            for column, field in zip(zip(*decoded, strict=True), self.schema, strict=True)
        ]
        parts.add(rows, pa.RecordBatch.from_arrays(columns, schema=self.schema), unknown)
        parts.errors = {
            int(row): error for row, error in zip(rows, errors, strict=True) if error is not None
        }


class _Parts:
    """Decoded rows out of order, put in order at the end."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._batches: list[pa.RecordBatch] = []
        self._rows: list[Rows] = []
        self._unknown_keys = 0
        self.doubtful: list[Rows] = []
        self.errors: dict[int, str] = {}

    def add(self, rows: Rows, batch: pa.RecordBatch, unknown_keys: int) -> None:
        self._rows.append(rows)
        self._batches.append(batch)
        self._unknown_keys += unknown_keys

    def decoded(self, count: int) -> Decoded:
        if len(self._batches) == 1:
            batch = self._batches[0]
        elif self._batches:
            batch = pa.concat_batches(self._batches)
        else:
            batch = pa.RecordBatch.from_pylist([], schema=self._schema)
        if len(self._rows) > 1:
            rows = np.concatenate(self._rows)
            if (np.diff(rows) < 0).any():
                batch = batch.take(pa.array(np.argsort(rows)))
        errors = None
        if self.errors:
            texts: list[str | None] = [None] * count
            for row, error in self.errors.items():
                texts[row] = error
            errors = pa.array(texts, pa.string())
        return Decoded(batch, errors, self._unknown_keys)


def _pieces(values: pa.Array) -> list[tuple[int, pa.BinaryArray]]:
    """Slices of at most about _PIECE_BYTES, and where each begins."""
    if pa.types.is_binary(values.type) and values.nbytes <= _PIECE_BYTES:
        return [(0, values)]
    step = max(1, int(len(values) * _PIECE_BYTES / max(1, values.nbytes)))
    return [
        (first, values.slice(first, step).cast(pa.binary()))
        for first in range(0, len(values), step)
    ]
