"""`verify` from end to end: look at every target, read Kafka again, compare, report."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pyspark.sql import SparkSession

from yeoul_stream.job import Settings
from yeoul_stream.pipeline import Sink, StreamPipeline
from yeoul_stream.verify.across import (
    Overlap,
    Side,
    compare,
    compare_whole,
    extra_bounds,
    overlaps,
    projection,
    spanning,
    table_amounts,
)
from yeoul_stream.verify.check_books import check_books
from yeoul_stream.verify.check_kafka import (
    Expected,
    check_expired,
    check_kafka,
    check_rules,
    expect,
)
from yeoul_stream.verify.facts import Amount, Key, bounds_of
from yeoul_stream.verify.finding import Finding, Findings
from yeoul_stream.verify.iceberg_target import IcebergTarget
from yeoul_stream.verify.lake_target import LakeTarget
from yeoul_stream.verify.opening import UNREACHABLE, Opener, choose, reason
from yeoul_stream.verify.reading import AnyTarget, Reading, Readings
from yeoul_stream.verify.report import Comparison, Report, SinkReport, sink_report
from yeoul_stream.verify.table_target import TableTarget
from yeoul_stream.verify.target import Examined, UnreachableError

_ROWS_PER_SHUFFLE_TASK = 500_000


@dataclass(frozen=True)
class Checked:
    """A sink that was verified. `reading` is what Kafka gave for it."""

    target: AnyTarget
    expected: Expected
    examined: Examined
    findings: tuple[Finding, ...]
    reading: Reading


@dataclass
class _Pair:
    """A table and a lake that may hold the same rows."""

    table: str
    lake: str
    shared: Mapping[Key, Overlap] = field(default_factory=dict)
    number: int = 0
    reason: str | None = None


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
    with examine(pipeline, settings, spark, sinks) as found:
        return found.report()


@dataclass(frozen=True)
class Examination:
    """What was found out about the sinks of a pipeline."""

    pipeline: StreamPipeline
    installation: str
    at: datetime
    results: Mapping[str, Checked | SinkReport]
    comparisons: Sequence[tuple[Comparison, tuple[Finding, ...]]]

    @property
    def checked(self) -> list[Checked]:
        """The sinks that could be looked at and have committed something."""
        return [result for result in self.results.values() if isinstance(result, Checked)]

    def report(self) -> Report:
        """Return it as a report."""
        meta = self.pipeline.metadata
        across = [finding for _, findings in self.comparisons for finding in findings]
        return Report(
            pipeline=f"{meta.namespace}/{meta.name}",
            installation=self.installation,
            topic=self.pipeline.spec.source.kafka.topic,
            verified_at=self.at,
            sinks=tuple(_sink_report(result) for result in self.results.values()),
            comparisons=tuple(comparison for comparison, _ in self.comparisons),
            findings=Findings.of(
                [*(finding for result in self.checked for finding in result.findings), *across],
                (item for result in self.checked for item in result.examined.more),
            ),
        )


@contextmanager
def examine(
    pipeline: StreamPipeline, settings: Settings, spark: SparkSession, sinks: Collection[str]
) -> Iterator[Examination]:
    """Look at the sinks (see `verify`); what was opened stays open for the block."""
    chosen = choose(pipeline, sinks)
    now = datetime.now(UTC)
    with ExitStack() as stack:
        opener = Opener(pipeline, settings, spark, stack)
        # Every target is looked at before Kafka, so that Kafka holds what they speak of.
        opened = {sink.name: opener.open(sink) for sink in chosen}
        run = _Run(pipeline, spark, opened, stack)
        results = {sink.name: run.check(sink) for sink in chosen}
        compared = [*run.comparisons(results)]
        yield Examination(pipeline, settings.installation, now, results, compared)


def _sink_report(result: Checked | SinkReport) -> SinkReport:
    if isinstance(result, SinkReport):
        return result
    target, expected = result.target, result.expected
    return sink_report(target.sink, target.account, expected, result.examined, result.findings)


class _Run:
    def __init__(
        self,
        pipeline: StreamPipeline,
        spark: SparkSession,
        opened: Mapping[str, AnyTarget | UnreachableError],
        stack: ExitStack,
    ) -> None:
        self._pipeline, self._spark, self._opened = pipeline, spark, opened
        targets = [target for target in opened.values() if not isinstance(target, Exception)]
        self._pairs = [
            self._pair(table, lake)
            for table in targets if isinstance(table, TableTarget)
            for lake in targets if not isinstance(lake, TableTarget)
        ]  # fmt: skip
        self._readings = Readings(pipeline, spark, targets, self._bounds, stack)

    def _pair(self, table: TableTarget, lake: LakeTarget | IcebergTarget) -> _Pair:
        pair = _Pair(table.sink.name, lake.sink.name)
        columns = projection(self._pipeline.spec.record, table.sink, lake.sink)
        if isinstance(columns, str):
            pair.reason = columns
            return pair
        # What was written under other rules need not be the same rows in both.
        shared = overlaps(table.account.under(table.rules), lake.account.under(lake.rules))
        if shared and isinstance(lake, IcebergTarget):
            whole = spanning(shared, pair.table, pair.lake, lake.account, lake.rules)
            if isinstance(whole, str):
                pair.reason = whole
                return pair
            shared = whole
        pair.shared = shared
        pair.number = len(lake.projections)
        lake.projections = (*lake.projections, columns)
        if not pair.shared:
            pair.reason = "no offsets are committed by both under the pipeline's present rules"
        return pair

    def check(self, sink: Sink) -> Checked | SinkReport:
        """Verify one sink; a SinkReport says that it could not be, or holds nothing yet."""
        target = self._opened[sink.name]
        if isinstance(target, UnreachableError):
            return SinkReport(sink.name, sink.kind, "unreachable", reason=str(target))
        if target.account.empty:
            return SinkReport(sink.name, sink.kind, "empty")
        try:
            return self._check(target)
        except UnreachableError as error:
            return SinkReport(sink.name, sink.kind, "unreachable", reason=str(error))
        except UNREACHABLE as error:
            return SinkReport(sink.name, sink.kind, "unreachable", reason=reason(error))

    def _check(self, target: AnyTarget) -> Checked:
        reading = self._readings.of(target)
        expected = expect(target.account, reading.cells, reading.measures, target.rules)
        with _shuffle_tasks(self._spark, expected.total.rows):
            examined = target.examine(expected, reading.reread)
        name = target.sink.name
        findings = (
            *check_books(name, target.account),
            *check_kafka(name, expected),
            *check_rules(name, expected),
            *check_expired(name, expected),
            *examined.findings,
        )
        return Checked(target, expected, examined, findings, reading)

    def _bounds(self, target: AnyTarget) -> dict[Key, set[int]]:
        bounds = bounds_of(target.account)
        for pair in self._pairs:
            if pair.table == target.sink.name:
                for key, offsets in extra_bounds(pair.shared):
                    bounds.setdefault(key, set()).update(offsets)
        return bounds

    def comparisons(
        self, results: Mapping[str, Checked | SinkReport]
    ) -> Iterator[tuple[Comparison, tuple[Finding, ...]]]:
        """Yield how each table and lake compare, and what differs."""
        for pair in self._pairs:
            table, lake = results[pair.table], results[pair.lake]
            if pair.reason is None and isinstance(table, Checked) and isinstance(lake, Checked):
                yield _compare(pair, table, lake)
            else:
                why = pair.reason or "one of them could not be read"
                yield Comparison(pair.table, pair.lake, reason=why), ()


@contextmanager
def _shuffle_tasks(spark: SparkSession, rows: int) -> Iterator[None]:
    """Set how many tasks a shuffle has: Spark's 200 cost more than the comparison of few rows."""
    key = "spark.sql.shuffle.partitions"
    before = spark.conf.get(key)
    spark.conf.set(key, 4 + rows // _ROWS_PER_SHUFFLE_TASK)
    try:
        yield
    finally:
        spark.conf.set(key, before or "200")


def _compare(pair: _Pair, table: Checked, lake: Checked) -> tuple[Comparison, tuple[Finding, ...]]:
    if not table.examined.digest_ok:
        why = f"{pair.table} does not hold what its books say"
        return Comparison(pair.table, pair.lake, reason=why), ()
    account = table.target.account
    ours = Side(pair.table, account, table_amounts(account, table.expected.measures))
    if isinstance(lake.target, IcebergTarget):
        held = lake.target.held
        if held is None or lake.examined.foreign:
            why = f"{pair.lake} holds rows of others, or cannot be read"
            return Comparison(pair.table, pair.lake, reason=why), ()
        amount = held.projection(pair.number)
        found = compare_whole(
            ours, pair.lake, amount, pair.shared, table.reading.cells, table.reading.measures
        )
    else:
        assert isinstance(lake.target, LakeTarget)  # noqa: S101 (pairs are made so)
        theirs = Side(pair.lake, lake.target.account, _book_amounts(lake.target, pair.number))
        found = compare(ours, theirs, pair.shared, table.reading.cells, table.reading.measures)
    if not found.partitions:
        why = "Kafka no longer holds the records that one has committed and the other has not"
        return Comparison(pair.table, pair.lake, reason=why), ()
    comparison = Comparison(pair.table, pair.lake, found.rows, equal=not found.findings)
    return comparison, found.findings


def _book_amounts(lake: LakeTarget, projection: int) -> dict[int, Amount]:
    """Return index of book -> what its files hold of a projection's columns."""
    held = {index: amount.projection(projection) for index, amount in lake.book_amounts.items()}
    nothing = {index: Amount() for index in range(len(lake.account.books))}
    return {**nothing, **held}
