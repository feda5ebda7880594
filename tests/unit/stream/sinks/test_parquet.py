"""Rows become Parquet files in memory: whole, in their folders, without the last magic word."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

from yeoul_stream.sinks.hdfs.parquet import (
    CONTENT_COLUMN,
    FILE_COLUMN,
    MAGIC,
    Layout,
    RowFiles,
    by_folder,
    encoded,
)

ROWS = pa.RecordBatch.from_pydict(
    {"day": ["a", "b", None, "a"], "n": pa.array([1, 2, 3, 4], pa.int32()), "z": [1.5] * 4}
)


def written(files: Iterator[pa.RecordBatch]) -> list[pa.RecordBatch]:
    return list(files)


def content(file: pa.RecordBatch) -> bytes:
    return bytes(file.column(CONTENT_COLUMN)[0].as_py()) + MAGIC.encode()


def read(file: pa.RecordBatch) -> pa.Table:
    return pq.read_table(pa.BufferReader(content(file)))


def test_a_file_reads_back() -> None:
    files = RowFiles(Layout())
    assert written(files.add(ROWS)) == []
    (file,) = files.finish()
    assert read(file).to_pydict() == ROWS.to_pydict()


def test_nothing_is_left_after_the_end() -> None:
    files = RowFiles(Layout())
    written(files.add(ROWS))
    written(files.finish())
    assert written(files.finish()) == []


def test_no_rows_make_no_file() -> None:
    files = RowFiles(Layout())
    written(files.add(ROWS.slice(0, 0)))
    assert written(files.finish()) == []


def test_files_of_one_range_have_names_of_their_own() -> None:
    files = RowFiles(Layout())
    names = []
    for _ in range(2):
        written(files.add(ROWS))
        names += [file.column(FILE_COLUMN)[0].as_py() for file in files.finish()]
    assert names == ["rows-0", "rows-1"]


def test_each_folder_has_its_rows_in_their_order_without_the_column() -> None:
    files = RowFiles(Layout(("day",)))
    written(files.add(ROWS))
    found = {file.column("day")[0].as_py(): read(file).to_pydict() for file in files.finish()}
    assert found == {
        "a": {"n": [1, 4], "z": [1.5, 1.5]},
        "b": {"n": [2], "z": [1.5]},
        None: {"n": [3], "z": [1.5]},
    }


def test_two_folder_columns_split_by_both() -> None:
    table = pa.table({"a": [1, 1, 2, 2], "b": ["x", "y", "x", "x"], "n": [1, 2, 3, 4]})
    groups = [group.column("n").to_pylist() for _, group in by_folder(table, ("a", "b"))]
    assert sorted(groups) == [[1], [2], [3, 4]]


def test_types_are_stored_as_spark_stores_them() -> None:
    rows = pa.table(
        {
            "t": pa.array([datetime(2026, 1, 2, tzinfo=UTC)], pa.timestamp("us", "UTC")),
            "d": pa.array([Decimal("1.25")], pa.decimal128(8, 2)),
        }
    )
    file = encoded(pa.RecordBatch.from_arrays([], names=[]), "rows-0", rows)
    schema = pq.ParquetFile(pa.BufferReader(content(file))).schema
    assert [schema.column(i).physical_type for i in range(2)] == ["INT64", "INT32"]


def test_the_footer_carries_no_schema_of_arrows_own() -> None:
    file = encoded(pa.RecordBatch.from_arrays([], names=[]), "rows-0", pa.table({"n": [1]}))
    assert pq.ParquetFile(pa.BufferReader(content(file))).metadata.metadata is None
