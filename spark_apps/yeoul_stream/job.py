"""The job: runs every enabled sink of a pipeline until it is told to stop."""

import logging
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Protocol

from pyspark.sql import SparkSession

from yeoul_stream.errors import FencedError, java_cause
from yeoul_stream.executors import Executors
from yeoul_stream.http import serve
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.kafka import TopicAdmin
from yeoul_stream.phases import follow_phases
from yeoul_stream.pipeline import (
    Console,
    DeadLetters,
    Hdfs,
    KafkaSource,
    Postgres,
    Sink,
    StreamPipeline,
)
from yeoul_stream.progress import Board, Limits
from yeoul_stream.query import QueryContext, SinkQuery
from yeoul_stream.secrets import read_kafka_secret, secrets_directory
from yeoul_stream.sinks.console import ConsoleSink
from yeoul_stream.sinks.hdfs.sink import HdfsSink
from yeoul_stream.sinks.iceberg.sink import IcebergSink
from yeoul_stream.sinks.letters import LetterSink
from yeoul_stream.sinks.postgres.sink import PostgresSink
from yeoul_stream.sinks.protocol import StreamSink
from yeoul_stream.spark import build_session, empty_raw
from yeoul_stream.vitals import watch_vitals

_log = logging.getLogger(__name__)

EXIT_OK, EXIT_FAILED, EXIT_FENCED = 0, 1, 3
_LAG_INTERVAL_S = 5.0


@dataclass(frozen=True)
class Settings:
    """What the surroundings give the job, all by environment variables.

    `YEOUL_INSTALLATION`: name under which positions are kept (default "default").
    `YEOUL_SCRATCH_DIR`: local disk for Spark's disposable checkpoints (default: a temp folder).
    `YEOUL_EPOCH_FLOOR`: the lowest epoch to claim, set by the operator (default 0).
    """

    installation: str
    scratch: Path
    epoch_floor: int = 0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings."""
        scratch = environment.get("YEOUL_SCRATCH_DIR") or tempfile.gettempdir()
        return cls(
            installation=environment.get("YEOUL_INSTALLATION", "default"),
            scratch=Path(scratch) / "yeoul-checkpoints",
            epoch_floor=int(environment.get("YEOUL_EPOCH_FLOOR") or 0),
        )


def identity(settings: Settings, pipeline: StreamPipeline, sink: Sink) -> SinkIdentity:
    """Return the name under which the sink's position is kept."""
    meta = pipeline.metadata
    return SinkIdentity(settings.installation, f"{meta.namespace}/{meta.name}", sink.name)


def build_sink(
    spark: SparkSession, settings: Settings, pipeline: StreamPipeline, sink: Sink
) -> StreamSink:
    """Return the sink's writer. Resolves its expressions; connects to nothing."""
    who, record = identity(settings, pipeline, sink), pipeline.spec.record
    raw = empty_raw(spark, record)
    scratch, floor = settings.scratch, settings.epoch_floor
    match sink:
        case Sink(postgres=Postgres() as table):
            return PostgresSink(who, record, sink, table, raw, scratch=scratch, epoch_floor=floor)
        case Sink(hdfs=Hdfs(format="iceberg") as folder):
            return IcebergSink(who, record, sink, folder, raw, scratch=scratch, epoch_floor=floor)
        case Sink(hdfs=Hdfs() as folder):
            return HdfsSink(who, record, sink, folder, raw, scratch=scratch, epoch_floor=floor)
        case Sink(dead_letters=DeadLetters() as letters):
            source = pipeline.spec.source.kafka
            secret = source_secret(source)
            return LetterSink(
                spark, who, record, sink, letters, source, secret, raw, scratch=scratch
            )
        case _:
            console = sink.console or Console()
            return ConsoleSink(who, record, sink, console, raw, scratch=scratch)


def source_secret(source: KafkaSource) -> dict[str, str]:
    """Return the secret part of the source's Kafka options."""
    return read_kafka_secret(source.secret_ref, secrets_directory()) if source.secret_ref else {}


