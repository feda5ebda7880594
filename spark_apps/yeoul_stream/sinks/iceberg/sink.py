"""The Iceberg sink as the driver sees it: Parquet files into the table's folder, then one commit.

Layout under the sink's path, which is the table's folder:

    data/<partition folders>/<topic>-<id>-<partition>-<start>-<end>-<attempt>.parquet
    metadata/...                                                          Iceberg's own
    _yeoul/<sink>/aside/<attempt>/...                                     files before their commit
    _yeoul/<sink>/dead/<topic>-<id>-<partition>-<start>-<end>.parquet     dead letters
"""

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from posixpath import dirname

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from yeoul_stream.claim import NOBODY, Claimant
from yeoul_stream.errors import TargetMismatchError
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
from yeoul_stream.sinks.iceberg.table import Change, Table
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

    def open(self, topic: TopicState, claimant: Claimant) -> Opened:
        """See StreamSink.open."""
        self._prepare(claimant)
        self._last = self._table.last()
        claimant.follow(self._who.sink, self._last.held)
        publish(self._files, self._last)
        token, name, now = uuid.uuid4().hex, claimant.name, datetime.now(UTC)
        self._append(lambda last: log.claim(last, self._floor, token, now, name))
        self._files.delete(f"{self._home}/aside")
        return Opened(
            self._last.epoch,
            log.positions(self._last, topic),
            log.totals(self._last),
            self._last.files,
        )

    def _prepare(self, claimant: Claimant) -> None:
        """Have a table that takes the sink's rows."""
        table, types = self._table, self._rows.types
        check_partitions(self._target, types)
        if not table.load():
            claimant.follow(self._who.sink, NOBODY)
            if self._files.exists(f"{self._home}/log"):
                raise TargetMismatchError(
                    f"hdfs path {self._target.path} holds plain Parquet files of this sink: write "
                    "the Iceberg table to another path, under another sink's name"
                )
            table.create(types, self._who.owner)
        # Before anything of it is changed, and once more with what the change has read anew.
        claimant.follow(self._who.sink, table.last().held)
        self._layout = fitted(table, self._rows, self._target, self._who)

    def _append(
        self, follow: Callable[[log.Entry], log.Entry], files: tuple[object, ...] = ()
    ) -> None:
        """Add a snapshot with the entry that follows the last one; see Table.append."""
        change, sink = Change(files), self._who.sink
        self._last = self._table.append(follow, self._last, change, sink)

    def record_start(self, topic: TopicState, starts: tuple[Start, ...]) -> None:
        """See StreamSink.record_start."""
        token, now = uuid.uuid4().hex, datetime.now(UTC)
        if log.start(self._last, topic, starts, token, now) is not None:
            self._append(lambda last: log.start(last, topic, starts, token, now) or last)

    def write(self, batch: DataFrame, extent: BatchExtent) -> Written:
        """See StreamSink.write."""
        attempt = uuid.uuid4().hex
        positions = continue_from(extent, self._committed(extent.topic))
        dead = f"{self._home}/dead"
        first = log.first_number(self._last.turn)
        aside = Aside(self._files, f"{self._home}/aside/{attempt}", dead, first)
        written = self._writer.write(batch, extent, positions, self._layout, aside, attempt)
        letters = [move for move in written.moves if dirname(move.visible) == dead]
        rows = [move for move in written.moves if dirname(move.visible) != dead]
        paths = [data_path(move.visible, attempt) for move in rows]
        for move, path in zip(rows, paths, strict=True):
            self._files.rename(move.aside, path)
        now = datetime.now(UTC)

        def follow(last: log.Entry) -> log.Entry:
            entry = log.commit(last, written.books, letters, attempt, now)
            return entry.model_copy(update={"files": last.files + len(rows)})

        self._append(follow, tuple(self._data_file(path) for path in paths))
        publish(self._files, self._last)
        self._files.delete(aside.path)
        return Written(self._last.books, self._committed(extent.topic), len(rows))

    def _data_file(self, path: str) -> object:
        return data_file(self._table, self._files, self._target, path)

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


def fitted(table: Table, rows: SinkRows, target: Hdfs, who: SinkIdentity) -> Layout:
    """Have a table that was loaded take the sink's rows; return how they become its files.

    Raises:
        TargetMismatchError: it is another sink's, or cannot take them.
    """
    _refuse_foreign_table(table, rows.spark, target, who)
    table.fit(rows.types)
    ids = table.field_ids()
    return Layout(target.partition_by, {name: ids[name] for name in rows.types.names})


def _refuse_foreign_table(
    table: Table, spark: SparkSession, target: Hdfs, who: SinkIdentity
) -> None:
    path = HadoopFolder(spark, target.path).uri()
    if table.owner != who.owner:
        whose = f"is written by {table.owner}" if table.owner else "was not created by a sink"
        raise TargetMismatchError(
            f"the Iceberg table in {table.location} {whose}, this is {who.owner} "
            "(installation.namespace.pipeline.sink): a table has one sink, which creates it. "
            "Give this sink a path of its own"
        )
    if HadoopFolder(spark, table.location).uri() != path:
        raise TargetMismatchError(
            f"the table lies in {table.location}, hdfs.path says {path}: write where it lies"
        )
    found = table.partition_columns()
    if found != target.partition_by:
        raise TargetMismatchError(
            f"the table in {table.location} is partitioned by {', '.join(found) or 'nothing'}, "
            f"partitionBy says {', '.join(target.partition_by) or 'nothing'}: "
            "give the sink another path, or write what the table has"
        )


def open_table(spark: SparkSession, target: Hdfs) -> Table:
    """Return the table of a sink; nothing is read yet."""
    reference = target.catalog.secret_ref if target.catalog is not None else None
    secret = read_secret(reference, secrets_directory()) if reference else {}
    return Table(spark, target, secret)


def data_path(visible: str, attempt: str) -> str:
    """Return where a data file goes: its name says its offsets, and no other attempt has it."""
    return f"data/{visible.removesuffix('.parquet')}-{attempt[:12]}.parquet"


def visible_path(data: str) -> str | None:
    """Return the name whose data file lies there; None where `data_path` has not given it."""
    found = re.fullmatch(r"data/(.*)-[0-9a-f]{12}\.parquet", data)
    return f"{found[1]}.parquet" if found else None


def data_file(table: Table, files: HadoopFolder, target: Hdfs, path: str) -> object:
    """Return what the table has to know of a file of its folder."""
    values = partition_values(path)
    partition = [values.get(name) for name in target.partition_by]
    return table.data_file(files.uri(path), partition)


def check_partitions(target: Hdfs, types: T.StructType) -> None:
    """Refuse partition columns whose values have no text that Iceberg reads back."""
    for name in target.partition_by:
        if isinstance(types[name].dataType, T.TimestampType | T.DoubleType):
            raise TargetMismatchError(
                f"partitionBy: {name} is of type {types[name].dataType.simpleString()}; partition "
                f"an Iceberg table by a coarser column, such as select: {{day: to_date({name})}}"
            )
