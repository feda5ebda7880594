"""Writing a batch aside, into files that nobody reads yet: what both lake sinks begin with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from yeoul_stream.books import RangeBook
from yeoul_stream.rows import SinkRows, arrow_type
from yeoul_stream.sinks.hdfs.account import AccountsParam, EncodeRange, EncodeRows, TaskAccount
from yeoul_stream.sinks.hdfs.files import moves
from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder
from yeoul_stream.sinks.hdfs.log import Move
from yeoul_stream.sinks.hdfs.parquet import CONTENT_COLUMN, FILE_COLUMN, MAGIC, Layout
from yeoul_stream.start import BatchExtent
from yeoul_stream.tally import Tally

MERGING: Final = "merging"
"""Where compactions and changes of the past write; a driver that starts clears its own folder."""
_DAY_S: Final = 86_400


@dataclass(frozen=True)
class Aside:
    """Where a batch is written: `path` in `folder`; its dead letters are to move to `dead`.

    `first` is the number of the first file of a range, see `log.first_number`.
    """

    folder: HadoopFolder
    path: str
    dead: str
    first: int = 0


@dataclass(frozen=True)
class SetAside:
    """What was written: the books of the batch's ranges, and the files with their final names."""

    books: tuple[RangeBook, ...]
    moves: tuple[Move, ...]


class AsideWriter:
    """Judges and encodes batches in Spark's workers."""

    def __init__(self, spark: SparkSession, rows: SinkRows) -> None:
        self._rows = rows
        self._accounts = spark.sparkContext.accumulator({}, AccountsParam())

    def write(
        self,
        batch: DataFrame,
        extent: BatchExtent,
        positions: Mapping[int, int],
        layout: Layout,
        aside: Aside,
        attempt: str,
    ) -> SetAside:
        """Write a batch of raw Kafka columns, from `positions` on.

        A range without records has an empty book.
        """
        accounts = self._files(batch, positions, layout, aside, attempt, {})
        books = _books(extent, positions, accounts)
        by_task = {task: books[account.partition] for task, account in accounts.items()}
        return SetAside(tuple(books.values()), found(aside, by_task))

    def write_letters(
        self,
        batch: DataFrame,
        others: Mapping[int, pa.RecordBatch],
        layout: Layout,
        aside: Aside,
        attempt: str,
    ) -> dict[int, Tally]:
        """Write records again that were dead; return task index -> what became of its records.

        `others` are dead letters that stay as they are, by task index. For the files see `found`.
        """
        accounts = self._files(batch, {}, layout, aside, attempt, others)
        return {task: account.tally for task, account in accounts.items()}

    def write_rows(self, rows: DataFrame, layout: Layout, aside: Aside) -> tuple[str, ...]:
        """Write rows as they are; return the files, relative to the place aside."""
        stage = EncodeRows(layout)
        self._store(rows.mapInArrow(cast("Any", stage), _types(rows.schema, layout)), layout, aside)
        written = aside.folder.files(aside.path)
        return tuple(sorted(path for path in written if f"{FILE_COLUMN}=" in path))

    def _files(
        self,
        batch: DataFrame,
        positions: Mapping[int, int],
        layout: Layout,
        aside: Aside,
        attempt: str,
        others: Mapping[int, pa.RecordBatch],
    ) -> dict[int, TaskAccount]:
        """Write the files and return task index -> account."""
        stage = EncodeRange(
            self._rows.judge, positions, layout, self._no_folder(layout), attempt, self._accounts,
            others,
        )  # fmt: skip
        types = _types(self._rows.types, layout)
        self._store(self._rows.frame(batch).mapInArrow(cast("Any", stage), types), layout, aside)
        accounts = self._accounts.value
        self._accounts.value = {}
        return {task: account for (token, task), account in accounts.items() if token == attempt}

    @staticmethod
    def _store(files: DataFrame, layout: Layout, aside: Aside) -> None:
        """Store files that workers have encoded.

        The workers yield whole files. Spark's text writer stores them: each is one line of its own
        file, and the line's end is the magic word with which a Parquet file ends.
        """
        content = F.col(CONTENT_COLUMN).cast("string")
        writer = files.withColumn(CONTENT_COLUMN, content).write.mode("error")
        writer = writer.option("lineSep", MAGIC).option("compression", "none")
        writer.partitionBy(*layout.folders, FILE_COLUMN).text(aside.folder.uri(aside.path))

    def _no_folder(self, layout: Layout) -> pa.RecordBatch:
        """One row of nulls of the folder columns' types."""
        types = [arrow_type(self._rows.types[name].dataType) for name in layout.folders]
        nulls = [pa.nulls(1, type_) for type_ in types]
        return pa.RecordBatch.from_arrays(nulls, names=[*layout.folders])


def clear_merging(folder: HadoopFolder, home: str) -> None:
    """Remove what killed compactions and changes have left; one that runs is younger."""
    for name in folder.names(f"{home}/{MERGING}"):
        if folder.age(f"{home}/{MERGING}/{name}") > _DAY_S:
            folder.delete(f"{home}/{MERGING}/{name}")


def _types(rows: T.StructType, layout: Layout) -> T.StructType:
    """Return the types of encoded files of such rows."""
    return T.StructType(
        [rows[name] for name in layout.folders]
        + [T.StructField(FILE_COLUMN, T.StringType())]
        + [T.StructField(CONTENT_COLUMN, T.BinaryType())]
    )


def found(aside: Aside, books: Mapping[int, RangeBook]) -> tuple[Move, ...]:
    """Return the files that the tasks with a book have written; `books` go by task index."""
    paths = aside.folder.files(aside.path)
    return tuple(moves(paths, aside.path, aside.dead, books, aside.first))


def _books(
    extent: BatchExtent, positions: Mapping[int, int], accounts: Mapping[int, TaskAccount]
) -> dict[int, RangeBook]:
    tallies = {account.partition: account.tally for account in accounts.values()}
    return {
        partition: tallies.get(partition, Tally()).book(
            extent.topic, partition, part.continued(positions[partition])
        )
        for partition, part in extent.partitions.items()
        if positions[partition] < part.end
    }
