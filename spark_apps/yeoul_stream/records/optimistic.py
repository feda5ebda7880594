"""Reads screened messages with the fast readers, and narrows down which ones they cannot take.

Nothing here decides about a record: what is read equals what the reference says, once checks.py has
seen it, and the rest is left to the reference. The strategy below only decides how much that costs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from yeoul_stream.pipeline import Record
from yeoul_stream.records.arrays import offsets
from yeoul_stream.records.fast import Refused, parse, raw_schema
from yeoul_stream.records.leniency import Leniency
from yeoul_stream.records.reference import Reference
from yeoul_stream.records.screen import lines
from yeoul_stream.records.text import BadRecord, parse_object
from yeoul_stream.records.typed import TypedReader
from yeoul_stream.records.unknown import UnknownKeys

# What is parsed, and what becomes of it, stays in the processor's cache.
_CHUNK_BYTES: Final = 1 << 20
_TYPED_BYTES: Final = 256 << 10  # objects take more room than columns
_FEW: Final = 32  # records that the reference reads in the time that one call of the reader costs
_ENOUGH: Final = 256  # records that are worth such a call
_LONGEST_PAUSE: Final = 64  # calls that the typed reader is left out after it has refused


@dataclass(frozen=True)
class Piece:
    """The messages [start, stop) as raw columns, and how many unknown keys each one has.

    The columns are all of the record's, or those of the typed reader.
    """

    start: int
    stop: int
    columns: pa.Table
    unknown_keys: npt.NDArray[np.int64]


@dataclass
class Outcome:
    """What was read, and the ranges [start, stop) that are left to the reference."""

    pieces: list[Piece] = field(default_factory=list)
    left: list[tuple[int, int]] = field(default_factory=list)


class OptimisticReader:
    """Reads messages of one record type; remembers their unknown keys.

    The typed reader comes first. Where it refuses, Arrow's is asked, and alone for a while: the
    longer, the more often in a row that was so.
    """

    def __init__(self, record: Record, wanted: Collection[str]) -> None:
        """`wanted` are the fields that a piece has to have, once all are judged."""
        self.record = record
        self._reference = Reference(record)
        self._typed = TypedReader(record, wanted) if TypedReader.reads(record) else None
        self._pause = 0
        self._next_pause = 1
        self.unknown = UnknownKeys()

    @property
    def chunk_bytes(self) -> int:
        """How much is best parsed in a call."""
        return _CHUNK_BYTES if self._typed is None or self._pause else _TYPED_BYTES

    def read(self, text: pa.StringArray) -> Outcome:
        """Read as many of the messages as can be."""
        return _Reading(self, text).outcome()

    def parse(self, text: pa.Buffer, start: int, stop: int) -> Piece | Refused:
        """Parse the messages [start, stop), which `text` holds."""
        typed = self._parse_typed(text, stop - start)
        if typed is not None:
            return Piece(start, stop, typed, np.zeros(stop - start, np.int64))
        schema = raw_schema(self.record, self.unknown.fields)
        table = parse(text, stop - start, schema)
        if isinstance(table, Refused):
            return table
        unknown_keys = self.unknown.count(table)
        if unknown_keys is None:
            return Refused("an unknown key's value is not finite")
        return Piece(start, stop, table.select(self.record.names), unknown_keys)

    def _parse_typed(self, text: pa.Buffer, rows: int) -> pa.Table | None:
        # It knows of no undeclared keys.
        if self._typed is None or self.unknown.fields:
            return None
        if self._pause:
            self._pause -= 1
            return None
        table = self._typed.parse(text, rows)
        if isinstance(table, Refused):
            self._pause = self._next_pause
            self._next_pause = min(2 * self._next_pause, _LONGEST_PAUSE)
            return None
        self._next_pause = 1
        return table

    def learn(self, messages: pa.StringArray) -> None:
        """Learn the unknown keys of some messages."""
        for message in messages.to_pylist():
            try:
                found = parse_object(message.encode())
            except BadRecord:
                continue
            self.unknown.learn(self._reference.undeclared(found))


class _Reading:
    """One pass over the messages, in chunks that shrink where the reader refuses."""

    def __init__(self, reader: OptimisticReader, text: pa.StringArray) -> None:
        self._reader = reader
        self._text = text
        self._leniency = Leniency(reader.record)
        self._outcome = Outcome()
        ends = offsets(text)
        self._most = max(_FEW, len(text) * reader.chunk_bytes // max(1, int(ends[-1] - ends[0])))
        self._reach = self._most
        self._skip = 1
        self._refused_at = -1

    def outcome(self) -> Outcome:
        position = 0
        while position < len(self._text):
            if position == self._refused_at:
                position = self._leave(position, position + 1)
                continue
            stop = min(position + self._reach, len(self._text))
            if position < self._refused_at < stop:
                stop = self._refused_at
            text = self._leniency.apply(self._text.slice(position, stop - position))
            result = self._reader.parse(lines(text), position, stop)
            if isinstance(result, Refused):
                position = self._narrow(position, text, result)
            else:
                self._outcome.pieces.append(result)
                self._reach = min(2 * self._reach, self._most)
                self._skip = 1 if stop - position >= _ENOUGH else self._skip
                position = stop
        return self._outcome

    def _narrow(self, position: int, text: pa.StringArray, refused: Refused) -> int:
        """Where to go on after `text`, from `position` on, was refused.

        Further on, or at `position` again with a nearer stop or in other words, so it ends.
        """
        row = self._row(text, refused)
        if row is not None and self._leniency.call(refused.reason, text[row].as_py()):
            return position
        if row is not None and row >= _FEW:
            self._refused_at = position + row
            self._reach = max(_ENOUGH, self._reach // 2)
            return position
        if row is None and len(text) > _FEW:
            self._reach = max(_FEW, len(text) // 8)
            return position
        count = max(self._skip, len(text) if row is None else row + 1)
        self._skip = min(2 * self._skip, self._most)
        self._reach = max(self._reach, _ENOUGH)
        return self._leave(position, min(position + count, len(self._text)))

    def _row(self, text: pa.StringArray, refused: Refused) -> int | None:
        """A guess which message was refused."""
        if refused.row is not None:
            # Beyond the end when an earlier line holds several objects.
            return refused.row if refused.row < len(text) else None
        return self._leniency.first_unparsed(text, refused.reason)

    def _leave(self, start: int, stop: int) -> int:
        self._reader.learn(self._text.slice(start, min(_FEW, stop - start)))
        left = self._outcome.left
        if left and left[-1][1] == start:
            left[-1] = (left[-1][0], stop)
        else:
            left.append((start, stop))
        return stop
