"""What a proof keeps on the local disk while it looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark import StorageLevel
from pyspark.sql import DataFrame


@contextmanager
def on_disk(frame: DataFrame, keep: bool) -> Iterator[DataFrame]:
    """Give the frame; with `keep` it is computed once within the block, however often read."""
    if not keep:
        yield frame
        return
    frame = frame.persist(StorageLevel.DISK_ONLY)
    try:
        yield frame
    finally:
        frame.unpersist()
