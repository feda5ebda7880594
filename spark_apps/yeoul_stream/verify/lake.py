"""The HDFS side: the commit log, and the rows of the files that readers see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import from_arrow_schema

from yeoul_stream.judge import DEAD_SCHEMA
from yeoul_stream.sinks.hdfs import log
from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder
from yeoul_stream.sinks.postgres.target import OutputColumn
from yeoul_stream.verify.lake_log import hidden
from yeoul_stream.verify.lake_rows import (
    DEAD_DDL,
    FILE_DDL,
    ROW_DDL,
    DeadFileStage,
    FileAmount,
    FileStage,
    Layout,
    RowHashStage,
    file_amount,
)


@dataclass(frozen=True)
class Lake:
    """A lake sink's folder. `columns` are its output columns in order."""

    spark: SparkSession
    folder: HadoopFolder
    home: str
    columns: tuple[OutputColumn, ...]
    types: T.StructType
    partition_by: tuple[str, ...]

    def entries(self) -> list[log.Entry]:
        """Return the entries of the commit log that are there."""
        names = [name for name in self.folder.names(f"{self.home}/log") if log.sequence_of(name)]
        if not names:
            return []
        paths = [self.folder.uri(f"{self.home}/log/{name}") for name in names]
        reader = self.spark.read.option("wholetext", "true").option("ignoreMissingFiles", "true")
        texts = [row["value"] for row in reader.text(paths).collect()]
        return [log.Entry.model_validate_json(text) for text in texts]

    def visible(self) -> tuple[str, ...]:
        """Return the files that readers see, relative to the folder, sorted."""
        return tuple(sorted(path for path in self.folder.files("") if not hidden(path)))

    def amounts(
        self, files: Mapping[str, str], projections: tuple[tuple[int, ...], ...] = ()
    ) -> dict[str, FileAmount]:
        """Return what each file holds: visible name -> amount; `files` is visible -> path.

        A file that cannot be read has no rows. `projections` are column indices of further digests.
        """
        result = {name: FileAmount() for name in files}
        if not files:
            return result
        stage = FileStage(self._layout(files), projections)
        for row in self._read(files).mapInArrow(cast("Any", stage), FILE_DDL).collect():
            result[row["file"]] = result[row["file"]].plus(file_amount(row.asDict()))
        return result

    def hashes(self, files: Mapping[str, str]) -> DataFrame:
        """Return (place, hash) of every row, where the place is the file's visible name."""
        stage = RowHashStage(self._layout(files))
        return self._read(files).mapInArrow(cast("Any", stage), ROW_DDL)

    def dead(self, files: Mapping[str, str]) -> dict[str, dict[str, tuple[int, int]]]:
        """Return per dead letter file: reason -> (count, sum of offsets)."""
        result: dict[str, dict[str, tuple[int, int]]] = {name: {} for name in files}
        if not files:
            return result
        frame = (
            self._lenient()
            .schema("`offset` bigint, reason string")
            .parquet(*self._uris(files))
            .select(F.col("_metadata.file_path").alias("_file"), "offset", "reason")
        )
        stage = DeadFileStage(self._names(files))
        for row in frame.mapInArrow(cast("Any", stage), DEAD_DDL).collect():
            reasons = result[row["file"]]
            count, offsets = reasons.get(row["reason"], (0, 0))
            reasons[row["reason"]] = (count + row["count"], offsets + row["offsets"])
        return result

    def letters(self, files: Mapping[str, str]) -> dict[str, pa.Table]:
        """Return the dead letters (DEAD_SCHEMA) of each file, visible name -> path."""
        if not files:
            return {}
        reader = self.spark.read.schema(from_arrow_schema(DEAD_SCHEMA))
        place = F.col("_metadata.file_path").alias("_file")
        found = reader.parquet(*self._uris(files)).select(place, *DEAD_SCHEMA.names).toArrow()
        names = self._names(files)
        places = found.column("_file")
        return {
            names[path]: found.filter(pc.equal(places, path))
            .select(DEAD_SCHEMA.names)
            .cast(DEAD_SCHEMA)
            for path in pc.unique(places).to_pylist()
        }

    def unreadable(self, path: str) -> str | None:
        """Return why a single file cannot be read, None when it can."""
        try:
            self.spark.read.schema(self.physical).parquet(self.folder.uri(path)).foreach(_ignore)
        except Exception as error:
            return _deepest(error)
        return None

    def foreign(self, path: str) -> FileAmount | None:
        """Return what a file of unknown origin holds, None when it has not the sink's columns."""
        try:
            return self.amounts({path: path})[path]
        except Exception:
            return None

    def _read(self, files: Mapping[str, str]) -> DataFrame:
        names = [column.name for column in self.columns if column.name not in self.partition_by]
        frame = self._lenient().schema(self.physical).parquet(*self._uris(files))
        source = F.col("_metadata.file_path").alias("_file")
        return cast("DataFrame", frame.select(source, *(F.col(f"`{name}`") for name in names)))

    def _lenient(self) -> Any:
        # A damaged file must not hide what the others hold: it yields nothing and is named.
        return self.spark.read.option("ignoreCorruptFiles", "true")

    @property
    def physical(self) -> T.StructType:
        """The columns that are in the files."""
        return T.StructType([f for f in self.types.fields if f.name not in self.partition_by])

    def _uris(self, files: Mapping[str, str]) -> list[str]:
        return [self.folder.uri(path) for path in files.values()]

    def _names(self, files: Mapping[str, str]) -> dict[str, str]:
        uris = {self.folder.uri(path): name for name, path in files.items()}
        # Spark shows a path with or without escapes, by version.
        return {**{quote(uri, safe=":/=@+,;$&()!~"): name for uri, name in uris.items()}, **uris}

    def _layout(self, files: Mapping[str, str]) -> Layout:
        columns = tuple((column.name, column.type) for column in self.columns)
        return Layout(columns, self.partition_by, self._names(files))


def _ignore(row: object) -> None:
    pass


def _deepest(error: Exception) -> str:
    if isinstance(error, Py4JJavaError):
        cause: Any = error.java_exception
        while cause.getCause() is not None:
            cause = cause.getCause()
        return str(cause.getMessage() or cause.toString())
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    caused = [line for line in lines if line.startswith("Caused by:")]
    return (caused or lines or [type(error).__name__])[-1 if caused else 0]


def only(files: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Return the entries of `files` with the given names."""
    return {name: files[name] for name in names if name in files}
