"""Opening the lake of a sink whose past is to be changed."""

from __future__ import annotations

from pyspark.sql import SparkSession

from yeoul_stream.job import Settings, identity
from yeoul_stream.past.folder import FolderPast
from yeoul_stream.past.lake import PastLake, never_ran
from yeoul_stream.past.table import TablePast
from yeoul_stream.pipeline import Hdfs, Sink, StreamPipeline
from yeoul_stream.rows import SinkRows
from yeoul_stream.rules import rules_of
from yeoul_stream.select import columns_of
from yeoul_stream.sinks.hdfs.aside import AsideWriter, clear_merging
from yeoul_stream.sinks.hdfs.parquet import Layout
from yeoul_stream.sinks.iceberg.sink import fitted, open_table
from yeoul_stream.spark import empty_raw
from yeoul_stream.verify.opening import lake_of


def open_lake(
    pipeline: StreamPipeline, settings: Settings, spark: SparkSession, sink: Sink, target: Hdfs
) -> PastLake:
    """Return the lake of an HDFS sink.

    Raises:
        PermanentError: the sink has never run.
        TargetMismatchError: the table is another sink's, or cannot take the rows.
    """
    record = pipeline.spec.record
    rows = SinkRows(record, sink, empty_raw(spark, record))
    rules = rules_of(record, sink, columns_of(rows.types))
    lake, writer = lake_of(pipeline, settings, sink, target, rows), AsideWriter(spark, rows)
    found: PastLake
    if target.format == "iceberg":
        table = open_table(spark, target)
        if not table.load():
            raise never_ran(sink.name, target.path)
        layout = fitted(table, rows, target, identity(settings, pipeline, sink))
        found = TablePast(sink.name, rules, lake, layout, writer, table, target, sink.lineage)
    else:
        found = FolderPast(sink.name, rules, lake, Layout(target.partition_by), writer)
    found.look()
    clear_merging(lake.folder, lake.home)
    return found
