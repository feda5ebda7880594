"""Rows and dead letters of what Kafka holds, cell by cell. Runs in Python workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from yeoul_stream.judge import Judge, Judged
from yeoul_stream.records.digest import row_hashes
from yeoul_stream.sinks.postgres.upsert import Order, newest
from yeoul_stream.verify.buckets import Suspects
from yeoul_stream.verify.facts import Cell
from yeoul_stream.verify.table_scan import ordinal
from yeoul_stream.verify.values import texts

Integers = npt.NDArray[np.int64]

HASH_DDL: Final = "cell int, hash bigint, partition int, offset bigint"
DEAD_DDL: Final = "cell int, offset bigint, reason string"
TEXT_DDL: Final = "partition int, offset bigint, values array<string>"


@dataclass(frozen=True)
class PartitionCells:
    """The cells of one partition, ascending and apart from each other."""

    numbers: Integers
    starts: Integers
    ends: Integers
    refused: Integers  # offsets of records that the database refused, ascending

    def find(self, offsets: Integers) -> Integers:
        """Return the index of each offset's cell, -1 where it lies in none."""
        at = np.searchsorted(self.starts, offsets, side="right") - 1
        inside = (at >= 0) & (offsets < self.ends[at])
        return np.where(inside, at, -1)


def by_partition(
    cells: Iterable[Cell], refused: Mapping[int, Integers]
) -> dict[int, PartitionCells]:
    """Return the cells of one topic id by partition."""
    groups: dict[int, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(cell.partition, []).append(cell)
    none = np.empty(0, np.int64)
    return {
        partition: PartitionCells(
            np.array([cell.number for cell in group], np.int64),
            np.array([cell.start for cell in group], np.int64),
            np.array([cell.end for cell in group], np.int64),
            refused.get(partition, none),
        )
        for partition, group in groups.items()
    }


@dataclass(frozen=True)
class Located:
    """A judged batch with the cell index of each record, kept row and dead letter."""

    judged: Judged
    offsets: Integers
    kept: Integers  # offsets of the kept rows
    cells: Integers
    kept_cells: Integers
    dead_cells: Integers
    refused: npt.NDArray[np.bool_]  # per kept row


def locate(judged: Judged, cells: PartitionCells) -> Located:
    """Return where the verdicts on a batch lie among the cells of its partition."""
    offsets = judged.raw.offsets.to_numpy()
    at = cells.find(offsets)
    kept = offsets[judged.kept]
    dead = judged.dead.column("offset").to_numpy()
    refused = np.isin(kept, cells.refused)
    return Located(judged, offsets, kept, at, at[judged.kept], cells.find(dead), refused)


@dataclass(frozen=True)
class Expiry:
    """Rows that a sink's retention does not keep: those whose `column` is before `horizon`."""

    column: str
    horizon: datetime


def gone(rows: pa.RecordBatch, expiry: Expiry | None) -> npt.NDArray[np.bool_]:
    """Return which rows are not kept."""
    if expiry is None:
        return np.zeros(rows.num_rows, bool)
    column = rows.column(expiry.column)
    limit = pa.scalar(expiry.horizon, pa.timestamp("us", "UTC"))
    if pa.types.is_date(column.type):
        limit = pa.scalar(expiry.horizon.date(), pa.date32())
    before = pc.fill_null(pc.less(column, limit), fill_value=False)
    mask: npt.NDArray[np.bool_] = before.to_numpy(zero_copy_only=False).astype(bool)
    return mask


@dataclass(frozen=True)
class _CellStage:
    """A mapInArrow stage over raw or evaluated records; a batch holds those of one partition."""

    judge: Judge
    cells: Mapping[int, PartitionCells]
    expiry: Expiry | None = field(default=None, kw_only=True)

    def _stored(self, found: Located) -> npt.NDArray[np.bool_]:
        """Return which of the kept rows the target should hold."""
        mask = (found.kept_cells >= 0) & ~found.refused
        stored: npt.NDArray[np.bool_] = mask & ~gone(found.judged.rows, self.expiry)
        return stored

    def _each(
        self, batches: Iterable[pa.RecordBatch]
    ) -> Iterator[tuple[int, PartitionCells, Located]]:
        """Yield each batch's partition, the partition's cells, and the verdicts."""
        for batch in batches:
            if batch.num_rows:
                partition = self.judge.partition(batch)
                mine = self.cells[partition]
                yield partition, mine, locate(self.judge(batch), mine)


@dataclass(frozen=True)
class HashStage(_CellStage):
    """Yields the hash of every row to be written (HASH_DDL), or of the suspects."""

    only: Suspects | None = field(default=None, kw_only=True)

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches."""
        for partition, cells, found in self._each(batches):
            mask, hashes = self._stored(found), row_hashes(found.judged.rows)
            if self.only is not None:
                mask &= self.only.holds(hashes)
            hashes = hashes[mask]
            yield pa.RecordBatch.from_pydict(
                {
                    "cell": pa.array(cells.numbers[found.kept_cells[mask]].astype(np.int32)),
                    "hash": pa.array(hashes.view(np.int64)),
                    "partition": pa.array(np.full(len(hashes), partition, np.int32)),
                    "offset": pa.array(found.kept[mask]),
                }
            )


@dataclass(frozen=True)
class NewestStage(_CellStage):
    """Yields the newest row of each key in a batch, in the columns of `keyed_ddl`."""

    order: Order

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches."""
        for partition, _, found in self._each(batches):
            mask = self._stored(found)
            rows, offsets = found.judged.rows.filter(pa.array(mask)), found.kept[mask]
            at = newest(rows, self.order)
            last = rows.take(pa.array(at))
            by = pa.nulls(len(at), pa.int64())
            if self.order.by is not None:
                by = ordinal(last.column(self.order.by))
            yield pa.RecordBatch.from_pydict(
                {
                    "key": pa.array(row_hashes(last.select(list(self.order.key))).view(np.int64)),
                    "by": by,
                    "partition": pa.array(np.full(len(at), partition, np.int32)),
                    "offset": pa.array(offsets[at]),
                    "hash": pa.array(row_hashes(last).view(np.int64)),
                }
            )


class DeadStage(_CellStage):
    """Yields the offset of every record that the judge condemns (DEAD_DDL)."""

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches."""
        for _, cells, found in self._each(batches):
            inside = found.dead_cells >= 0
            letters = found.judged.dead.filter(pa.array(inside))
            yield pa.RecordBatch.from_pydict(
                {
                    "cell": pa.array(cells.numbers[found.dead_cells[inside]].astype(np.int32)),
                    "offset": letters.column("offset"),
                    "reason": letters.column("reason"),
                }
            )


class TextStage(_CellStage):
    """Yields the rows to be written as texts (TEXT_DDL)."""

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches."""
        for partition, _, found in self._each(batches):
            at = np.flatnonzero(self._stored(found))
            rows = found.judged.rows.take(pa.array(at))
            yield pa.RecordBatch.from_pydict(
                {
                    "partition": pa.array(np.full(len(at), partition, np.int32)),
                    "offset": pa.array(found.kept[at]),
                    "values": pa.array(
                        [list(row) for row in texts(rows, rows.schema.types)],
                        pa.list_(pa.string()),
                    ),
                }
            )