def run(
    pipeline: StreamPipeline, settings: Settings, http: tuple[str, int], stop: threading.Event
) -> int:
    """Run the pipeline until every sink has ended or `stop` is set; return the exit code."""
    meta, source = pipeline.metadata, pipeline.spec.source.kafka
    board = Board(meta.name, meta.namespace, source.topic, datetime.now(UTC))
    sinks = [sink for sink in pipeline.spec.sinks if sink.enabled]
    for sink in sinks:
        interval = sink.trigger.seconds or 0.0
        limits = Limits(interval, interval + pipeline.spec.health.max_lag)
        board.add(sink.name, sink.kind, identity(settings, pipeline, sink).query, limits)
    executors = Executors(board)
    server = serve(*http, board.snapshot, executors.ask, board.proven)
    _log.info("progress at http://%s:%d/progress", http[0], server.server_address[1])
    # Told before Spark is there where it cannot be read at all.
    source_secret(source)
    spark = build_session(pipeline)
    executors.follow(spark)
    follow_phases(spark, board)
    queries = [
        SinkQuery(
            QueryContext(
                spark=spark,
                source=source,
                read_secret=partial(source_secret, source),
                who=identity(settings, pipeline, sink),
                record=pipeline.spec.record,
                sink=sink,
                board=board,
                build=partial(build_sink, spark, settings, pipeline, sink),
            )
        )
        for sink in sinks
    ]
    _install_signals(stop)
    for query in queries:
        query.start()
    watch_lag(spark, source, board, stop)
    watch_vitals(spark, board, stop)
    await_end(queries, stop)
    _drain(queries)
    executors.close()
    spark.stop()
    server.shutdown()
    return exit_code([query.error for query in queries])


def exit_code(errors: list[BaseException | None]) -> int:
    """Return 0 when no sink failed for good, 3 when one was fenced off, else 1."""
    failed = [error for error in errors if error is not None]
    if any(isinstance(error, FencedError) for error in failed):
        return EXIT_FENCED
    return EXIT_FAILED if failed else EXIT_OK


class Running(Protocol):
    """What is asked of a running query."""

    error: BaseException | None

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        ...


def await_end(queries: Sequence[Running], stop: threading.Event) -> None:
    """Wait until all queries have ended, `stop` is set, or another driver has taken over.

    Whoever has lost one sink to another driver leaves it the others, too: a query that begins anew
    after a failure would claim its sink back.
    """
    while any(query.is_alive() for query in queries) and not stop.wait(0.2):
        for query in queries:
            if isinstance(query.error, FencedError):
                _log.error("another driver runs this pipeline: all queries are stopped")
                return


def _drain(queries: list[SinkQuery]) -> None:
    drains = [threading.Thread(target=query.drain, daemon=True) for query in queries]
    for thread in drains:
        thread.start()
    for thread in [*drains, *queries]:
        thread.join()


def _install_signals(stop: threading.Event) -> None:
    def on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        _log.info("%s: finishing the running batches, then stopping", signal.Signals(number).name)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)


def watch_lag(
    spark: SparkSession,
    source: KafkaSource,
    board: Board,
    stop: threading.Event,
) -> None:
    """Follow the topic's end, so that lag grows on the board also while a sink stands still."""

    def watch() -> None:
        admin: TopicAdmin | None = None
        while not stop.wait(_LAG_INTERVAL_S):
            try:
                admin = admin or TopicAdmin(spark, source, source_secret(source))
                board.topic_ends(admin.describe().end)
            except Exception as error:
                board.source_away(java_cause(str(error)) or str(error).partition("\n")[0])
                _log.debug("lag is not known right now: %s", error)
                # The next one takes up a secret that has changed.
                if admin is not None:
                    admin.close()
                    admin = None

    threading.Thread(target=watch, name="lag", daemon=True).start()


def configure_logging(level: str) -> None:
    """Log to standard error, one line an event."""
    names = {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "CRITICAL", "OFF": "CRITICAL"}
    logging.basicConfig(
        level=names.get(level, level),
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for noisy in ("py4j", "py4j.java_gateway", "py4j.clientserver"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
