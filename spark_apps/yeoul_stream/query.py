"""One sink's streaming query and its life: start from the sink, run, fail, wait, start again."""

import logging
import random
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlparse

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from yeoul_stream.backoff import delay
from yeoul_stream.claim import Claimant, driver_name
from yeoul_stream.errors import (
    ClockSetBackError,
    CredentialsChangedError,
    PermanentError,
    RestartError,
    TopicChangedError,
    java_cause,
    root_cause,
)
from yeoul_stream.gate import Drained, Gate
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.kafka import TopicAdmin, parse_offset_log, read_stream
from yeoul_stream.pipeline import KafkaSource, Record, Sink, Trigger
from yeoul_stream.progress import Board
from yeoul_stream.rows import SinkRows
from yeoul_stream.rules import rules_of
from yeoul_stream.secrets import SecretError
from yeoul_stream.select import columns_of
from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder
from yeoul_stream.sinks.protocol import StreamSink
from yeoul_stream.spark import empty_raw
from yeoul_stream.start import TopicState, batch_extent, resolve_start

_log = logging.getLogger(__name__)

# How often a waiting query's clock is looked at, and by how much it may go back unnoticed.
_LOOK_S, _SET_BACK_S = 5, 5.0


@dataclass(frozen=True)
class QueryContext:
    """What a sink's query needs from the job.

    `read_secret` gives the secret part of Kafka's options as it is now.
    """

    spark: SparkSession
    source: KafkaSource
    read_secret: Callable[[], Mapping[str, str]]
    who: SinkIdentity
    record: Record
    sink: Sink
    build: Callable[[], StreamSink]
    board: Board

    def rules(self) -> str:
        """Return the fingerprint of what decides about the sink's rows."""
        rows = SinkRows(self.record, self.sink, empty_raw(self.spark, self.record))
        return rules_of(self.record, self.sink, columns_of(rows.types))


class SinkQuery(threading.Thread):
    """Keeps one sink's query running until it is drained, finished or beyond help."""

    def __init__(self, context: QueryContext) -> None:
        super().__init__(name=context.who.query, daemon=True)
        self._context = context
        self._gate = Gate()
        self._query: StreamingQuery | None = None
        self._failure: BaseException | None = None
        self._outdated: RestartError | None = None
        self._progressed = False
        self._claimant = Claimant(driver_name())
        self.error: BaseException | None = None

    def drain(self) -> None:
        """Let the running batch finish, then stop. Returns when no batch is running."""
        self._gate.close()
        query = self._query
        if query is not None and query.isActive:
            query.stop()

    def run(self) -> None:
        """Run queries one after the other; see StreamSink for what each start resumes from."""
        name, board = self._context.sink.name, self._context.board
        failures = 0
        while not self._gate.closed:
            self._progressed = False
            try:
                board.state(name, "starting")
                self._run_query()
            except Drained:
                break
            except RestartError as error:
                _log.info("%s: %s", self.name, error)
            except PermanentError as error:
                _log.error("%s: stopped for good: %s", self.name, error)
                self.error = error
                board.state(name, "failed", str(error))
                return
            except Exception as error:
                if self._gate.closed:
                    break
                failures = 1 if self._progressed else failures + 1
                pause = delay(failures, random.random())  # noqa: S311 (spreads retries)
                reason = java_cause(str(error)) or f"{type(error).__name__}: {error}"
                _log.warning("%s: %s; next try in %.1f s", self.name, reason, pause)
                board.state(name, "backoff", reason)
                self._gate.wait(pause)
            else:
                if not self._gate.closed:
                    board.state(name, "finished")
                    return
        board.state(name, "drained")

    def _run_query(self) -> None:
        context = self._context
        self._outdated = None
        secret = dict(context.read_secret())
        admin = TopicAdmin(context.spark, context.source, secret)
        try:
            sink = context.build()
            try:
                self._stream(admin, sink, secret)
            finally:
                sink.close()
        except Exception as error:
            cause = self._failure or error
            self._failure = None
            if isinstance(cause, (Drained, PermanentError)):
                raise cause from None
            raise root_cause(cause) from error
        finally:
            admin.close()

    def _stream(self, admin: TopicAdmin, sink: StreamSink, secret: Mapping[str, str]) -> None:
        context = self._context
        topic = admin.describe()
        opened = sink.open(topic, self._claimant)
        self._claimant.succeeded()
        starts = resolve_start(
            topic, opened.positions, context.source.starting_offsets, context.source.on_data_loss
        )
        sink.record_start(topic, starts)
        begin = {start.partition: start.offset for start in starts}
        context.board.opened(context.sink.name, opened, begin)
        context.board.topic_ends(topic.end)
        checkpoint = sink.checkpoint()
        stream = read_stream(context.spark, context.source, secret, starts, context.record)

        def on_batch() -> None:
            self._progressed = True
            if _changed(context, secret):
                raise CredentialsChangedError

        batches = _Batches(context, admin, sink, topic, begin, checkpoint, on_batch)
        try:
            self._await(stream, checkpoint, batches)
        finally:
            _remove_local(checkpoint)

    def _await(self, stream: DataFrame, checkpoint: str, batches: "_Batches") -> None:
        def guarded(frame: DataFrame, batch_id: int) -> None:
            try:
                with self._gate.batch():
                    self._check_current()
                    batches.write(frame, batch_id)
            except BaseException as error:
                # Spark reports what it can of a callback's exception; keep the original.
                self._failure = error
                raise

        writer = (
            stream.writeStream.queryName(self._context.who.query)
            .option("checkpointLocation", checkpoint)
            .foreachBatch(guarded)
        )
        match self._context.sink.trigger:
            case Trigger(kind="interval", seconds=seconds):
                writer = writer.trigger(processingTime=f"{int((seconds or 0) * 1000)} milliseconds")
            case Trigger(kind="available_now"):
                writer = writer.trigger(availableNow=True)
            case _:
                pass
        self._query = query = writer.start()
        if self._gate.closed:
            query.stop()
        self._context.board.state(self._context.sink.name, "running")
        if self._context.sink.trigger.kind == "interval":
            self._await_by_clock(query)
        else:
            query.awaitTermination()

    def _check_current(self) -> None:
        if self._outdated is not None:
            raise self._outdated

    def _await_by_clock(self, query: StreamingQuery) -> None:
        """Wait until the query ends. Spark's interval triggers wait by the wall clock."""
        offset = _clock_offset()
        while not query.awaitTermination(_LOOK_S):
            before, offset = offset, _clock_offset()
            if before - offset > _SET_BACK_S:
                self._outdated = ClockSetBackError(before - offset)
                self._gate.await_batch()
                query.stop()
                raise self._outdated


