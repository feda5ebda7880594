"""The contenders: the job as people write it, the same with batched inserts, ours, peers, a floor.

Each has a `run` that moves the whole backlog once and returns when all of it is committed.
"""

import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from benchmarks import bare_loop
from benchmarks.bench import TABLE, Bench, sink_queries
from benchmarks.watching import watching
from yeoul_stream.select import spark_type


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
    pg, select, url = bench.postgres, bench.select, bench.jdbc_url
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
    queries, board = sink_queries(bench, sinks, f"{run}-watched" if watched else run)
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
    bare_loop.run(
        [
            bare_loop.Share(
                bench.bootstrap, bench.topic, dict.fromkeys(half, end), bench.dsn, TABLE,
                bench.pipeline.spec.record, bench.select,
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
    "flink_sql": lambda bench, run: bench.peers["flink_sql"].run(bench, run),
    "kafka_connect": lambda bench, run: bench.peers["kafka_connect"].run(bench, run),
    "jdbc_and_files": lambda bench, _: jdbc_and_files(bench),
    "yeoul_watched": lambda bench, run: yeoul(bench, ("table",), run, watched=True),
    "yeoul_both": lambda bench, run: yeoul(bench, ("table", "lake"), run),
}
