"""What `verify` asks of a sink's target, and what it learns."""

from __future__ import annotations

from dataclasses import dataclass

from yeoul_stream.verify.finding import Finding


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
