"""What a task of the lake sink did, reported to the driver. Runs in Python workers.

The files come from Spark's own Parquet writer, the counts from the stage right before it. They
travel by an accumulator: Spark applies the updates of a result task once only, whatever is retried.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
from pyspark import TaskContext
from pyspark.accumulators import Accumulator, AccumulatorParam

from yeoul_stream.judge import DEAD_SCHEMA, Judge
from yeoul_stream.tally import Tally, from_position


@dataclass(frozen=True)
class TaskAccount:
    """What one task did: one topic partition's range."""

    partition: int
    tally: Tally


# Keyed by (write attempt, Spark task index): a failed attempt's numbers are never mixed in.
Accounts = dict[tuple[str, int], TaskAccount]


class AccountsParam(AccumulatorParam[Accounts]):
    """Union of dictionaries; a key is written by one task only."""

    def zero(self, value: Accounts) -> Accounts:  # noqa: ARG002 (pyspark's signature)
        """Return the neutral element."""
        return {}

    def addInPlace(self, value1: Accounts, value2: Accounts) -> Accounts:  # noqa: N802
        """Return the union."""
        value1.update(value2)
        return value1


@dataclass(frozen=True)
class RowsStage:
    """A mapInArrow stage: yields the kept rows from the committed position on, and accounts.

    `positions` is partition -> committed next offset: records below it are dropped.
    """

    judge: Judge
    positions: Mapping[int, int]
    attempt: str
    accounts: Accumulator[Accounts]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches."""
        account: TaskAccount | None = None
        for batch in batches:
            if not batch.num_rows:
                continue
            partition = self.judge.partition(batch)
            account = account or TaskAccount(partition, Tally())
            fresh = from_position(batch, self.judge, self.positions.get(partition, 0))
            if not fresh.num_rows:
                continue
            judged = self.judge(fresh)
            tally = account.tally.plus(judged, judged.rows, judged.dead)
            account = TaskAccount(partition, tally)
            yield judged.rows
        if account is not None:
            self.accounts.add({(self.attempt, _task_index()): account})


@dataclass(frozen=True)
class DeadStage:
    """A mapInArrow stage: yields only the dead letters, with their partition in front."""

    judge: Judge
    positions: Mapping[int, int]

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches."""
        for batch in batches:
            if not batch.num_rows:
                continue
            partition = self.judge.partition(batch)
            fresh = from_position(batch, self.judge, self.positions.get(partition, 0))
            if fresh.num_rows and (dead := self.judge(fresh).dead).num_rows:
                column = pa.array([partition] * dead.num_rows, pa.int32())
                yield pa.RecordBatch.from_arrays(
                    [column, *dead.columns], names=["partition", *DEAD_SCHEMA.names]
                )


DEAD_DDL = (
    "`partition` int, `offset` bigint, key binary, payload binary, kafka_time timestamp, "
    "reason string, detail string"
)


def _task_index() -> int:
    context = TaskContext.get()
    if context is None:
        msg = "not inside a Spark task"
        raise RuntimeError(msg)
    return context.partitionId()
