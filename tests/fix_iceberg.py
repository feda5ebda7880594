"""Iceberg sinks for tests: a pipeline with a plain and a partitioned table."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pyarrow as pa
from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO
from pyiceberg.table import StaticTable
from pyspark.sql import DataFrame, SparkSession

from fix_stream import create_topic
from fix_verify import INSTALLATION, World, document
from yeoul_local.platform import Platform
from yeoul_stream.job import Settings
from yeoul_stream.pipeline import parse_pipeline


def iceberg_document(platform: Platform, name: str) -> dict[str, Any]:
    """Return a pipeline with a table of all fields, and a filtered one with partitions."""
    made = document(platform, name)
    made["spec"]["sinks"] = [
        {"name": "ice", "trigger": "available now",
         "hdfs": {"path": f"/warehouse/{name}/all", "format": "iceberg",
                  "checkpoint": f"/warehouse/{name}/all/check_point"}},
        {"name": "days", "trigger": "available now", "where": "speed > 45", "lineage": True,
         "select": {"id": "id", "mps": "speed / 3.6", "day": "day", "kind": "kind"},
         "hdfs": {"path": f"/warehouse/{name}/days", "format": "iceberg",
                  "partitionBy": ["day", "kind"]}},
    ]  # fmt: skip
    return made


def iceberg_world(platform: Platform, spark: SparkSession, scratch: Path, name: str) -> World:
    """Return a new pipeline with Iceberg sinks and a topic; nothing has run yet."""
    create_topic(platform, name)
    pipeline = parse_pipeline(iceberg_document(platform, name), name)
    return World(platform, spark, Settings(INSTALLATION, scratch), pipeline)


def rows_of(spark: SparkSession, path: str) -> DataFrame:
    """Return a table's rows as Spark reads them."""
    return spark.read.format("iceberg").load(path)


def count_files(spark: SparkSession, path: str) -> int:
    """Return how many data files a table has."""
    return rows_of(spark, f"{path}#files").count()


class LocalCopy(PyArrowFileIO):
    """PyIceberg's files, of a table in HDFS that was copied to `copies`: it has no HDFS client."""

    def new_input(self, location: str) -> PyArrowFile:
        return super().new_input(f"{self.properties['copies']}{urlparse(location).path}")


def read_with_pyiceberg(spark: SparkSession, path: str, folder: Path) -> pa.Table:
    """Return a table's rows as PyIceberg reads them, from a copy in `folder`."""
    jvm: Any = spark._jvm
    source = jvm.org.apache.hadoop.fs.Path(path)
    system = source.getFileSystem(spark._jsc.hadoopConfiguration())
    (folder / path.lstrip("/")).parent.mkdir(parents=True)
    target = jvm.org.apache.hadoop.fs.Path(f"file://{folder}{path}")
    system.copyToLocalFile(False, source, target, True)
    hint = int((folder / path.lstrip("/") / "metadata/version-hint.text").read_text())
    metadata = f"hdfs://{path}/metadata/v{hint}.gz.metadata.json"
    properties = {"py-io-impl": "fix_iceberg.LocalCopy", "copies": str(folder)}
    return StaticTable.from_metadata(metadata, properties).scan().to_arrow()
