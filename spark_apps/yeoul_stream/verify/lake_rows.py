"""Rows of Parquet files as Spark hands them out, file by file. Runs in Python workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yeoul_stream.records.digest import add, digest, row_hashes
from yeoul_stream.sinks.hdfs.folders import partition_values
from yeoul_stream.verify.facts import Amount

FILE_DDL: Final = "file string, rows bigint, digest bigint, projected array<bigint>"
ROW_DDL: Final = "place string, hash bigint"
DEAD_DDL: Final = "file string, reason string, count bigint, offsets bigint"


@dataclass(frozen=True)
class FileAmount:
    """Rows of a file, their digest, and the digests of projections of them."""

    rows: int = 0
    digest: int = 0
    projected: tuple[int, ...] = ()

    def plus(self, other: FileAmount) -> FileAmount:
        """Return the amount of both."""
        return FileAmount(
            self.rows + other.rows,
            add(self.digest, other.digest),
            tuple(map(add, self.projected, other.projected)) or other.projected or self.projected,
        )

    def projection(self, number: int) -> Amount:
        """Return the rows with the digest of one projection; of no rows there is none."""
        return Amount(self.rows, self.projected[number] if self.projected else 0)


def in_all(amounts: Iterable[FileAmount]) -> FileAmount:
    """Return the amount of all of them."""
    return reduce(FileAmount.plus, amounts, FileAmount())


def file_amount(row: Mapping[str, Any]) -> FileAmount:
    """Return the amount in a row of FILE_DDL."""
    return FileAmount(row["rows"], row["digest"], tuple(row["projected"]))


@dataclass(frozen=True)
class Layout:
    """How the sink's rows lie in files.

    `columns` are the output columns (name, Arrow type) in order; those in `partition_by` are in
    the file's path. `names` is the path as Spark shows it -> the name that readers see.
    """

    columns: tuple[tuple[str, pa.DataType], ...]
    partition_by: tuple[str, ...]
    names: Mapping[str, str]

    def files(self, batch: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield (visible name, output rows) for each stretch of the batch from one file.

        The batch has the path first, then the columns that are in the files.
        """
        for path, rows in _stretches(batch):
            name = self.names[path]
            yield name, self._restored(name, rows)

    def _restored(self, name: str, rows: pa.RecordBatch) -> pa.RecordBatch:
        values = partition_values(name)
        columns = []
        for column, type_ in self.columns:
            if column in self.partition_by:
                columns.append(pa.repeat(_typed(values.get(column), type_), rows.num_rows))
            else:
                columns.append(rows.column(column))
        return pa.RecordBatch.from_arrays(columns, names=[column for column, _ in self.columns])


def _typed(text: str | None, type_: pa.DataType) -> pa.Scalar:
    """Return a partition folder's text as the column's type, as Spark wrote it (zone UTC)."""
    if pa.types.is_timestamp(type_):
        return pa.scalar(text, pa.string()).cast(pa.timestamp("us")).cast(type_)
    return pa.scalar(text, pa.string()).cast(type_)


def _stretches(batch: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
    runs = pc.run_end_encode(batch.column(0))
    rest = batch.select(range(1, batch.num_columns))
    begin = 0
    for path, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
        yield path, rest.slice(begin, end - begin)
        begin = end


@dataclass(frozen=True)
class FileStage:
    """A mapInArrow stage: yields what each file holds (FILE_DDL)."""

    layout: Layout
    projections: tuple[tuple[int, ...], ...]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches."""
        sums: dict[str, FileAmount] = {}
        for batch in batches:
            if not batch.num_rows:
                continue
            for name, rows in self.layout.files(batch):
                projected = tuple(
                    digest(row_hashes(rows.select(columns))) for columns in self.projections
                )
                amount = FileAmount(rows.num_rows, digest(row_hashes(rows)), projected)
                sums[name] = sums.get(name, FileAmount()).plus(amount)
        yield pa.RecordBatch.from_pydict(
            {
                "file": pa.array(list(sums), pa.string()),
                "rows": pa.array([amount.rows for amount in sums.values()], pa.int64()),
                "digest": pa.array([amount.digest for amount in sums.values()], pa.int64()),
                "projected": pa.array(
                    [amount.projected for amount in sums.values()], pa.list_(pa.int64())
                ),
            }
        )


@dataclass(frozen=True)
class RowHashStage:
    """A mapInArrow stage: yields the file and the hash of each row (ROW_DDL)."""

    layout: Layout

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches."""
        for batch in batches:
            if not batch.num_rows:
                continue
            for name, rows in self.layout.files(batch):
                hashes = row_hashes(rows).view(np.int64)
                yield pa.RecordBatch.from_pydict(
                    {
                        "place": pa.array([name] * len(hashes), pa.string()),
                        "hash": pa.array(hashes),
                    }
                )


@dataclass(frozen=True)
class DeadFileStage:
    """A mapInArrow stage: yields per file and reason the dead letters (DEAD_DDL)."""

    names: Mapping[str, str]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches of (path, offset, reason)."""
        for batch in batches:
            if not batch.num_rows:
                continue
            for path, rows in _stretches(batch):
                table = pa.Table.from_batches([rows]).group_by("reason")
                sums = table.aggregate([("offset", "count"), ("offset", "sum")])
                yield pa.RecordBatch.from_pydict(
                    {
                        "file": pa.array([self.names[path]] * sums.num_rows, pa.string()),
                        "reason": sums.column("reason").combine_chunks(),
                        "count": sums.column("offset_count").combine_chunks(),
                        "offsets": sums.column("offset_sum").combine_chunks(),
                    }
                )
