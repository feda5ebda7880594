"""Where the page's contents come from: a cluster, or this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from yeoul_stream.identity import SinkIdentity
from yeoul_web.model import Look


@dataclass(frozen=True, slots=True)
class Table:
    """A table that a sink fills, and how to reach it.

    Attributes:
        who: the sink, as the books know it.
        pipeline: namespace and name, as people know it.
        secret: name of the Secret with which it is reached.
        table: its name, `schema.name` or `name`.
        columns: its columns; empty: those of the record.
    """

    who: SinkIdentity
    pipeline: str
    secret: str
    table: str
    columns: frozenset[str]


class Source(Protocol):
    """What a page is made of. Nothing of it is changed."""

    title: str
    secrets: Path
    """Where Secrets are mounted, or lie as files."""

    async def look(self) -> Look:
        """What there is now; what cannot be looked at is a problem in it, and no error."""
        ...

    async def tables(self) -> Sequence[Table]:
        """The tables of all pipelines."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
