"""The contenders: the job as people write it, the same with batched inserts, ours, and the floor.

Each has a `run` that moves the whole backlog once and returns when all of it is committed.
"""

import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg2
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from benchmarks import bare_loop
from benchmarks.watching import watching
from yeoul_local.parts.postgres_access import PostgresEndpoint
from yeoul_stream.job import Settings, build_sink, identity
from yeoul_stream.pipeline import Sink, StreamPipeline
from yeoul_stream.progress import Board
from yeoul_stream.query import QueryContext, SinkQuery
from yeoul_stream.select import spark_type


@dataclass(frozen=True)
class Bench:
    """What every contender shares. `count` records wait in `topic`, in even partitions."""

    spark: SparkSession
    pipeline: StreamPipeline  # car_info with sinks `table` and `lake`, both available now
    postgres: PostgresEndpoint
    hdfs: str
    scratch: Path
    count: int
    partitions: int

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
    def dsn(self) -> str:
        """The database as a libpq string."""
        pg = self.postgres
        return (
            f"host={pg.host} port={pg.port} dbname={pg.dbname} user={pg.user} "
            f"password={pg.password}"
        )


TABLE = "bench"
COLUMNS = (
    "data_id text NOT NULL, trmncd text, detclot double precision, detclat double precision, "
    "gpsutctime double precision, vhclesped double precision, vhcletypecd text"
)


def fresh_table(bench: Bench) -> None:
    """Make an empty target without an index."""
    with psycopg2.connect(bench.dsn) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}; CREATE TABLE {TABLE} ({COLUMNS})")
    connection.close()


def rows_in_table(bench: Bench) -> int:
    """Return the number of rows that arrived."""
    with psycopg2.connect(bench.dsn) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {TABLE}")  # noqa: S608 (a constant)
        found = cursor.fetchone()
    connection.close()
    return int(found[0]) if found else 0


def _schema(bench: Bench) -> T.StructType:
    fields = bench.pipeline.spec.record.fields
    return T.StructType([T.StructField(field.name, spark_type(field.type)) for field in fields])


def _parsed(bench: Bench) -> DataFrame:
    stream = (
        bench.spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", bench.bootstrap)
        .option("subscribe", bench.topic)
        .option("startingOffsets", "earliest")
        .load()
    )
    value = F.from_json(F.col("value").cast("string"), _schema(bench)).alias("v")
    return stream.select(value).select("v.*")


def jdbc(bench: Bench, *, batched: bool) -> None:
    """Run the baseline: from_json and a JDBC append in foreachBatch, as the first users wrote it.

    `batched` lets the driver rewrite inserts into multi-row statements, 10,000 rows a batch.
    """
    _baseline_table(bench, batched=batched).awaitTermination()


def _baseline_table(bench: Bench, *, batched: bool):  # type: ignore[no-untyped-def]
    pg, select = bench.postgres, bench.sink("table").select or {}
    url = f"jdbc:postgresql://{pg.host}:{pg.port}/{pg.dbname}"
    options = {
        "url": url,
        "dbtable": TABLE,
        "user": pg.user,
        "password": pg.password,
        "driver": "org.postgresql.Driver",
    }
    if batched:
        options |= {"url": f"{url}?reWriteBatchedInserts=true", "batchsize": "10000"}

    def append(frame: DataFrame, batch_id: int) -> None:  # noqa: ARG001
        rows = frame.select(*(F.col(f).alias(name) for name, f in select.items()))
        rows.write.format("jdbc").options(**options).mode("append").save()

    return (
        _parsed(bench)
        .writeStream.foreachBatch(append)
        .option("checkpointLocation", Path(tempfile.mkdtemp(dir=bench.scratch)).as_uri())
        .trigger(availableNow=True)
        .start()
    )


def _baseline_lake(bench: Bench):  # type: ignore[no-untyped-def]
    run = Path(tempfile.mkdtemp(dir=bench.scratch))
    return (
        _parsed(bench)
        .writeStream.format("parquet")
        .option("path", f"{bench.hdfs}/bench/baseline/{run.name}")
        .option("checkpointLocation", run.as_uri())
        .trigger(availableNow=True)
        .start()
    )


def jdbc_and_files(bench: Bench) -> None:
    """Run the baseline with both of its sinks at once."""
    queries = [_baseline_table(bench, batched=False), _baseline_lake(bench)]
    for query in queries:
        query.awaitTermination()


def yeoul(bench: Bench, sinks: tuple[str, ...], run: int, *, watched: bool = False) -> None:
    """Run our sinks with everything on: ledger, books, digests, dead letters, fencing.

    `watched`: with all that shows a job from outside, too.
    """
    installation = f"{bench.topic}-{'-'.join(sinks)}-{run}-{'watched' if watched else 'alone'}"
    settings = Settings(installation=installation, scratch=bench.scratch)
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
    source = bench.pipeline.spec.source.kafka
    with watching(bench.spark, source, board) if watched else nullcontext():
        for query in queries:
            query.start()
        for query in queries:
            query.join()
    for name, row in board.snapshot(datetime.now(UTC)).sinks.items():
        if row.state != "finished" or row.rows_written != bench.count:
            raise RuntimeError(f"sink {name} did not finish: {row}")


def bare(bench: Bench) -> None:
    """Run the floor: two processes with half of the partitions each."""
    end = bench.count // bench.partitions
    halves = [range(bench.partitions // 2), range(bench.partitions // 2, bench.partitions)]
    select = bench.sink("table").select or {}
    bare_loop.run(
        [
            bare_loop.Share(
                bench.bootstrap, bench.topic, dict.fromkeys(half, end), bench.dsn, TABLE,
                bench.pipeline.spec.record, dict(select),
            )
            for half in halves
        ]
    )  # fmt: skip


Contender = Callable[[Bench, int], None]
CONTENDERS: dict[str, Contender] = {
    "jdbc": lambda bench, _: jdbc(bench, batched=False),
    "jdbc_batched": lambda bench, _: jdbc(bench, batched=True),
    "yeoul": lambda bench, run: yeoul(bench, ("table",), run),
    "bare_loop": lambda bench, _: bare(bench),
    "jdbc_and_files": lambda bench, _: jdbc_and_files(bench),
    "yeoul_watched": lambda bench, run: yeoul(bench, ("table",), run, watched=True),
    "yeoul_both": lambda bench, run: yeoul(bench, ("table", "lake"), run),
}
