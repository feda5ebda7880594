"""Dead letters of an HDFS sink, which are files in its folder, as one JSON document."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from yeoul_stream.identity import SinkIdentity
from yeoul_stream.job import Settings, identity
from yeoul_stream.judge import DEAD_SCHEMA
from yeoul_stream.pipeline import load_pipeline
from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder
from yeoul_stream.sinks.hdfs.sink import home_of
from yeoul_stream.spark import build_session
from yeoul_stream.verify.letters import DeadLetter, Letters, Wanted, raw


def letters_of_lake(spark: SparkSession, path: str, who: SinkIdentity, wanted: Wanted) -> Letters:
    """Return the dead letters of an HDFS sink, the newest first."""
    folder, home = HadoopFolder(spark, path), f"{home_of(who)}/dead"
    files = [folder.uri(f"{home}/{name}") for name in folder.names(home)]
    if not files:
        return Letters((), {})
    name = F.col("_metadata.file_name")
    frame = (
        spark.read.schema(from_arrow_schema(DEAD_SCHEMA))
        .parquet(*files)
        .withColumn(
            "partition",
            F.regexp_extract(name, r"-(\d+)-\d{20}-\d{20}(-\d+)?\.parquet$", 1).cast("int"),
        )
    )
    if wanted.reason is not None:
        frame = frame.where(F.col("reason") == wanted.reason)
    counts = {row["reason"]: row["count"] for row in frame.groupBy("reason").count().collect()}
    newest = frame.orderBy(F.desc_nulls_last("kafka_time"), "partition", F.desc("offset"))
    shown = tuple(
        DeadLetter(
            who.sink, row["partition"], row["offset"],
            row["kafka_time"] and row["kafka_time"].astimezone(UTC),  # collected in local time
            row["reason"], row["detail"], raw(row["key"]), raw(row["payload"]),
        )
        for row in newest.limit(wanted.limit).collect()
    )  # fmt: skip
    return Letters(shown, dict(sorted(counts.items())))


def main(arguments: list[str] | None = None) -> int:
    """Print the dead letters of one HDFS sink as a JSON document."""
    parser = argparse.ArgumentParser(prog="python -m yeoul_stream.verify.lake_letters")
    parser.add_argument("--pipeline", type=Path, required=True)
    parser.add_argument("--sink", required=True)
    parser.add_argument("--reason")
    parser.add_argument("--limit", type=int, default=20)
    options = parser.parse_args(arguments)
    pipeline = load_pipeline(options.pipeline)
    named = [sink for sink in pipeline.spec.sinks if sink.name == options.sink]
    if not named or named[0].hdfs is None:
        print(f"{options.sink} is no HDFS sink of {options.pipeline}", file=sys.stderr)
        return 2
    who = identity(Settings.from_environment(os.environ), pipeline, named[0])
    spark = build_session(pipeline)
    try:
        wanted = Wanted(options.reason, options.limit)
        found = letters_of_lake(spark, named[0].hdfs.path, who, wanted)
    finally:
        spark.stop()
    print(json.dumps(found.document()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