class _Batches:
    """Turns Spark's micro-batches into offset extents and hands them to the sink."""

    def __init__(
        self,
        context: QueryContext,
        admin: TopicAdmin,
        sink: StreamSink,
        topic: TopicState,
        begin: Mapping[int, int],
        checkpoint: str,
        on_batch: Callable[[], None],
    ) -> None:
        self._context, self._admin, self._sink, self._topic = context, admin, sink, topic
        self._before = dict(begin)
        self._rules = context.rules()
        self._read_checkpoint = _reader(context.spark, checkpoint)
        self._on_batch = on_batch

    def write(self, frame: DataFrame, batch_id: int) -> None:
        """Write one micro-batch and show it on the board."""
        began = time.monotonic()
        now_topic = self._admin.describe()
        if now_topic.topic_id != self._topic.topic_id:
            raise TopicChangedError(
                f"topic {now_topic.name!r} was recreated (id {self._topic.topic_id} is now "
                f"{now_topic.topic_id}); starting over from the beginning of the new one"
            )
        text = self._read_checkpoint(f"offsets/{batch_id}")
        after = parse_offset_log(text, self._topic.name)
        extent = batch_extent(batch_id, now_topic, self._before, after, self._rules)
        if not extent.partitions:
            return
        written = self._sink.write(frame, extent)
        self._before.update(after)
        board, name = self._context.board, self._context.sink.name
        board.batch(name, batch_id, written, time.monotonic() - began, datetime.now(UTC))
        board.topic_ends(now_topic.end)
        self._on_batch()


def _clock_offset() -> float:
    """Return by how many seconds the wall clock is ahead of the clock that only counts."""
    return time.time() - time.monotonic()


def _changed(context: QueryContext, secret: Mapping[str, str]) -> bool:
    try:
        return dict(context.read_secret()) != secret
    except SecretError as error:
        # A file that is being replaced; what works goes on working.
        _log.warning("%s: %s", context.who.query, error)
        return False


def _reader(spark: SparkSession, uri: str) -> Callable[[str], str]:
    """Return what reads the text of a checkpoint's file; one on this disk needs no JVM for it."""
    folder = _local(uri)
    if folder is None:
        return HadoopFolder(spark, uri).read_text
    return lambda path: (folder / path).read_text("utf-8")


def _remove_local(uri: str) -> None:
    folder = _local(uri)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def _local(uri: str) -> Path | None:
    parsed = urlparse(uri)
    return Path(unquote(parsed.path)) if parsed.scheme == "file" else None
