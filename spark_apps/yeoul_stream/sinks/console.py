"""The console sink: prints the first rows of each batch. For debugging; it keeps no position."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
from pyspark.sql import DataFrame

from yeoul_stream.books import Totals
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.judge import EvaluatedJudge, Judge, PlainJudge
from yeoul_stream.pipeline import Console, Record, Sink
from yeoul_stream.select import evaluate, output_expressions, output_types
from yeoul_stream.sinks.protocol import Opened, Written, local_checkpoint
from yeoul_stream.start import BatchExtent, Positions, Start, TopicState


@dataclass(frozen=True)
class _KeptRows:
    judge: Judge

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield self.judge(batch).rows


class ConsoleSink:
    """Prints rows to standard output, as the other sinks would write them."""

    kind = "console"

    def __init__(
        self,
        who: SinkIdentity,
        record: Record,
        sink: Sink,
        target: Console,
        raw: DataFrame,
        *,
        scratch: Path,
    ) -> None:
        """`raw` is an empty frame with the raw Kafka columns, to resolve types on."""
        self._who, self._record, self._sink, self._scratch = who, record, sink, scratch
        self._rows = target.rows
        self._plain = sink.plain_select(record)
        self._types = output_types(raw, record, sink)

    def open(self, topic: TopicState) -> Opened:  # noqa: ARG002
        """See StreamSink.open: there is nothing to resume from."""
        return Opened(epoch=0, positions=Positions({}), totals=Totals())

    def record_start(self, topic: TopicState, starts: tuple[Start, ...]) -> None:
        """See StreamSink.record_start: nothing is kept."""

    def write(self, batch: DataFrame, extent: BatchExtent) -> Written:
        """Print the batch's first rows."""
        judge: Judge
        if self._plain is not None:
            judge, frame = PlainJudge(self._record, self._plain), batch
        else:
            judge = EvaluatedJudge(output_expressions(self._record, self._sink), self._sink.where)
            frame = evaluate(batch, self._record, self._sink)
        print(f"-- {self._who.query}, batch {extent.batch_id}")
        frame.mapInArrow(cast("Any", _KeptRows(judge)), self._types).show(
            self._rows, truncate=False
        )
        ends = {partition: part.end for partition, part in extent.partitions.items()}
        return Written(next_offsets=ends)

    def checkpoint(self) -> str:
        """See StreamSink.checkpoint."""
        return local_checkpoint(self._scratch, self._sink.name)

    def close(self) -> None:
        """See StreamSink.close."""
