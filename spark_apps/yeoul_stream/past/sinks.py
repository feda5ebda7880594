"""Choosing the sinks whose past can be changed: PostgreSQL's, which can say what they hold."""

from __future__ import annotations

from collections.abc import Collection

from yeoul_stream.errors import PermanentError
from yeoul_stream.pipeline import Sink, StreamPipeline


class PastError(PermanentError):
    """What was asked for cannot be done; says why, and what can."""


def choose(pipeline: StreamPipeline, names: Collection[str]) -> list[Sink]:
    """Return the named PostgreSQL sinks, by default all that are enabled.

    Raises:
        PastError: a name that is none, or none at all.
    """
    tables = {sink.name: sink for sink in pipeline.spec.sinks if sink.postgres is not None}
    unknown = [name for name in names if name not in tables]
    if unknown or not tables:
        able = ", ".join(tables) or "none"
        raise PastError(
            f"{', '.join(unknown) or pipeline.metadata.name}: only PostgreSQL sinks can do that, "
            f"and this pipeline has: {able}. A lake is filled anew under another sink name"
        )
    if names:
        return [tables[name] for name in names]
    return [sink for sink in tables.values() if sink.enabled]
