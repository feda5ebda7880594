"""What a task of the lake sink does: one range's files, and an account of it. In Python workers.

The files go on to Spark's writer as bytes. The account travels to the driver by an accumulator:
Spark applies the updates of a result task once only, whatever is retried.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
from pyspark import TaskContext
from pyspark.accumulators import Accumulator, AccumulatorParam

from yeoul_stream.judge import Judge
from yeoul_stream.sinks.hdfs.parquet import DEAD_FILE, Layout, RowFiles, encoded
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
class EncodeRange:
    """A mapInArrow stage: judges a range from the committed position on, yields its files.

    Yields one row a file, see `parquet.encoded`: kept rows as `rows-<n>`, dead letters as `dead`.
    `positions` is partition -> committed next offset: records below it are dropped. `no_folder` has
    one row of nulls, of the folder columns' types. `others` are dead letters that are written as
    they are beside those of a task, by its index.
    """

    judge: Judge
    positions: Mapping[int, int]
    layout: Layout
    no_folder: pa.RecordBatch
    attempt: str
    accounts: Accumulator[Accounts]
    others: Mapping[int, pa.RecordBatch] = field(default_factory=dict)

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches."""
        account: TaskAccount | None = None
        files = RowFiles(self.layout)
        letters: list[pa.RecordBatch] = []
        for batch in batches:
            if not batch.num_rows:
                continue
            partition = self.judge.partition(batch)
            account = account or TaskAccount(partition, Tally())
            fresh = from_position(batch, self.judge, self.positions.get(partition, 0))
            if not fresh.num_rows:
                continue
            judged = self.judge(fresh)
            account = TaskAccount(partition, account.tally.plus(judged, judged.rows, judged.dead))
            yield from files.add(judged.rows)
            if judged.dead.num_rows:
                letters.append(judged.dead)
        yield from files.finish()
        if self.others and (stays := self.others.get(_task_index())) is not None:
            letters.append(stays)
        if letters:
            yield encoded(self.no_folder, DEAD_FILE, pa.Table.from_batches(letters))
        if account is not None:
            self.accounts.add({(self.attempt, _task_index()): account})


@dataclass(frozen=True)
class EncodeRows:
    """A mapInArrow stage: yields the files of rows, in the form of `parquet.encoded`."""

    layout: Layout

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Consume a task's batches."""
        files = RowFiles(self.layout)
        for batch in batches:
            yield from files.add(batch)
        yield from files.finish()


def _task_index() -> int:
    context = TaskContext.get()
    if context is None:
        msg = "not inside a Spark task"
        raise RuntimeError(msg)
    return context.partitionId()
