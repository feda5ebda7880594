"""Decoding batches of Kafka messages: fast where nothing is odd, by the reference where it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from yeoul_stream.pipeline import Record
from yeoul_stream.records.checks import Checks
from yeoul_stream.records.convert import Value
from yeoul_stream.records.optimistic import OptimisticReader
from yeoul_stream.records.reference import BadRecord, Reference
from yeoul_stream.records.schema import arrow_schema
from yeoul_stream.records.screen import screen

Rows = npt.NDArray[np.int64]

_PIECE_BYTES: Final = 64 << 20


@dataclass(frozen=True)
class Decoded:
    """What became of n messages.

    `columns` has n rows in the order of the messages; a bad one's row is all null. `errors` is
    None when all were good, else it has n texts, null for a good one. `unknown_keys` counts the
    undeclared keys with a value, over the good records.
    """

    columns: pa.RecordBatch
    errors: pa.StringArray | None
    unknown_keys: int


@dataclass(frozen=True)
class _Read:
    """Some of the messages as a reader gives them, yet to check; aligned with each other."""

    rows: Rows
    columns: pa.Table
    unknown_keys: Rows


@dataclass(frozen=True)
class _Part:
    """Some of the messages, decoded: `rows` says which, `errors` is by row."""

    rows: Rows
    columns: pa.RecordBatch
    unknown_keys: int
    errors: dict[int, str]


class Decoder:
    """Decodes the messages of one record type. The verdicts are those of reference.py.

    `schema` is that of the decoded columns: one per wanted field, in the order of declaration.
    """

    def __init__(self, record: Record, wanted: Collection[str] | None = None) -> None:
        """`wanted` are the fields whose values are asked for, by default all; all are judged."""
        schema = arrow_schema(record, wanted)
        # A batch without columns has no rows.
        self.schema: pa.Schema = schema if schema.names else arrow_schema(record, record.names[:1])
        self._wanted = [record.names.index(name) for name in self.schema.names]
        self._reader = OptimisticReader(record, self.schema.names)
        self._checks = Checks(record)
        self._reference = Reference(record)

    def decode(self, values: pa.BinaryArray | pa.LargeBinaryArray) -> Decoded:
        """Decode each message's value; null (a tombstone) is a bad record."""
        fast, left = self._fast(values)
        if not left.size and len(fast) == 1:
            return Decoded(fast[0].columns, None, fast[0].unknown_keys)
        slow = self._slow(values, left)
        parts = [*fast, slow]
        columns = pa.concat_batches([part.columns for part in parts])
        order = np.argsort(np.concatenate([part.rows for part in parts]))
        return Decoded(
            columns.take(pa.array(order)),
            _errors(slow.errors, len(values)),
            sum(part.unknown_keys for part in parts),
        )

    def _fast(self, values: pa.Array) -> tuple[list[_Part], Rows]:
        """What can be read fast, a part for each reader, and the rows that cannot."""
        by_reader: dict[tuple[str, ...], list[_Read]] = {}
        left = []
        for first, piece in _pieces(values):
            here = np.arange(first, first + len(piece), dtype=np.int64)
            text, fit = screen(piece)
            if fit is not None:
                left.append(here[~fit])
                here = here[fit]
            outcome = self._reader.read(text)
            left += [here[start:stop] for start, stop in outcome.left]
            for found in outcome.pieces:
                read = _Read(here[found.start : found.stop], found.columns, found.unknown_keys)
                by_reader.setdefault(tuple(found.columns.schema.names), []).append(read)
        parts = []
        for reads in by_reader.values():
            part, doubtful = self._checked(reads)
            parts.append(part)
            left.append(doubtful)
        return parts, np.concatenate([*left, np.empty(0, np.int64)])

    def _checked(self, reads: list[_Read]) -> tuple[_Part, Rows]:
        """What was read as columns, without the doubtful rows, and those."""
        columns, doubtful = self._checks(pa.concat_tables([read.columns for read in reads]))
        rows = np.concatenate([read.rows for read in reads])
        unknown = np.concatenate([read.unknown_keys for read in reads])
        columns = columns.select(self.schema.names)
        if doubtful is None:
            return _Part(rows, columns, int(unknown.sum()), {}), np.empty(0, np.int64)
        sure = ~doubtful
        columns = columns.filter(pa.array(sure))
        return _Part(rows[sure], columns, int(unknown[sure].sum()), {}), rows[doubtful]

    def _slow(self, values: pa.Array, rows: Rows) -> _Part:
        nothing: tuple[Value | None, ...] = (None,) * len(self._checks.schema)
        decoded, errors, unknown = [], {}, 0
        for row, value in zip(rows.tolist(), values.take(pa.array(rows)).to_pylist(), strict=True):
            try:
                good = self._reference.decode(value)
            except BadRecord as bad:
                errors[row] = bad.detail
                decoded.append(nothing)
            else:
                unknown += good.unknown_keys
                decoded.append(good.values)
        columns = [
            pa.array([row[index] for row in decoded], field.type)
            for index, field in zip(self._wanted, self.schema, strict=True)
        ]
        batch = pa.RecordBatch.from_arrays(columns, schema=self.schema)
        return _Part(rows, batch, unknown, errors)


def _errors(errors: dict[int, str], count: int) -> pa.StringArray | None:
    return pa.array(map(errors.get, range(count)), pa.string()) if errors else None


def _pieces(values: pa.Array) -> Iterator[tuple[int, pa.BinaryArray]]:
    """Slices of about _PIECE_BYTES, each with the row that it begins at."""
    step = max(1, int(len(values) * _PIECE_BYTES / max(1, values.nbytes)))
    for first in range(0, len(values), step):
        yield first, values.slice(first, step).cast(pa.binary())
