"""Telling the pipeline's driver what was found, so that its metrics show it."""

from __future__ import annotations

import urllib.request
from urllib.error import URLError

from pydantic import BaseModel

from yeoul_stream.progress import Proof
from yeoul_stream.verify.report import Report

_PATIENCE_S = 10.0


class _Told(BaseModel):
    sinks: dict[str, Proof]


def proofs(report: Report, seconds: float) -> dict[str, Proof]:
    """Return what was found of each sink; `seconds` is how long all of it took."""
    return {
        sink.sink: Proof(
            state=sink.state,
            at=report.verified_at.timestamp(),
            records=sink.records,
            findings=_failures(report, sink.sink),
            seconds=seconds,
        )
        for sink in report.sinks
    }


def _failures(report: Report, sink: str) -> int:
    listed = sum(one.sink == sink and one.severity == "failure" for one in report.findings.listed)
    return listed + sum(count for name, _, count in report.findings.unlisted if name == sink)


def tell(url: str, report: Report, seconds: float) -> str | None:
    """Tell the driver at `url`; return why that could not be, None if it could.

    The proof is what it is, whoever hears of it.
    """
    body = _Told(sinks=proofs(report, seconds)).model_dump_json(by_alias=True).encode()
    request = urllib.request.Request(f"{url.rstrip('/')}/proof", body, method="POST")  # noqa: S310 an operator's own
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_S):  # noqa: S310
            return None
    except (URLError, OSError, ValueError) as error:
        return f"{url} was not told: {error}"
