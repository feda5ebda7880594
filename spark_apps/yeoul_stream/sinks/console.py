"""The console sink: prints the first rows of each batch. For debugging; it keeps no position."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
from pyspark.sql import DataFrame

from yeoul_stream.books import Totals
from yeoul_stream.claim import Claimant
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.judge import Judge
from yeoul_stream.pipeline import Console, Record, Sink
from yeoul_stream.rows import SinkRows
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
        self._who, self._name, self._scratch = who, sink.name, scratch
        self._count = target.rows
        self._rows = SinkRows(record, sink, raw)

    def open(self, topic: TopicState, claimant: Claimant) -> Opened:  # noqa: ARG002
        """See StreamSink.open: there is nothing to resume from."""
        return Opened(epoch=0, positions=Positions({}), totals=Totals())

    def record_start(self, topic: TopicState, starts: tuple[Start, ...]) -> None:
        """See StreamSink.record_start: nothing is kept."""

    def write(self, batch: DataFrame, extent: BatchExtent) -> Written:
        """Print the batch's first rows."""
        print(f"-- {self._who.query}, batch {extent.batch_id}")
        rows = self._rows.frame(batch)
        kept = rows.mapInArrow(cast("Any", _KeptRows(self._rows.judge)), self._rows.types)
        kept.show(self._count, truncate=False)
        ends = {partition: part.end for partition, part in extent.partitions.items()}
        return Written(next_offsets=ends)

    def checkpoint(self) -> str:
        """See StreamSink.checkpoint."""
        return local_checkpoint(self._scratch, self._name)

    def close(self) -> None:
        """See StreamSink.close."""
