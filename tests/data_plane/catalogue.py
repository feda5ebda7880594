"""Run by test_catalogue.py in a process of its own: prints what a real Spark says, as JSON.

{"functions": {group: [name]}, "examples": {example: {sink: {column: type}}}}
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from yeoul_stream.pipeline import METADATA_COLUMNS, Record, Sink, load_pipeline

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.sql.caseSensitive": "true",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
}


def functions(spark: SparkSession) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    python = spark._jvm.org.apache.spark.sql.api.python.PythonSQLUtils  # type: ignore[union-attr]
    for info in python.listBuiltinFunctionInfos():
        groups.setdefault(info.getGroup(), []).append(info.getName())
    return groups


def records(spark: SparkSession, record: Record) -> DataFrame:
    columns = {field.name: field.type for field in record.fields} | METADATA_COLUMNS
    types = {name: "bigint" if kind == "long" else kind for name, kind in columns.items()}
    return spark.createDataFrame([], ", ".join(f"`{name}` {kind}" for name, kind in types.items()))


def analysed(rows: DataFrame, sink: Sink, record: Record) -> dict[str, str]:
    kept = rows.where(sink.where) if sink.where else rows
    select = sink.select or {name: f"`{name}`" for name in record.names}
    return dict(kept.select([F.expr(sql).alias(name) for name, sql in select.items()]).dtypes)


def main(paths: list[str]) -> None:
    builder = SparkSession.builder.master("local[1]")
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    examples = {}
    for path in paths:
        spec = load_pipeline(Path(path)).spec
        rows = records(spark, spec.record)
        examples[Path(path).stem] = {
            sink.name: analysed(rows, sink, spec.record) for sink in spec.sinks
        }
    sys.stdout.write(json.dumps({"functions": functions(spark), "examples": examples}))
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
