"""Choosing the sinks whose past can be changed: those that keep their own books."""

from __future__ import annotations

from collections.abc import Collection

from yeoul_stream.errors import PermanentError
from yeoul_stream.pipeline import Sink, StreamPipeline


class PastError(PermanentError):
    """What was asked for cannot be done; says why, and what can."""


def choose(pipeline: StreamPipeline, names: Collection[str]) -> list[Sink]:
    """Return the named PostgreSQL and HDFS sinks, by default all that are enabled.

    Raises:
        PastError: a name that is none, or none at all.
    """
    able = {sink.name: sink for sink in pipeline.spec.sinks if sink.kind in ("postgres", "hdfs")}
    unknown = [name for name in names if name not in able]
    if unknown or not able:
        raise PastError(
            f"{', '.join(unknown) or pipeline.metadata.name}: only PostgreSQL and HDFS sinks have "
            f"a past that can be changed, and this pipeline has: {', '.join(able) or 'none'}"
        )
    if names:
        return [able[name] for name in names]
    return [sink for sink in able.values() if sink.enabled]
