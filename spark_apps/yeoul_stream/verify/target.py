"""What `verify` asks of a sink's target, and what it learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from yeoul_stream.pipeline import Sink
from yeoul_stream.verify.check_kafka import Expected
from yeoul_stream.verify.facts import Account
from yeoul_stream.verify.finding import Finding
from yeoul_stream.verify.reread import Reread
from yeoul_stream.verify.stage import Integers


class UnreachableError(Exception):
    """A store did not answer, so nothing can be said about it."""


@dataclass(frozen=True)
class Examined:
    """What a target holds, against what it should hold. `more` are failures not listed."""

    findings: tuple[Finding, ...]
    more: tuple[tuple[str, str, int], ...] = ()
    rows: int = 0
    files: int | None = None
    foreign: int = 0
    digest: int = 0
    digest_ok: bool = False
    unproven: str | None = None


class Target(Protocol):
    """One sink's target, looked at as of one moment."""

    sink: Sink
    account: Account

    def refused(self, topic_id: str) -> Mapping[int, Integers]:
        """Return partition -> offsets of records that the target itself refused."""
        ...

    def examine(self, expected: Expected, reread: Reread) -> Examined:
        """Compare the target's rows with what is expected; read rows only on a difference."""
        ...
