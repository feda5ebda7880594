"""The Iceberg sink as the driver sees it: Parquet files into the table's folder, then one commit.

Layout under the sink's path, which is the table's folder:

    data/<partition folders>/<topic>-<id>-<partition>-<start>-<end>-<attempt>.parquet
    metadata/...                                                          Iceberg's own
    _yeoul/<sink>/aside/<attempt>/...                                     files before their commit
    _yeoul/<sink>/dead/<topic>-<id>-<partition>-<start>-<end>.parquet     dead letters
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from posixpath import dirname

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from yeoul_stream.errors import TargetMismatchError, erased
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.pipeline import Hdfs, Record, Sink
from yeoul_stream.rows import SinkRows
from yeoul_stream.secrets import read_secret, secrets_directory
from yeoul_stream.sinks.hdfs import log
from yeoul_stream.sinks.hdfs.aside import Aside, AsideWriter
from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder
from yeoul_stream.sinks.hdfs.folders import partition_values
from yeoul_stream.sinks.hdfs.parquet import Layout
from yeoul_stream.sinks.hdfs.sink import fresh_checkpoint, home_of, publish
from yeoul_stream.sinks.iceberg.table import Table
from yeoul_stream.sinks.protocol import Opened, Written
from yeoul_stream.start import BatchExtent, Start, TopicState, continue_from


class IcebergSink:
    """Appends to one Iceberg table, exactly once."""

    kind = "hdfs"

    def __init__(
        self,
        who: SinkIdentity,
        record: Record,
        sink: Sink,
        target: Hdfs,
        raw: DataFrame,
        *,
        scratch: Path,
        epoch_floor: int = 0,
    ) -> None:
        """`raw` is an empty frame with the raw Kafka columns, to resolve types on."""
        self._who, self._name, self._target = who, sink.name, target
        self._scratch, self._floor = scratch, epoch_floor
        self._rows = SinkRows(record, sink, raw)
        self._spark: SparkSession = raw.sparkSession
        self._writer = AsideWriter(self._spark, self._rows)
        self._home = home_of(who)
        self._last = log.EMPTY
        self._layout = Layout()
        self._opened: tuple[Table, HadoopFolder] | None = None

    @property
    def _table(self) -> Table:
        return self._open()[0]

    @property
    def _files(self) -> HadoopFolder:
        return self._open()[1]

    def _open(self) -> tuple[Table, HadoopFolder]:
        if self._opened is None:
            table = open_table(self._spark, self._target)
            self._opened = table, HadoopFolder(self._spark, self._target.path)
        return self._opened

    def open(self, topic: TopicState, *, again: bool = False) -> Opened:
        """See StreamSink.open."""
        self._prepare(again=again)
        self._last = self._table.last()
        if not self._last.sequence and again:
            raise erased(self._who.sink)
        publish(self._files, self._last)
        token = uuid.uuid4().hex
        self._append(log.claim(self._last, self._floor, token, datetime.now(UTC)))
        self._files.delete(f"{self._home}/aside")
        return Opened(
            self._last.epoch,
            log.positions(self._last, topic),
            log.totals(self._last),
            self._last.files,
        )

    def _prepare(self, *, again: bool) -> None:
        """Have a table that takes the sink's rows."""
        table, types = self._table, self._rows.types
        check_partitions(self._target, types)
        if not table.load():
            if again:
                raise erased(self._who.sink)
            if self._files.exists(f"{self._home}/log"):
                raise TargetMismatchError(
                    f"hdfs path {self._target.path} holds plain Parquet files of this sink: write "
                    "the Iceberg table to another path, under another sink's name"
                )
            table.create(types, self._who.owner)
        self._refuse_foreign_table()
        table.fit(types)
        ids = table.field_ids()
        self._layout = Layout(self._target.partition_by, {name: ids[name] for name in types.names})

    def _refuse_foreign_table(self) -> None:
        table, path = self._table, self._files.uri()
        if table.owner != self._who.owner:
            whose = f"is written by {table.owner}" if table.owner else "was not created by a sink"
            raise TargetMismatchError(
                f"the Iceberg table in {table.location} {whose}, this is {self._who.owner} "
                "(installation.namespace.pipeline.sink): a table has one sink, which creates it. "
                "Give this sink a path of its own"
            )
        if self._uri(table.location) != path:
            raise TargetMismatchError(
                f"the table lies in {table.location}, hdfs.path says {path}: write where it lies"
            )
        found = table.partition_columns()
        if found != self._target.partition_by:
            raise TargetMismatchError(
                f"the table in {table.location} is partitioned by {', '.join(found) or 'nothing'}, "
                f"partitionBy says {', '.join(self._target.partition_by) or 'nothing'}: "
                "give the sink another path, or write what the table has"
            )

    def _uri(self, location: str) -> str:
        return HadoopFolder(self._spark, location).uri()

    def _append(self, entry: log.Entry, files: tuple[object, ...] = ()) -> None:
        self._table.append(entry, self._last, files, self._who.sink)
        self._last = entry

    def record_start(self, topic: TopicState, starts: tuple[Start, ...]) -> None:
        """See StreamSink.record_start."""
        entry = log.start(self._last, topic, starts, uuid.uuid4().hex, datetime.now(UTC))
        if entry is not None:
            self._append(entry)

    def write(self, batch: DataFrame, extent: BatchExtent) -> Written:
        """See StreamSink.write."""
        attempt = uuid.uuid4().hex
        positions = continue_from(extent, self._committed(extent.topic))
        dead = f"{self._home}/dead"
        aside = Aside(self._files, f"{self._home}/aside/{attempt}", dead)
        written = self._writer.write(batch, extent, positions, self._layout, aside, attempt)
        letters = [move for move in written.moves if dirname(move.visible) == dead]
        rows = [move for move in written.moves if dirname(move.visible) != dead]
        paths = [data_path(move.visible, attempt) for move in rows]
        for move, path in zip(rows, paths, strict=True):
            self._files.rename(move.aside, path)
        now = datetime.now(UTC)
        entry = log.commit(self._last, written.books, letters, attempt, now)
        entry = entry.model_copy(update={"files": self._last.files + len(rows)})
        self._append(entry, tuple(self._data_file(path) for path in paths))
        publish(self._files, self._last)
        self._files.delete(aside.path)
        return Written(self._last.books, self._committed(extent.topic), len(rows))

    def _data_file(self, path: str) -> object:
        values = partition_values(path)
        partition = [values.get(name) for name in self._target.partition_by]
        return self._table.data_file(self._files.uri(path), partition)

    def _committed(self, topic: TopicState) -> Mapping[int, int]:
        return log.positions(self._last, topic).next_offsets

    def checkpoint(self) -> str:
        """See StreamSink.checkpoint."""
        return fresh_checkpoint(
            self._spark, self._target.checkpoint, self._last.epoch, self._scratch, self._name
        )

    def close(self) -> None:
        """See StreamSink.close."""
        self._opened = None


def open_table(spark: SparkSession, target: Hdfs) -> Table:
    """Return the table of a sink; nothing is read yet."""
    reference = target.catalog.secret_ref if target.catalog is not None else None
    secret = read_secret(reference, secrets_directory()) if reference else {}
    return Table(spark, target, secret)


def data_path(visible: str, attempt: str) -> str:
    """Return where a data file goes: its name says its offsets, and no other attempt has it."""
    return f"data/{visible.removesuffix('.parquet')}-{attempt[:12]}.parquet"


def check_partitions(target: Hdfs, types: T.StructType) -> None:
    """Refuse partition columns whose values have no text that Iceberg reads back."""
    for name in target.partition_by:
        if isinstance(types[name].dataType, T.TimestampType | T.DoubleType):
            raise TargetMismatchError(
                f"partitionBy: {name} is of type {types[name].dataType.simpleString()}; partition "
                f"an Iceberg table by a coarser column, such as select: {{day: to_date({name})}}"
            )
