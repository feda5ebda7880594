"""`verify --repair`: plan what can be mended without taking anything away; do it when told to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pyspark.sql import SparkSession

from yeoul_stream.job import Settings
from yeoul_stream.pipeline import Sink, StreamPipeline
from yeoul_stream.secrets import read_postgres_secret, secrets_directory
from yeoul_stream.sinks.postgres.connection import connect
from yeoul_stream.sinks.postgres.names import TableName
from yeoul_stream.verify.iceberg_target import IcebergTarget
from yeoul_stream.verify.lake import Lake
from yeoul_stream.verify.lake_log import History
from yeoul_stream.verify.lake_target import LakeTarget
from yeoul_stream.verify.plan import Doubles, Plan, Step, lake_plan, table_plan
from yeoul_stream.verify.report import Report
from yeoul_stream.verify.run import Checked, examine, verify
from yeoul_stream.verify.table_doubles import CopiesOf, other_readers
from yeoul_stream.verify.table_target import TableTarget


class RepairError(Exception):
    """What was planned does not fit any more; nothing was changed by the step that says so."""


@dataclass(frozen=True)
class Verified:
    """What verify says, after what was done; the plan where one was asked for."""

    report: Report
    plan: Plan | None = None

    def document(self) -> dict[str, Any]:
        """Return JSON-ready data: the report's, and `repair` with the plan."""
        return self.report.document() | ({"repair": self.plan.document()} if self.plan else {})

    def text(self) -> str:
        """Return it for people; the verdict is the last line."""
        return "\n".join([*([self.plan.text()] if self.plan else []), self.report.text()])


def repair(
    pipeline: StreamPipeline,
    settings: Settings,
    spark: SparkSession,
    sinks: Collection[str] = (),
    *,
    apply: bool = False,
) -> Verified:
    """Verify, plan, and with `apply` do what was planned and verify again.

    Raises:
        UnknownSinkError: a name that is no sink with a position.
        RepairError: a store has changed since it was looked at.
    """
    with examine(pipeline, settings, spark, sinks) as found:
        plan, report = Plan(), found.report()
        for checked in found.checked:
            plan = plan.plus(_plan(checked, pipeline, found.at))
    if not apply or not plan.steps:
        return Verified(report, plan)
    targets = {checked.target.sink.name: checked for checked in found.checked}
    for name in dict.fromkeys(step.sink for step in plan.steps):
        mine = [step for step in plan.steps if step.sink == name]
        _apply(targets[name], mine)
    return Verified(verify(pipeline, settings, spark, sinks), replace(plan, done=True))


def _plan(checked: Checked, pipeline: StreamPipeline, now: datetime) -> Plan:
    target, name = checked.target, checked.target.sink.name
    if isinstance(target, LakeTarget | IcebergTarget):
        aside = f"{target.lake.home}/removed/{now:%Y%m%dT%H%M%SZ}"
        return lake_plan(name, checked.findings, target.unpublished, aside)
    if not target.surplus:
        return Plan()
    copies = copies_of(target)
    names = [sink.name for sink in pipeline.spec.sinks]
    strangers = other_readers(target.snapshot.connection, target.snapshot.who, names)
    found = Doubles(
        str(target.table),
        target.surplus,
        copies.count(target.snapshot.connection) if copies else None,
        (*_siblings(pipeline, target.sink), *strangers),
    )
    return table_plan(name, found)


def copies_of(target: TableTarget) -> CopiesOf | None:
    """Return how the surplus rows are found; None where rows do not tell their records."""
    topics = {book.topic_id for book in target.account.books}
    if target.reader.lineage is None or len(topics) != 1:
        return None
    names = tuple(column.name for column in target.reader.columns)
    partition, offset = (names[index] for index in target.reader.lineage)
    ranges = tuple((key[1], *bounds) for key, bounds in sorted(target.account.ranges().items()))
    return CopiesOf(target.table, names, partition, offset, ranges)


def _siblings(pipeline: StreamPipeline, sink: Sink) -> list[str]:
    """Return the pipeline's other sinks with the same table."""

    def place(one: Sink) -> tuple[str, TableName] | None:
        table = one.postgres
        return (table.secret_ref, TableName.parse(table.table)) if table is not None else None

    others = (other for other in pipeline.spec.sinks if other.name != sink.name)
    return [other.name for other in others if place(other) == place(sink)]


def _apply(checked: Checked, steps: Sequence[Step]) -> None:
    target = checked.target
    if isinstance(target, LakeTarget | IcebergTarget):
        _apply_to_lake(target.lake, target.told(), steps)
        return
    copies = copies_of(target)
    assert copies is not None  # noqa: S101 (else there was no step)
    assert target.sink.postgres is not None  # noqa: S101 (it is a table)
    secret = read_postgres_secret(target.sink.postgres.secret_ref, secrets_directory())
    with connect(secret, "yeoul verify --repair") as connection, connection:
        for step in steps:
            deleted = copies.delete(connection)
            if deleted != step.rows:
                raise RepairError(
                    f"{step.sink}: {deleted:,} copies are in {step.target} now, {step.rows:,} were "
                    "there before: none was deleted. Try again"
                )


def _apply_to_lake(lake: Lake, told: History, steps: Sequence[Step]) -> None:
    committed = {**told.files, **told.dead_files}
    for step in steps:
        if step.kind == "set-aside" and step.source in committed:
            raise RepairError(f"{step.sink}: {step.source} has been committed meanwhile: it stays")
        moved = lake.folder.rename(step.source, step.target)
        # A driver that is at work may have published the file itself.
        if not moved and not (step.kind == "publish" and lake.folder.exists(step.target)):
            raise RepairError(f"{step.sink}: {step.source} cannot be renamed to {step.target}")
