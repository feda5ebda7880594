"""Opening the targets of a pipeline's sinks, all as of about the same moment."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass

import psycopg2
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from yeoul_stream.errors import java_cause, root_cause
from yeoul_stream.job import Settings, identity
from yeoul_stream.pipeline import Hdfs, Postgres, Record, Sink, StreamPipeline
from yeoul_stream.pipeline.columns import LINEAGE_COLUMNS
from yeoul_stream.rows import SinkRows
from yeoul_stream.rules import rules_of
from yeoul_stream.secrets import SecretError, read_postgres_secret, secrets_directory
from yeoul_stream.select import columns_of, output_expressions
from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder
from yeoul_stream.sinks.hdfs.sink import home_of
from yeoul_stream.sinks.iceberg.sink import open_table
from yeoul_stream.sinks.postgres.names import TableName
from yeoul_stream.sinks.postgres.sink import output_columns
from yeoul_stream.spark import empty_raw
from yeoul_stream.verify.iceberg import IcebergReader
from yeoul_stream.verify.iceberg_target import IcebergTarget
from yeoul_stream.verify.lake import Lake
from yeoul_stream.verify.lake_log import history
from yeoul_stream.verify.lake_target import LakeTarget
from yeoul_stream.verify.table import TableReader, open_snapshot
from yeoul_stream.verify.table_target import TableTarget
from yeoul_stream.verify.target import UnreachableError

# What a store that is away, or a job that could not be finished, is told by.
UNREACHABLE = (psycopg2.OperationalError, PySparkException, Py4JError, OSError)


class UnknownSinkError(ValueError):
    """There is no such sink."""


def choose(
    pipeline: StreamPipeline,
    names: Collection[str],
    kinds: Collection[str] = ("postgres", "hdfs"),
    what: str = "keeps a position",
) -> list[Sink]:
    """Return the sinks of the given names, by default every enabled one; all are of `kinds`.

    Raises:
        UnknownSinkError: a name that is no such sink; `what` says what such a one does.
    """
    able = {sink.name: sink for sink in pipeline.spec.sinks if sink.kind in kinds}
    unknown = [name for name in names if name not in able]
    if unknown:
        raise UnknownSinkError(
            f"{pipeline.metadata.name} has no sink {', '.join(unknown)} that {what}; "
            f"it has: {', '.join(able) or 'none'}"
        )
    if names:
        return [sink for name, sink in able.items() if name in names]
    return [sink for sink in able.values() if sink.enabled]


@dataclass(frozen=True)
class Opener:
    """Opens targets; what they hold open is closed with `stack`."""

    pipeline: StreamPipeline
    settings: Settings
    spark: SparkSession
    stack: ExitStack

    def open(self, sink: Sink) -> TableTarget | LakeTarget | IcebergTarget | UnreachableError:
        """Return the sink's target as of now, or why it cannot be looked at."""
        try:
            match sink:
                case Sink(postgres=Postgres() as table):
                    return self._table(sink, table)
                case Sink(hdfs=Hdfs(format="iceberg") as folder):
                    return self._iceberg(sink, folder)
                case Sink(hdfs=Hdfs() as folder):
                    return self._lake(sink, folder)
                case _:
                    return UnreachableError("a console keeps no position")
        except (*UNREACHABLE, SecretError) as error:
            return UnreachableError(reason(error))

    def _table(self, sink: Sink, table: Postgres) -> TableTarget:
        who = identity(self.settings, self.pipeline, sink)
        secret = read_postgres_secret(table.secret_ref, secrets_directory())
        snapshot = self.stack.enter_context(open_snapshot(secret, who))
        name = TableName.parse(table.table)
        rows = self._rows(sink)
        reader = TableReader(
            self.spark,
            table.secret_ref,
            snapshot.name,
            output_columns(rows),
            snapshot.heaps(name),
            lineage(self.pipeline.spec.record, sink),
        )
        return TableTarget(sink, rows, self._rules(rows, sink), name, snapshot, reader)

    def _lake(self, sink: Sink, folder: Hdfs) -> LakeTarget:
        rows = self._rows(sink)
        lake = lake_of(self.pipeline, self.settings, sink, folder, rows)
        return LakeTarget(sink, rows, self._rules(rows, sink), lake, folder.path)

    def _iceberg(self, sink: Sink, folder: Hdfs) -> IcebergTarget:
        rows = self._rows(sink)
        table, reader, told = open_table(self.spark, folder), None, history([])
        if table.load():
            columns = output_columns(rows)
            reader = IcebergReader(self.spark, table, table.metadata_file, columns)
            told = history(table.entries())
        lake = lake_of(self.pipeline, self.settings, sink, folder, rows)
        return IcebergTarget(sink, rows, self._rules(rows, sink), lake, reader, told, folder.path)

    def _rows(self, sink: Sink) -> SinkRows:
        record = self.pipeline.spec.record
        return SinkRows(record, sink, empty_raw(self.spark, record))

    def _rules(self, rows: SinkRows, sink: Sink) -> str:
        return rules_of(self.pipeline.spec.record, sink, columns_of(rows.types))


def lake_of(
    pipeline: StreamPipeline, settings: Settings, sink: Sink, folder: Hdfs, rows: SinkRows
) -> Lake:
    """Return a sink's folder."""
    return Lake(
        spark=rows.spark,
        folder=HadoopFolder(rows.spark, folder.path),
        home=home_of(identity(settings, pipeline, sink)),
        columns=output_columns(rows),
        types=rows.types,
        partition_by=folder.partition_by,
    )


def lineage(record: Record, sink: Sink) -> tuple[int, int] | None:
    """Return which output columns are the record's partition and offset, None without both."""
    expressions = [expression.strip() for expression in output_expressions(record, sink).values()]
    names = tuple(LINEAGE_COLUMNS)
    if not all(name in expressions for name in names):
        return None
    return expressions.index(names[0]), expressions.index(names[1])


def reason(error: Exception) -> str:
    """Return what went wrong in one line; of a failed Spark job its innermost cause."""
    text = str(root_cause(error)).strip()
    return java_cause(text) or text.partition("\n")[0].strip() or type(error).__name__
