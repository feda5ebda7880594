"""The proof at the end: `yeoul_stream.verify` over what was committed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yeoul_local.platform import Platform
from yeoul_local.proving import Answer, verified


@dataclass(frozen=True)
class Proof:
    """What verify found.

    Attributes:
        holds: whether nothing was lost or doubled, in every sink.
        report: its JSON; empty where it could not say anything.
        trouble: the end of its log when it could not.
    """

    holds: bool = False
    report: Mapping[str, Any] = field(default_factory=dict)
    trouble: str = ""


def prove(platform: Platform, pipeline: Path) -> Proof:
    """Run verify on the pipeline and wait for it."""
    return read(verified(platform, pipeline))


def read(answer: Answer) -> Proof:
    """The proof in verify's answer. A sink that has committed nothing proves nothing."""
    if answer.report is None:
        return Proof(trouble=answer.said)
    good = answer.code == 0 and answer.report["holds"] and answer.report["complete"]
    return Proof(bool(good), answer.report)
