"""A small pipeline that has run, and whose stores a test may spoil, for tests of `verify`."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from pyspark.sql import DataFrame, SparkSession

from fix_stream import WAIT_S, connect, create_topic, produce, wait_until
from yeoul_local.platform import Platform
from yeoul_stream.job import Settings, build_sink, identity
from yeoul_stream.pipeline import StreamPipeline, apply_overlay, parse_pipeline
from yeoul_stream.progress import Board
from yeoul_stream.query import QueryContext, SinkQuery
from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder
from yeoul_stream.spark import build_session
from yeoul_stream.verify.finding import Finding
from yeoul_stream.verify.repair import Verified, repair
from yeoul_stream.verify.report import Report, SinkReport
from yeoul_stream.verify.run import verify

INSTALLATION = "verify-test"
FIELDS = [
    {"name": "id", "type": "string", "nullable": False},
    {"name": "speed", "type": "double"},
    {"name": "day", "type": "int"},
    {"name": "kind", "type": "string"},
    {"name": "at", "type": "timestamp"},
    {"name": "price", "type": "decimal(10,2)"},
]


def message(number: int, **changes: Any) -> bytes:
    """Return a good record; `changes` replace or add keys."""
    value = {
        "id": f"R{number:06d}", "speed": number % 90 + 0.1, "day": 20261120 + number % 3,
        "kind": ("a/b", "c d", None)[number % 3], "at": "2026-11-23 12:00:00.5",
        "price": f"{number}.50", **changes,
    }  # fmt: skip
    return json.dumps(value).encode()


def document(platform: Platform, name: str) -> dict[str, Any]:
    """Return a pipeline with a plain table, a filtered one with lineage, and two lakes."""
    table = {"secretRef": "car-info-postgres", "table": f"{name}_table"}
    seoul = {"secretRef": "car-info-postgres", "table": f"{name}_fast"}
    sinks: list[dict[str, Any]] = [
        {"name": "table", "select": {"id": "id", "speed": "speed", "price": "price", "at": "at"},
         "postgres": table},
        {"name": "fast", "where": "speed > 45", "lineage": True,
         "select": {"id": "id", "mps": "speed / 3.6"}, "postgres": seoul},
        {"name": "lake", "hdfs": {"path": f"/data/{name}"}},
        {"name": "days", "hdfs": {"path": f"/data/{name}_days", "partitionBy": ["day", "kind"]}},
    ]  # fmt: skip
    kafka = {
        "bootstrapServers": platform.endpoints.kafka_bootstrap, "topic": name,
        "startingOffsets": "earliest", "maxOffsetsPerTrigger": 600,
    }  # fmt: skip
    return {
        "apiVersion": "yeoul.dev/v1alpha1", "kind": "StreamPipeline",
        "metadata": {"name": name},
        "spec": {
            "source": {"kafka": kafka},
            "record": {"format": "json", "timeZone": "Asia/Seoul", "fields": FIELDS},
            "sinks": [{**sink, "trigger": "available now"} for sink in sinks],
            "runtime": {"logLevel": "ERROR"},
        },
    }  # fmt: skip


@dataclass(frozen=True)
class World:
    """A pipeline, the session it runs in, and its stores."""

    platform: Platform
    spark: SparkSession
    settings: Settings
    pipeline: StreamPipeline

    @property
    def name(self) -> str:
        """The pipeline's name, which is also the topic's."""
        return self.pipeline.metadata.name

    def run(self, *sinks: str) -> None:
        """Run the sinks (all by default), one after the other, until they have read all."""
        for query in self._queries(sinks):
            query.start()
            query.join(WAIT_S)
            if query.is_alive():
                query.drain()
                raise AssertionError(f"{query.name} has not ended")
            assert query.error is None, query.error

    @contextmanager
    def streaming(self, *sinks: str) -> Iterator[Callable[[Sequence[bytes]], Report]]:
        """Run the sinks all the time; give a function that sends values and verifies at once."""
        steady = self.changed(*({"name": name, "trigger": "as fast as possible"} for name in sinks))

        def grow(values: Sequence[bytes]) -> Report:
            wait_until("all to have committed", lambda: steady.verify(*sinks).complete)
            self.send(values)
            return steady.verify(*sinks)

        with steady.running(*sinks):
            yield grow

    @contextmanager
    def running(self, *sinks: str) -> Iterator[list[SinkQuery]]:
        """Run the sinks (all by default) beside the block, until it ends."""
        queries = list(self._queries(sinks))
        for query in queries:
            query.start()
        try:
            yield queries
        finally:
            for query in queries:
                query.drain()
            for query in queries:
                query.join(WAIT_S)

    def _queries(self, sinks: Collection[str]) -> Iterator[SinkQuery]:
        meta, source = self.pipeline.metadata, self.pipeline.spec.source.kafka
        record = self.pipeline.spec.record
        board = Board(meta.name, meta.namespace, source.topic, datetime.now(UTC))
        for sink in self.pipeline.spec.sinks:
            if sinks and sink.name not in sinks:
                continue
            who = identity(self.settings, self.pipeline, sink)
            board.add(sink.name, sink.kind, who.query)
            build = partial(build_sink, self.spark, self.settings, self.pipeline, sink)
            yield SinkQuery(QueryContext(self.spark, source, dict, who, record, sink, build, board))

    def changed(self, *sinks: dict[str, Any], **spec: Any) -> World:
        """Return this world with an overlay over its sinks, and over what else is in its spec."""
        overlay = {"spec": {"sinks": list(sinks), **spec}}
        changed = apply_overlay(document(self.platform, self.name), overlay)
        return replace(self, pipeline=parse_pipeline(changed, self.name))

    def send(self, values: Sequence[bytes | None], partitions: int = 2) -> None:
        """Send values to the topic."""
        produce(self.platform, self.name, values, partitions)

    def forget(self, before: Mapping[int, int]) -> None:
        """Let Kafka drop what lies before the given offset of each partition."""
        admin = AdminClient({"bootstrap.servers": self.platform.endpoints.kafka_bootstrap})
        wanted = [TopicPartition(self.name, p, offset) for p, offset in before.items()]
        for future in admin.delete_records(wanted).values():
            future.result(timeout=30)

    def verify(self, *sinks: str) -> Report:
        """Return what verify says of the sinks."""
        return verify(self.pipeline, self.settings, self.spark, sinks)

    def repair(self, *sinks: str, apply: bool = False) -> Verified:
        """Return what repair would do, or has done, about the sinks."""
        return repair(self.pipeline, self.settings, self.spark, sinks, apply=apply)

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement in the sinks' database."""
        connection = connect(self.platform)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    @contextmanager
    def spoiled(self, spoil: str, mend: str) -> Iterator[None]:
        """Run a statement, and at the end of the block the one that makes up for it."""
        self.sql(spoil)
        try:
            yield
        finally:
            self.sql(mend)

    @contextmanager
    def moved(self, folder: str, name: str, target: str = "_moved") -> Iterator[str]:
        """Have a file of a lake elsewhere, by default out of the readers' sight."""
        files = self.folder(folder)
        files.rename(name, target)
        try:
            yield target
        finally:
            files.rename(target, name)

    @contextmanager
    def copied(self, folder: str, name: str, twin: str, part: float = 1.0) -> Iterator[None]:
        """Have the first part of a lake's file under another name too."""
        files = self.folder(folder)
        copy(self.spark, files.uri(name), files.uri(twin), part)
        try:
            yield
        finally:
            files.delete(twin)

    @contextmanager
    def written(self, folder: str, rows: DataFrame, name: str) -> Iterator[None]:
        """Have a file with the rows in a lake."""
        files = self.folder(folder)
        rows.coalesce(1).write.parquet(files.uri("_written"))
        (part,) = [part for part in files.names("_written") if part.endswith(".parquet")]
        files.rename(f"_written/{part}", name)
        files.delete("_written")
        try:
            yield
        finally:
            files.delete(name)

    def folder(self, name: str) -> HadoopFolder:
        """Return a lake's folder."""
        return HadoopFolder(self.spark, f"/data/{name}")

    def files(self, folder: str) -> list[str]:
        """Return the Parquet files that readers of a folder see."""
        found = self.folder(folder).files("")
        return sorted(path for path in found if path.endswith(".parquet") and "_yeoul" not in path)


