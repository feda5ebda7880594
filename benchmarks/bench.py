"""What every contender shares: session, pipeline, backlog, table; and our sinks, ready to run."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import psycopg2
from pyspark.sql import SparkSession

from benchmarks.backlog import PARTITIONS
from benchmarks.machine import ROOT
from yeoul_local.events import Event
from yeoul_local.parts.postgres_access import PostgresEndpoint
from yeoul_local.platform import Platform
from yeoul_stream.job import Settings, build_sink, identity
from yeoul_stream.pipeline import (
    Sink,
    StreamPipeline,
    apply_overlay,
    load_document,
    parse_pipeline,
)
from yeoul_stream.progress import Board
from yeoul_stream.query import QueryContext, SinkQuery
from yeoul_stream.spark import build_session

_EXAMPLE = ROOT / "manifests" / "examples" / "car-info.yaml"
TABLE = "bench"
COLUMNS = (
    "data_id text NOT NULL, trmncd text, detclot double precision, detclat double precision, "
    "gpsutctime double precision, vhclesped double precision, vhcletypecd text"
)


class Peer(Protocol):
    """A contender with servers of its own, which are up."""

    def run(self, bench: "Bench", turn: int) -> None:
        """Move the whole backlog; return when all of it is committed."""
        ...

    def stop(self) -> None:
        """End the servers."""
        ...


@dataclass(frozen=True)
class Bench:
    """What every contender shares. `count` records wait in `topic`, in even partitions."""

    spark: SparkSession
    pipeline: StreamPipeline  # car_info with sinks `table` and `lake`
    postgres: PostgresEndpoint
    hdfs: str
    scratch: Path
    count: int
    partitions: int
    peers: dict[str, Peer] = field(default_factory=dict)

    @property
    def bootstrap(self) -> str:
        """Kafka's address."""
        return self.pipeline.spec.source.kafka.bootstrap_servers

    @property
    def topic(self) -> str:
        """The backlog's topic."""
        return self.pipeline.spec.source.kafka.topic

    def sink(self, name: str) -> Sink:
        """Return the pipeline's sink of that name."""
        return next(sink for sink in self.pipeline.spec.sinks if sink.name == name)

    @property
    def select(self) -> dict[str, str]:
        """The table's columns and the fields that they come from."""
        return dict(self.sink("table").select or {})

    @property
    def dsn(self) -> str:
        """The database as a libpq string."""
        pg = self.postgres
        return (
            f"host={pg.host} port={pg.port} dbname={pg.dbname} user={pg.user} "
            f"password={pg.password}"
        )

    @property
    def jdbc_url(self) -> str:
        """The database as Java names it."""
        pg = self.postgres
        return f"jdbc:postgresql://{pg.host}:{pg.port}/{pg.dbname}"


@contextmanager
def servers(*parts: str) -> Iterator[Platform]:
    """Have parts of a platform of the bench's own; Spark ends with them."""
    home = Path(os.environ.get("YEOUL_BENCH_HOME", ROOT / ".yeoul" / "bench"))
    platform = Platform(home, jars=ROOT / ".yeoul" / "jars")
    try:
        platform.up(parts, report=_say)
        yield platform
    finally:
        if (session := SparkSession.getActiveSession()) is not None:
            session.stop()
        platform.down()


def _say(event: Event) -> None:
    if event.phase == "ready":
        print(f"{event.part} is up", flush=True)


def pipeline_of(platform: Platform, topic: str, trigger: str, **source: object) -> StreamPipeline:
    """Return the first example, reading `topic` into the bench's table and a folder of its own."""
    return parse_pipeline(document_of(platform, topic, trigger, **source), "benchmark")


def document_of(platform: Platform, topic: str, trigger: str, **source: object) -> dict[str, Any]:
    """Return the document of that pipeline."""
    ends = platform.endpoints
    kafka = {"bootstrapServers": ends.kafka_bootstrap, "topic": topic, **source}
    folder = f"{ends.hdfs_uri}/bench/yeoul/{topic}"
    overlay = {
        "metadata": {"name": "bench"},
        "spec": {
            "source": {"kafka": {"startingOffsets": "earliest", **kafka}},
            "sinks": [
                {"name": "table", "trigger": trigger, "postgres": {"table": TABLE}},
                {"name": "lake", "trigger": trigger, "hdfs": {"path": folder, "checkpoint": None}},
            ],
            "runtime": {"logLevel": "ERROR"},
        },
    }
    return apply_overlay(load_document(_EXAMPLE), overlay)


def make_bench(platform: Platform, pipeline: StreamPipeline, count: int) -> Bench:
    """Return the bench, with Spark started."""
    os.environ.update(platform.spark_env())
    scratch = platform.home.run / "bench"
    scratch.mkdir(parents=True, exist_ok=True)
    ends = platform.endpoints
    return Bench(
        spark=build_session(pipeline),
        pipeline=pipeline,
        postgres=ends.postgres,
        hdfs=ends.hdfs_uri,
        scratch=scratch,
        count=count,
        partitions=PARTITIONS,
    )


def fresh_table(bench: Bench) -> None:
    """Make an empty target without an index."""
    ask(bench, f"DROP TABLE IF EXISTS {TABLE}; CREATE TABLE {TABLE} ({COLUMNS}); SELECT 0")


def rows_in_table(bench: Bench) -> int:
    """Return the number of rows that arrived."""
    return int(ask(bench, f"SELECT count(*) FROM {TABLE}"))  # noqa: S608 (a constant)


def ask(bench: Bench, statement: str) -> Any:
    """Run a statement in the database; return the first value of what it gives, 0 for no row."""
    connection = psycopg2.connect(bench.dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        found = cursor.fetchone()
    connection.close()
    return found[0] if found else 0


def sink_queries(
    bench: Bench, sinks: tuple[str, ...], run: int | str = 0
) -> tuple[list[SinkQuery], Board]:
    """Return our sinks with everything on, not started yet: books, digests, letters, fencing."""
    settings = Settings(f"{bench.topic}-{'-'.join(sinks)}-{run}", scratch=bench.scratch)
    board = Board("bench", "default", bench.topic, datetime.now(UTC))
    queries = []
    for name in sinks:
        sink = bench.sink(name)
        if sink.hdfs is not None:
            target = sink.hdfs.model_copy(update={"path": f"{sink.hdfs.path}/{run}"})
            sink = sink.model_copy(update={"hdfs": target})
        who = identity(settings, bench.pipeline, sink)
        board.add(name, sink.kind, who.query)
        context = QueryContext(
            spark=bench.spark, source=bench.pipeline.spec.source.kafka, read_secret=dict, who=who,
            record=bench.pipeline.spec.record, sink=sink, board=board,
            build=partial(build_sink, bench.spark, settings, bench.pipeline, sink),
        )  # fmt: skip
        queries.append(SinkQuery(context))
    return queries, board
