"""`verify` from end to end: look at every target, read Kafka again, compare, report."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg2
from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

from yeoul_stream.job import Settings, identity, source_secret
from yeoul_stream.pipeline import Hdfs, Postgres, Sink, StreamPipeline
from yeoul_stream.secrets import SecretError, read_postgres_secret, secrets_directory
from yeoul_stream.select import output_types
from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder
from yeoul_stream.sinks.postgres.sink import output_columns
from yeoul_stream.sinks.postgres.target import TableName
from yeoul_stream.spark import empty_raw
from yeoul_stream.verify.check_books import check_books
from yeoul_stream.verify.check_kafka import Expected, check_kafka, expect
from yeoul_stream.verify.facts import Cell, bounds_of, cut
from yeoul_stream.verify.finding import Finding, Findings
from yeoul_stream.verify.lake import Lake, home_of
from yeoul_stream.verify.lake_target import LakeTarget
from yeoul_stream.verify.report import RangeReport, Report, SinkReport, State
from yeoul_stream.verify.reread import Reread, Topic, describe
from yeoul_stream.verify.table import TableReader, open_snapshot
from yeoul_stream.verify.table_target import TableTarget
from yeoul_stream.verify.target import Examined, Target, UnreachableError

_ATTEMPTS = 3
_GONE = ("OffsetOutOfRange", "data may have been lost", "data was lost")


class UnknownSinkError(ValueError):
    """There is no such sink to verify."""


@dataclass(frozen=True)
class _Verified:
    report: SinkReport
    findings: tuple[Finding, ...] = ()
    more: tuple[tuple[str, str, int], ...] = ()


def verify(
    pipeline: StreamPipeline,
    settings: Settings,
    spark: SparkSession,
    sinks: Collection[str] = (),
) -> Report:
    """Return whether each sink holds exactly what its committed ranges should have given.

    `sinks` are names; by default every enabled sink that keeps a position.

    Raises:
        UnknownSinkError: a name that is no sink with a position.
    """
    chosen = choose(pipeline, sinks)
    now = datetime.now(UTC)
    with ExitStack() as stack:
        job = _Job(pipeline, settings, spark, stack)
        # Every target is looked at before Kafka, so that Kafka holds what they speak of.
        targets = {sink.name: job.open(sink) for sink in chosen}
        results = [job.verify(sink, targets[sink.name]) for sink in chosen]
    meta = pipeline.metadata
    return Report(
        pipeline=f"{meta.namespace}/{meta.name}",
        installation=settings.installation,
        topic=pipeline.spec.source.kafka.topic,
        verified_at=now,
        sinks=tuple(result.report for result in results),
        findings=Findings.of(
            (finding for result in results for finding in result.findings),
            (item for result in results for item in result.more),
        ),
    )


def choose(pipeline: StreamPipeline, names: Collection[str]) -> list[Sink]:
    """Return the sinks to verify; see `verify`."""
    able = {sink.name: sink for sink in pipeline.spec.sinks if sink.kind != "console"}
    unknown = [name for name in names if name not in able]
    if unknown:
        raise UnknownSinkError(
            f"{pipeline.metadata.name} has no sink {', '.join(unknown)} that keeps a position; "
            f"it has: {', '.join(able) or 'none'}"
        )
    if names:
        return [sink for name, sink in able.items() if name in names]
    return [sink for sink in able.values() if sink.enabled]


@dataclass(frozen=True)
class _Job:
    pipeline: StreamPipeline
    settings: Settings
    spark: SparkSession
    stack: ExitStack

    def open(self, sink: Sink) -> Target | UnreachableError:
        """Return the sink's target as of now, or why it cannot be looked at."""
        try:
            match sink:
                case Sink(postgres=Postgres() as table):
                    return self._open_table(sink, table)
                case Sink(hdfs=Hdfs() as folder):
                    return self._open_lake(sink, folder)
                case _:
                    return UnreachableError("a console keeps no position")
        except (psycopg2.OperationalError, SecretError, Py4JError, OSError) as error:
            return UnreachableError(_reason(error))

    def _open_table(self, sink: Sink, table: Postgres) -> TableTarget:
        who = identity(self.settings, self.pipeline, sink)
        secret = read_postgres_secret(table.secret_ref, secrets_directory())
        snapshot = self.stack.enter_context(open_snapshot(secret, who))
        name = TableName.parse(table.table)
        columns = output_columns(empty_raw(self.spark), self.pipeline.spec.record, sink)
        reader = TableReader(
            self.spark, table.secret_ref, snapshot.name, columns, snapshot.heaps(name)
        )
        return TableTarget(sink, name, snapshot, reader)

    def _open_lake(self, sink: Sink, folder: Hdfs) -> LakeTarget:
        record, raw = self.pipeline.spec.record, empty_raw(self.spark)
        lake = Lake(
            spark=self.spark,
            folder=HadoopFolder(self.spark, folder.path),
            home=home_of(identity(self.settings, self.pipeline, sink)),
            columns=output_columns(raw, record, sink),
            types=output_types(raw, record, sink),
            partition_by=folder.partition_by,
        )
        return LakeTarget(sink, lake, folder.path)

    def verify(self, sink: Sink, target: Target | UnreachableError) -> _Verified:
        """Return what became of one sink."""
        if isinstance(target, UnreachableError):
            return _unreachable(sink, str(target))
        if target.account.empty:
            return _Verified(SinkReport(sink.name, sink.kind, "empty"))
        try:
            reread, expected = self._expect(target)
            examined = target.examine(expected, reread)
        except (psycopg2.OperationalError, ConnectionError, Py4JError) as error:
            return _unreachable(sink, _reason(error))
        findings = (
            *check_books(sink.name, target.account),
            *check_kafka(sink.name, expected),
            *examined.findings,
        )
        return _Verified(_report(target, expected, examined, findings), findings, examined.more)

    def _expect(self, target: Target) -> tuple[Reread, Expected]:
        """Return the sink's re-reader and what it expects; retention may move meanwhile."""
        source = self.pipeline.spec.source.kafka
        secret = source_secret(source)
        cells = cut(bounds_of(target.account))
        for attempt in range(_ATTEMPTS):
            topic = describe(self.spark, source, secret)
            topic_id = topic.state.topic_id if topic.state else ""
            refused = target.refused(topic_id)
            reread = Reread(
                self.spark, source, secret, self.pipeline.spec.record, target.sink, refused
            )
            try:
                measures = reread.measures(_held(cells, topic))
            except Exception as error:
                if attempt < _ATTEMPTS - 1 and any(sign in str(error) for sign in _GONE):
                    continue
                raise
            return reread, expect(target.account, cells, measures)
        raise AssertionError


