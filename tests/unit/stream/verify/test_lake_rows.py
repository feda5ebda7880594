"""Rows of a partitioned lake, put together from file and path."""

import pyarrow as pa
import pytest

from yeoul_stream.sinks.hdfs.folders import partition_values
from yeoul_stream.verify.facts import Amount
from yeoul_stream.verify.lake_rows import FileAmount, FileStage, Layout

LAYOUT = Layout(
    columns=(("id", pa.string()), ("day", pa.int32()), ("v", pa.float64())),
    partition_by=("day",),
    names={"hdfs://x/a": "day=1/a", "hdfs://x/b": "day=2/b"},
)
BATCH = pa.RecordBatch.from_pydict(
    {"_file": ["hdfs://x/a", "hdfs://x/a", "hdfs://x/b"], "id": ["p", "q", "r"], "v": [1.0, 2, 3]}
)


def test_the_columns_come_back_in_the_sinks_order() -> None:
    rows = [rows.to_pylist() for _, rows in LAYOUT.files(BATCH)]
    assert rows[1] == [{"id": "r", "day": 2, "v": 3.0}]


def test_a_batch_is_told_apart_by_file() -> None:
    assert [(name, rows.num_rows) for name, rows in LAYOUT.files(BATCH)] == [
        ("day=1/a", 2), ("day=2/b", 1),
    ]  # fmt: skip


def test_rows_are_counted_by_file() -> None:
    (found,) = FileStage(LAYOUT, ())(iter([BATCH]))
    assert dict(zip(*(found.column(i).to_pylist() for i in (0, 1)), strict=True)) == {
        "day=1/a": 2, "day=2/b": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("a.parquet", {}),
        ("day=1/kind=x/a.parquet", {"day": "1", "kind": "x"}),
        ("kind=a%2Fb/a.parquet", {"kind": "a/b"}),
        ("kind=__HIVE_DEFAULT_PARTITION__/a.parquet", {"kind": None}),
        ("kind=a=b/a.parquet", {"kind": "a=b"}),
    ],
)
def test_partition_folders_are_read_back(path: str, values: dict[str, str | None]) -> None:
    assert partition_values(path) == values


def test_digests_of_projections_add_up() -> None:
    assert FileAmount(1, 2, (3, 4)).plus(FileAmount(1, 2, (5, 6))) == FileAmount(2, 4, (8, 10))


def test_no_rows_have_no_digest_of_any_projection() -> None:
    assert FileAmount().projection(1) == Amount()


def test_a_projection_has_all_rows_and_its_own_digest() -> None:
    assert FileAmount(3, 7, (8, 9)).projection(1) == Amount(3, 9)
