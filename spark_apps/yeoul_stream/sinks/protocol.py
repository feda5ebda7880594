"""What the job asks of a sink."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pyspark.sql import DataFrame

from yeoul_stream.books import RangeBook, Totals
from yeoul_stream.claim import Claimant
from yeoul_stream.start import BatchExtent, Positions, Start, TopicState


@dataclass(frozen=True)
class Opened:
    """A sink that is ready to write: its epoch and what it has committed so far."""

    epoch: int
    positions: Positions
    totals: Totals
    files: int = 0


@dataclass(frozen=True)
class Written:
    """What one batch committed: the books of its ranges, and the positions after it."""

    books: tuple[RangeBook, ...] = ()
    next_offsets: Mapping[int, int] = field(default_factory=dict)
    files: int = 0


class StreamSink(Protocol):
    """A sink that keeps its own position. All calls come from the driver, one at a time."""

    kind: str

    def open(self, topic: TopicState, claimant: Claimant) -> Opened:
        """Check the target, claim a new epoch for the driver, and return what is committed.

        Raises:
            FencedError: another driver has claimed it meanwhile, or the sink was erased.
            TargetMismatchError: the target cannot take what the pipeline produces.
            PermanentError: any other reason that a retry cannot mend.
        """
        ...

    def record_start(self, topic: TopicState, starts: tuple[Start, ...]) -> None:
        """Keep `starts` as the sink's position, before the first batch is read."""
        ...

    def write(self, batch: DataFrame, extent: BatchExtent) -> Written:
        """Write a micro-batch of raw Kafka columns; when it returns, `extent` is committed.

        Raises:
            FencedError: a newer driver has taken over.
            PositionError: the batch does not continue where the sink stands.
        """
        ...

    def checkpoint(self) -> str:
        """Return the URI of a fresh folder for Spark's checkpoint of the next query."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...


def local_checkpoint(scratch: Path, sink: str) -> str:
    """Create a fresh folder for Spark's checkpoint on local disk and return its file: URI."""
    scratch.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{sink}-", dir=scratch)).as_uri()