def _held(cells: tuple[Cell, ...], topic: Topic) -> Iterator[Cell]:
    return (cell for cell in cells if topic.holds(cell))


def _report(
    target: Target, expected: Expected, examined: Examined, findings: tuple[Finding, ...]
) -> SinkReport:
    sink, books = target.sink, expected.books
    measured = expected.measured
    attested = sum(book.read for book in expected.attested)
    state: State = "attested" if attested else "holds"
    if any(finding.severity == "failure" for finding in findings):
        state = "fails"
    elif examined.unproven:
        state = "unproven"
    return SinkReport(
        sink=sink.name,
        kind=sink.kind,
        state=state,
        ranges=tuple(
            RangeReport(topic_id, partition, start, end)
            for (topic_id, partition), (start, end) in sorted(target.account.ranges().items())
        ),
        books=len(books),
        records=measured.read + attested,
        in_kafka=measured.read,
        attested=attested,
        written=sum(book.written for book in books),
        filtered=sum(book.filtered for book in books),
        dead=sum(book.dead_total for book in books),
        lost=sum(book.lost for book in books),
        rows=examined.rows,
        files=examined.files,
        foreign=examined.foreign,
        digest=examined.digest,
        digest_ok=examined.digest_ok,
        reason=examined.unproven,
    )


def _unreachable(sink: Sink, reason: str) -> _Verified:
    return _Verified(SinkReport(sink.name, sink.kind, "unreachable", reason=reason))


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
