"""Rows of one range as Parquet files in memory. Runs in Python workers; no Spark import.

A worker encodes what it has decoded already: rows that went back to Spark as rows would cost more
CPU time than everything before. Finished files are small (some 30 bytes a row), so they go back as
bytes, and Spark's writer puts them where any Hadoop file system lies.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

MAGIC: Final = "PAR1"
FILE_COLUMN: Final = "_file"
DEAD_FILE: Final = "dead"
CONTENT_COLUMN: Final = "_content"
# Rows are kept in memory until a file is worth it: about 14 MB of Parquet for vehicle positions.
_FILE_BYTES: Final = 128 << 20


@dataclass(frozen=True)
class Layout:
    """How rows become files.

    `folders` are the columns that become folders: each combination of their values has files of its
    own. `ids` are the field ids of an Iceberg table's columns; its files keep the folder columns,
    those of a plain folder do not.
    """

    folders: tuple[str, ...] = ()
    ids: Mapping[str, int] | None = None

    def content(self, rows: pa.Table) -> pa.Table:
        """Return what a file holds of the rows of one folder."""
        if self.ids is None:
            return rows.drop_columns(self.folders)
        return rows.cast(
            pa.schema(
                field.with_metadata({"PARQUET:field_id": str(self.ids[field.name])})
                for field in rows.schema
            )
        )


@dataclass
class RowFiles:
    """Collects the rows of a range and turns them into files of about _FILE_BYTES of Arrow each."""

    layout: Layout
    _rows: list[pa.RecordBatch] = field(default_factory=list)
    _bytes: int = 0
    _count: int = 0

    def add(self, rows: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Take some rows; yield the files that became full, in the form of `encoded`."""
        if rows.num_rows:
            self._rows.append(rows)
            self._bytes += rows.nbytes
        if self._bytes >= _FILE_BYTES:
            yield from self.finish()

    def finish(self) -> Iterator[pa.RecordBatch]:
        """Yield files of the rows that are left."""
        if self._rows:
            table = pa.Table.from_batches(self._rows)
            self._rows, self._bytes = [], 0
            for folder, rows in by_folder(table, self.layout.folders):
                yield encoded(folder, f"rows-{self._count}", self.layout.content(rows))
            self._count += 1


def encoded(folder: pa.RecordBatch, name: str, rows: pa.Table) -> pa.RecordBatch:
    """Return one row: the folder's values, the file's name and its content without the last MAGIC.

    `folder` has one row, or no column. Whoever writes the content appends MAGIC.
    """
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows,
        sink,
        compression="zstd",
        # What Spark writes: decimals as integers where they fit, and no schema of Arrow's own.
        store_decimal_as_integer=True,
        store_schema=False,
    )
    content = sink.getvalue()
    columns = [*folder.columns, pa.array([name]), pa.array([content[: -len(MAGIC)].to_pybytes()])]
    names = [*folder.schema.names, FILE_COLUMN, CONTENT_COLUMN]
    return pa.RecordBatch.from_arrays(columns, names=names)


def by_folder(
    rows: pa.Table, folders: tuple[str, ...]
) -> Iterator[tuple[pa.RecordBatch, pa.Table]]:
    """Yield (folder's values as one row, its rows in their order); without folders everything."""
    if not folders:
        yield pa.RecordBatch.from_arrays([], names=[]), rows
        return
    codes = _codes(rows, folders)
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    ordered = rows.take(pa.array(order))
    for start, stop in zip(starts, [*starts[1:], len(codes)], strict=True):
        group = ordered.slice(start, stop - start)
        first = group.select(folders).slice(0, 1).combine_chunks()
        yield first.to_batches()[0], group


def _codes(rows: pa.Table, folders: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Return a number per row, shape (rows,): equal where the folder columns are, nulls too."""
    total = np.zeros(rows.num_rows, np.int64)
    for name in folders:
        column = rows.column(name).combine_chunks().dictionary_encode(null_encoding="encode")
        indices = column.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        # Made dense each time, so that the product cannot overflow.
        _, total = np.unique(total * len(column.dictionary) + indices, return_inverse=True)
    return total
