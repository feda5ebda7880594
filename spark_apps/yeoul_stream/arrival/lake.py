"""A folder of Parquet files, through Spark's own client: whatever HDFS the job can read."""

from __future__ import annotations

import time
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from yeoul_stream.arrival.table import APPLY
from yeoul_stream.arrival.waiting import LookError
from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder

# A NameNode's clock may be behind ours.
_CLOCKS_S = 300
_SETTINGS = {
    "spark.master": "local[1]",
    # Spark refuses less than 450 MiB.
    "spark.driver.memory": "512m",
    "spark.ui.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    # A file may be renamed, or go, while it is looked for.
    "spark.sql.files.ignoreMissingFiles": "true",
    "spark.hadoop.ipc.client.connect.max.retries": "2",
    "spark.hadoop.ipc.client.connect.max.retries.on.timeouts": "2",
    "spark.hadoop.ipc.client.connect.timeout": "5000",
}


class Lake:
    """A folder, and the column in which ids are. Only files as new as the record are read."""

    def __init__(self, path: str, column: str, now: float) -> None:
        self._path, self._column = path, column
        since = time.gmtime(now - _CLOCKS_S)
        self._since = time.strftime("%Y-%m-%dT%H:%M:%S", since)
        builder: Any = SparkSession.builder.appName("yeoul test")
        for key, value in _SETTINGS.items():
            builder = builder.config(key, value)
        self._spark: SparkSession = builder.getOrCreate()
        self._spark.sparkContext.setLogLevel("ERROR")
        self.name = f"folder {path}"

    def no_pipeline(self) -> str:
        """Return what to do where there is no such folder."""
        try:
            if HadoopFolder(self._spark, self._path).exists(""):
                return ""
        except Py4JJavaError as error:
            raise self._away(error) from None
        return f"no pipeline has written to it yet: {APPLY}"

    def count(self, record: str) -> int:
        """Return how many rows have that id; none where there is no file yet."""
        reader = self._spark.read.option("modifiedAfter", self._since)
        try:
            rows = reader.parquet(self._path)
            return rows.where(rows[self._column] == record).count()
        except AnalysisException as error:
            if error.getCondition() in ("UNABLE_TO_INFER_SCHEMA", "PATH_NOT_FOUND"):
                return 0
            raise LookError(str(error).splitlines()[0]) from None
        except Py4JJavaError as error:
            raise self._away(error) from None

    def why_absent(self, record: str) -> str:
        """Return what to look at."""
        self.count(record)
        return (
            "files are there: see `kubectl describe streampipeline`, and that the poller runs and "
            "writes into its topic"
        )

    def _away(self, error: Py4JJavaError) -> LookError:
        said = str(error.java_exception).splitlines()[0]
        return LookError(f"HDFS does not answer: {said}")
