"""An Iceberg table as it was at one moment: its files and its rows, by Iceberg's own reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from pyspark.sql import DataFrame, SparkSession

from yeoul_stream.sinks.hdfs import log
from yeoul_stream.sinks.iceberg.table import Table
from yeoul_stream.sinks.postgres.target import OutputColumn
from yeoul_stream.verify.lake_rows import (
    FILE_DDL,
    ROW_DDL,
    FileAmount,
    FileStage,
    Layout,
    RowHashStage,
    file_amount,
    in_all,
)


@dataclass(frozen=True)
class IcebergReader:
    """Reads the table as its metadata file describes it. `columns` are the sink's, in order."""

    spark: SparkSession
    table: Table
    metadata_file: str
    columns: tuple[OutputColumn, ...]

    def entries(self) -> list[log.Entry]:
        """Return the sink's entries in the table's history, as of now."""
        self.table.refresh()
        return self.table.entries()

    def files(self) -> tuple[str, ...]:
        """Return the paths of the data files."""
        rows = self._read(f"{self.metadata_file}#files").select("file_path").collect()
        return tuple(sorted(str(row["file_path"]) for row in rows))

    def absent_columns(self) -> list[str]:
        """Return which of the sink's columns the table has not."""
        there = self.table.field_ids()
        return [column.name for column in self.columns if column.name not in there]

    def amount(
        self, files: tuple[str, ...], projections: tuple[tuple[int, ...], ...] = ()
    ) -> FileAmount:
        """Return what all of the files hold; `projections` as for `Lake.amounts`."""
        stage = FileStage(self._layout(files), projections)
        rows = self._rows().mapInArrow(cast("Any", stage), FILE_DDL).collect()
        return in_all(file_amount(row.asDict()) for row in rows)

    def hashes(self, files: tuple[str, ...]) -> DataFrame:
        """Return (place, hash) of every row, where the place is the file's path."""
        stage = RowHashStage(self._layout(files))
        return self._rows().mapInArrow(cast("Any", stage), ROW_DDL)

    def _rows(self) -> DataFrame:
        names = [f"`{column.name}`" for column in self.columns]
        return self._read(self.metadata_file).select("_file", *names)

    def _read(self, path: str) -> DataFrame:
        return self.spark.read.format("iceberg").load(path)

    def _layout(self, files: tuple[str, ...]) -> Layout:
        columns = tuple((column.name, column.type) for column in self.columns)
        return Layout(columns, (), {path: path for path in files})