def copy(spark: SparkSession, source: str, target: str, part: float) -> None:
    """Copy the first part of a file in HDFS."""
    jvm: Any = spark._jvm
    path = jvm.org.apache.hadoop.fs.Path(source)
    system = path.getFileSystem(spark._jsc.hadoopConfiguration())
    size = int(system.getFileStatus(path).getLen() * part)
    reading = system.open(path)
    writing = system.create(jvm.org.apache.hadoop.fs.Path(target), True)
    jvm.org.apache.commons.io.IOUtils.copyLarge(reading, writing, 0, size)
    reading.close()
    writing.close()


def row_of(report: Report, sink: str) -> SinkReport:
    """Return the report's row of a sink."""
    return next(row for row in report.sinks if row.sink == sink)


def named(report: Report, kind: str) -> list[Finding]:
    """Return the findings of a kind."""
    return [finding for finding in report.findings.listed if finding.kind == kind]


@contextmanager
def session(platform: Platform, pipeline: StreamPipeline) -> Iterator[SparkSession]:
    """Give a Spark session in this process that reaches the platform."""
    before = dict(os.environ)
    os.environ.update({**platform.spark_env(), "YEOUL_INSTALLATION": INSTALLATION})
    spark = build_session(pipeline)
    try:
        yield spark
    finally:
        with warnings.catch_warnings():
            # Py4J never closes the sockets of threads that have ended.
            warnings.simplefilter("ignore", ResourceWarning)
            spark.stop()
            gc.collect()
        os.environ.clear()
        os.environ.update(before)


def world(platform: Platform, spark: SparkSession, scratch: Path, name: str) -> World:
    """Return a new pipeline with a topic of two partitions; nothing has run yet."""
    create_topic(platform, name)
    pipeline = parse_pipeline(document(platform, name), name)
    return World(platform, spark, Settings(INSTALLATION, scratch), pipeline)


def run_verify(file: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a process, with these variables beside those of this process."""
    return _run("yeoul_stream.verify", "--pipeline", str(file), *options, **environment)


def run_errand(file: Path, words: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run it as the operator has it run; `words` is where it leaves what came of it."""
    argv = ["--pipeline", str(file), "--verify", *options]
    return _run("yeoul_stream", *argv, YEOUL_MESSAGE_FILE=str(words))


def _run(module: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", module, *options]
    env = {**os.environ, **environment}
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
