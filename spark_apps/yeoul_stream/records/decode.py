"""Decoding batches of Kafka messages: fast where nothing is odd, by the reference where it is."""

from __future__ import annotations

from collections.abc import Iterator
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
class _Part:
    """Some of the messages, decoded: `rows` says which, `errors` is by row."""

    rows: Rows
    columns: pa.RecordBatch
    unknown_keys: int
    errors: dict[int, str]


class Decoder:
    """Decodes the messages of one record type. The verdicts are those of reference.py.

    `schema` is that of the decoded columns: one per declared field, in order.
    """

    def __init__(self, record: Record) -> None:
        self._reader = OptimisticReader(record)
        self._checks = Checks(record)
        self._reference = Reference(record)
        self.schema: pa.Schema = self._checks.schema

    def decode(self, values: pa.BinaryArray | pa.LargeBinaryArray) -> Decoded:
        """Decode each message's value; null (a tombstone) is a bad record."""
        fast, left = self._fast(values)
        if not left.size and fast is not None:
            return Decoded(fast.columns, None, fast.unknown_keys)
        slow = self._slow(values, left)
        parts = [slow] if fast is None else [fast, slow]
        columns = pa.concat_batches([part.columns for part in parts])
        order = np.argsort(np.concatenate([part.rows for part in parts]))
        return Decoded(
            columns.take(pa.array(order)),
            _errors(slow.errors, len(values)),
            sum(part.unknown_keys for part in parts),
        )

    def _fast(self, values: pa.Array) -> tuple[_Part | None, Rows]:
        """What can be read fast, and the rows that cannot."""
        tables, rows, counts, left = [], [], [], []
        for first, piece in _pieces(values):
            here = np.arange(first, first + len(piece), dtype=np.int64)
            text, fit = screen(piece)
            if fit is not None:
                left.append(here[~fit])
                here = here[fit]
            outcome = self._reader.read(text)
            left += [here[start:stop] for start, stop in outcome.left]
            for part in outcome.pieces:
                tables.append(part.columns)
                rows.append(here[part.start : part.stop])
                counts.append(part.unknown_keys)
        if not tables:
            return None, np.concatenate([*left, np.empty(0, np.int64)])
        columns, doubtful = self._checks(pa.concat_tables(tables))
        read, unknown = np.concatenate(rows), np.concatenate(counts)
        if doubtful is not None:
            left.append(read[doubtful])
            read, unknown = read[~doubtful], unknown[~doubtful]
            columns = columns.filter(pa.array(~doubtful))
        fast = _Part(read, columns, int(unknown.sum()), {})
        return fast, np.concatenate([*left, np.empty(0, np.int64)])

    def _slow(self, values: pa.Array, rows: Rows) -> _Part:
        nothing: tuple[Value | None, ...] = (None,) * len(self.schema)
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
            for index, field in enumerate(self.schema)
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
