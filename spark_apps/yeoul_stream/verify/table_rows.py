"""Counting and hashing the rows of the target table. Runs in Python workers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from yeoul_stream.records.digest import Hashes, digest, row_hashes
from yeoul_stream.verify.buckets import Suspects, bucket_sums, packed
from yeoul_stream.verify.table_scan import ALIEN, PLACE, Scan, carrier

AMOUNT_DDL: Final = (
    "rows bigint, digest bigint, buckets binary, chunk int, hashes binary, aliens boolean"
)
SUSPECT_DDL: Final = "hash bigint, chunk int"
ROW_DDL: Final = "hash bigint, place string, partition int, offset bigint"


@dataclass(frozen=True)
class AmountStage:
    """A mapInArrow stage over the numbers of chunks: yields sums (AMOUNT_DDL).

    With `keep`, also the hashes of which they are, as SuspectStage reads them.
    """

    scan: Scan
    keep: bool

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's chunks."""
        for number, rows in self.scan.read(batches, place=False):
            every, alien = _hashes(rows)
            hashes = every[~alien]
            kept = hashes.tobytes() if self.keep else None
            yield pa.RecordBatch.from_pydict(
                {
                    "rows": pa.array([rows.num_rows], pa.int64()),
                    "digest": pa.array([digest(hashes)], pa.int64()),
                    "buckets": pa.array([packed(bucket_sums(hashes))], pa.binary()),
                    "chunk": pa.array([number], pa.int32()),
                    "hashes": pa.array([kept], pa.binary()),
                    "aliens": pa.array([bool(alien.any())], pa.bool_()),
                }
            )


@dataclass(frozen=True)
class SuspectStage:
    """A mapInArrow stage over rows of AMOUNT_DDL: the hashes of suspects (SUSPECT_DDL).

    A chunk with rows that have no hash gives one without.
    """

    only: Suspects

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches."""
        for batch in batches:
            for row in batch.select(["chunk", "hashes", "aliens"]).to_pylist():
                hashes = np.frombuffer(row["hashes"], np.uint64)
                found = hashes[self.only.holds(hashes)].view(np.int64).tolist()
                given = [*found, *([None] if row["aliens"] else [])]
                yield pa.RecordBatch.from_pydict(
                    {
                        "hash": pa.array(given, pa.int64()),
                        "chunk": pa.array([row["chunk"]] * len(given), pa.int32()),
                    }
                )


@dataclass(frozen=True)
class RowStage:
    """A mapInArrow stage over the numbers of chunks: yields one row a table row (ROW_DDL).

    `lineage` are the indices of the columns with partition and offset, where the table has them.
    `only` leaves out all but some, but none of those that have no hash.
    """

    scan: Scan
    lineage: tuple[int, int] | None
    only: Suspects | None = None

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's chunks."""
        for _, everything in self.scan.read(batches, place=True):
            rows, hashes, alien = self._chosen(everything)
            partition, offset = pa.nulls(rows.num_rows), pa.nulls(rows.num_rows)
            if self.lineage is not None:
                partition, offset = (rows.column(i).combine_chunks() for i in self.lineage)
            yield pa.RecordBatch.from_pydict(
                {
                    "hash": pa.array(hashes.view(np.int64), mask=alien),
                    "place": rows.column(PLACE).combine_chunks(),
                    # A partition of others may be any number: what is none of ours is no partition.
                    "partition": _int32(partition),
                    "offset": offset.cast(pa.int64()),
                }
            )

    def _chosen(self, rows: pa.Table) -> tuple[pa.Table, Hashes, npt.NDArray[np.bool_]]:
        hashes, alien = _hashes(rows)
        if self.only is None:
            return rows, hashes, alien
        mask = self.only.holds(hashes) | alien
        return rows.filter(pa.array(mask)), hashes[mask], alien[mask]


@dataclass(frozen=True)
class KeyStage:
    """A mapInArrow stage over the numbers of chunks: yields one row a table row, with its key.

    `key` and `by` are the indices of the columns that tell rows apart and order them, `lineage` as
    for RowStage; the columns are those of `keyed_ddl`.
    """

    scan: Scan
    lineage: tuple[int, int]
    key: tuple[int, ...]
    by: int | None

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's chunks."""
        for _, rows in self.scan.read(batches, place=True):
            hashes, alien = _hashes(rows)
            partition, offset = (rows.column(i).combine_chunks() for i in self.lineage)
            by = pa.nulls(rows.num_rows, pa.int64())
            if self.by is not None:
                by = rows.column(self.by).combine_chunks()
            yield pa.RecordBatch.from_pydict(
                {
                    "key": pa.array(row_hashes(rows.select(list(self.key))).view(np.int64)),
                    "by": by,
                    "partition": _int32(partition, -1),
                    "offset": offset.cast(pa.int64()),
                    "hash": pa.array(hashes.view(np.int64), mask=alien),
                    "place": rows.column(PLACE).combine_chunks(),
                }
            )


def keyed_ddl(by: pa.DataType | None, last: str = "") -> str:
    """Return the columns of keyed rows; `by` is the type of what orders them."""
    type_ = carrier(by or pa.int64())
    if pa.types.is_decimal(type_):
        name = f"decimal({type_.precision},{type_.scale})"
    else:
        name = "double" if pa.types.is_floating(type_) else "bigint"
    return f"key bigint, by {name}, partition int, offset bigint, hash bigint{last}"


def _int32(numbers: pa.Array, least: int = 0) -> pa.Array:
    wide = numbers.cast(pa.int64())
    fits = pc.and_(pc.greater_equal(wide, least), pc.less(wide, 2**31))
    return pc.if_else(fits, wide, None).cast(pa.int32())


def _hashes(rows: pa.Table) -> tuple[Hashes, npt.NDArray[np.bool_]]:
    """Return the hash of each row, and whether it is alien."""
    extra = [name for name in (ALIEN, PLACE) if name in rows.schema.names]
    alien: npt.NDArray[np.bool_] = rows.column(ALIEN).to_numpy().astype(bool)
    return row_hashes(rows.drop_columns(extra)), alien
