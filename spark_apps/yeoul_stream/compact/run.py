"""Compacting the lake sinks of a pipeline, one after the other."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator

from pyspark.sql import SparkSession

from yeoul_stream.compact.folder import Compaction, CompactionError
from yeoul_stream.compact.settings import Outcome, Settings
from yeoul_stream.compact.table import TableCompaction
from yeoul_stream.job import Settings as JobSettings
from yeoul_stream.job import identity
from yeoul_stream.pipeline import Hdfs, Sink, StreamPipeline
from yeoul_stream.rows import SinkRows
from yeoul_stream.rules import rules_of
from yeoul_stream.select import columns_of
from yeoul_stream.sinks.iceberg.sink import open_table
from yeoul_stream.spark import empty_raw
from yeoul_stream.verify import opening
from yeoul_stream.verify.opening import UNREACHABLE, reason

_log = logging.getLogger(__name__)


def choose(pipeline: StreamPipeline, names: Collection[str]) -> list[Sink]:
    """Return the sinks of the given names, by default every enabled one that writes files.

    Raises:
        UnknownSinkError: a name that is no such sink.
    """
    return opening.choose(pipeline, names, ("hdfs",), "writes files")


def compact(
    pipeline: StreamPipeline,
    job: JobSettings,
    spark: SparkSession,
    sinks: Collection[Sink],
    settings: Settings,
) -> Iterator[Outcome]:
    """Compact one sink after the other; what fails does not keep the others."""
    for sink in sinks:
        assert sink.hdfs is not None  # noqa: S101 (chosen so)
        try:
            if sink.hdfs.format == "iceberg":
                yield _table(pipeline, job, spark, sink, sink.hdfs, settings)
            else:
                yield _folder(pipeline, job, spark, sink, sink.hdfs, settings)
        except (CompactionError, *UNREACHABLE) as error:
            _log.debug("%s", sink.name, exc_info=True)
            said = str(error) if isinstance(error, CompactionError) else reason(error)
            yield Outcome(sink.name, error=said)


def _table(
    pipeline: StreamPipeline,
    job: JobSettings,
    spark: SparkSession,
    sink: Sink,
    target: Hdfs,
    settings: Settings,
) -> Outcome:
    table, who = open_table(spark, target), identity(job, pipeline, sink)
    if not table.load():
        return Outcome(sink.name)
    if table.owner != who.owner:
        raise CompactionError(
            f"the table in {target.path} belongs to {table.owner or 'no sink'}, this is {who.owner}"
        )
    return TableCompaction(spark, table, sink.name, settings, time.time()).run()


def _folder(
    pipeline: StreamPipeline,
    job: JobSettings,
    spark: SparkSession,
    sink: Sink,
    target: Hdfs,
    settings: Settings,
) -> Outcome:
    record = pipeline.spec.record
    rows = SinkRows(record, sink, empty_raw(spark, record))
    lake = opening.lake_of(pipeline, job, sink, target, rows)
    rules = rules_of(record, sink, columns_of(rows.types))
    return Compaction(spark, lake, sink.name, rules, settings).run()
