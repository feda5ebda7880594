"""Judging what Kafka holds, cell by cell. Runs in Python workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from yeoul_stream.judge import Judge, Judged
from yeoul_stream.records.digest import row_hashes
from yeoul_stream.verify.facts import Cell, Measure
from yeoul_stream.verify.values import texts

Integers = npt.NDArray[np.int64]

_REASONS: Final = ("decode", "expression")
_COUNTS: Final = ("read", "written", "filtered", *_REASONS, "dead_offsets", "target_rows")
_DIGESTS: Final = ("digest", "target_digest")
MEASURE_DDL: Final = "cell int, " + ", ".join(f"{name} bigint" for name in (*_COUNTS, *_DIGESTS))
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
class _Located:
    """A judged batch with the cell index of each record, kept row and dead letter."""

    judged: Judged
    offsets: Integers
    kept: Integers  # offsets of the kept rows
    cells: Integers
    kept_cells: Integers
    dead_cells: Integers
    refused: npt.NDArray[np.bool_]  # per kept row


def _locate(judge: Judge, cells: PartitionCells, batch: pa.RecordBatch) -> _Located:
    judged = judge(batch)
    offsets = judged.raw.offsets.to_numpy()
    at = cells.find(offsets)
    kept = offsets[judged.kept]
    dead = judged.dead.column("offset").to_numpy()
    refused = np.isin(kept, cells.refused)
    return _Located(judged, offsets, kept, at, at[judged.kept], cells.find(dead), refused)


class _Tally:
    """Sums per cell of one partition."""

    def __init__(self, size: int) -> None:
        self.counts = {name: np.zeros(size, np.int64) for name in _COUNTS}
        self.digests = {name: np.zeros(size, np.uint64) for name in _DIGESTS}

    def add(self, found: _Located) -> None:
        self._count("read", found.cells)
        hashes = row_hashes(found.judged.rows)
        inside = found.kept_cells >= 0
        for rows, digest, mask in (
            ("written", "digest", inside & ~found.refused),
            ("target_rows", "target_digest", inside & found.refused),
        ):
            self._count(rows, found.kept_cells[mask])
            np.add.at(self.digests[digest], found.kept_cells[mask], hashes[mask])
        if found.judged.dead.num_rows:
            self._dead(found)

    def _dead(self, found: _Located) -> None:
        letters, inside = found.judged.dead, found.dead_cells >= 0
        for reason in _REASONS:
            mask = pc.equal(letters.column("reason"), reason).to_numpy(zero_copy_only=False)
            self._count(reason, found.dead_cells[mask])
        offsets = letters.column("offset").to_numpy()
        np.add.at(self.counts["dead_offsets"], found.dead_cells[inside], offsets[inside])

    def _count(self, name: str, cells: Integers) -> None:
        counts = self.counts[name]
        counts += np.bincount(cells[cells >= 0], minlength=len(counts))

    def table(self, cells: PartitionCells) -> pa.RecordBatch:
        counts = self.counts
        counts["filtered"] = (
            counts["read"] - counts["written"] - counts["target_rows"]
            - counts["decode"] - counts["expression"]
        )  # fmt: skip
        columns = [pa.array(cells.numbers, pa.int64()).cast(pa.int32())]
        columns += [pa.array(counts[name]) for name in _COUNTS]
        columns += [pa.array(self.digests[name].view(np.int64)) for name in _DIGESTS]
        return pa.RecordBatch.from_arrays(columns, names=["cell", *_COUNTS, *_DIGESTS])


@dataclass(frozen=True)
class MeasureStage:
    """A mapInArrow stage: judges raw or evaluated records, yields one row a cell (MEASURE_DDL)."""

    judge: Judge
    cells: Mapping[int, PartitionCells]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches; each holds records of a single partition."""
        tallies: dict[int, _Tally] = {}
        for batch in batches:
            if batch.num_rows:
                partition = self.judge.partition(batch)
                cells = self.cells[partition]
                tally = tallies.setdefault(partition, _Tally(len(cells.numbers)))
                tally.add(_locate(self.judge, cells, batch))
        for partition, tally in tallies.items():
            yield tally.table(self.cells[partition])


@dataclass(frozen=True)
class HashStage:
    """A mapInArrow stage: yields the hash of every row to be written (HASH_DDL)."""

    judge: Judge
    cells: Mapping[int, PartitionCells]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches; each holds records of a single partition."""
        for batch in batches:
            if not batch.num_rows:
                continue
            partition = self.judge.partition(batch)
            cells = self.cells[partition]
            found = _locate(self.judge, cells, batch)
            mask = (found.kept_cells >= 0) & ~found.refused
            hashes = row_hashes(found.judged.rows)[mask]
            yield pa.RecordBatch.from_pydict(
                {
                    "cell": pa.array(cells.numbers[found.kept_cells[mask]].astype(np.int32)),
                    "hash": pa.array(hashes.view(np.int64)),
                    "partition": pa.array(np.full(len(hashes), partition, np.int32)),
                    "offset": pa.array(found.kept[mask]),
                }
            )


@dataclass(frozen=True)
class DeadStage:
    """A mapInArrow stage: yields the offset of every record that the judge condemns (DEAD_DDL)."""

    judge: Judge
    cells: Mapping[int, PartitionCells]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches; each holds records of a single partition."""
        for batch in batches:
            if not batch.num_rows:
                continue
            cells = self.cells[self.judge.partition(batch)]
            found = _locate(self.judge, cells, batch)
            inside = found.dead_cells >= 0
            letters = found.judged.dead.filter(pa.array(inside))
            yield pa.RecordBatch.from_pydict(
                {
                    "cell": pa.array(cells.numbers[found.dead_cells[inside]].astype(np.int32)),
                    "offset": letters.column("offset"),
                    "reason": letters.column("reason"),
                }
            )


@dataclass(frozen=True)
class TextStage:
    """A mapInArrow stage: yields the rows to be written as texts (TEXT_DDL)."""

    judge: Judge
    cells: Mapping[int, PartitionCells]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches; each holds records of a single partition."""
        for batch in batches:
            if not batch.num_rows:
                continue
            partition = self.judge.partition(batch)
            found = _locate(self.judge, self.cells[partition], batch)
            at = np.flatnonzero((found.kept_cells >= 0) & ~found.refused)
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


def measure_of(row: Mapping[str, int]) -> Measure:
    """Return the measure in a row of MEASURE_DDL."""
    return Measure(
        read=row["read"],
        written=row["written"],
        filtered=row["filtered"],
        dead={reason: row[reason] for reason in _REASONS if row[reason]},
        dead_offsets=row["dead_offsets"],
        digest=row["digest"],
        target_rows=row["target_rows"],
        target_digest=row["target_digest"],
    )
