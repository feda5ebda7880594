"""`python -m benchmarks.verify`: the time of a proof, and until a wrong byte has a name.

A backlog is delivered into the table; it is proved, then one byte of one row is altered, and it is
proved again, in turns. Results go to benchmarks/results/verify.json.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.backlog import fill
from benchmarks.bench import TABLE, Bench, ask, fresh_table, make_bench, pipeline_of, servers
from benchmarks.contenders import yeoul
from benchmarks.cpu import cpu_seconds
from benchmarks.machine import ROOT, tell
from yeoul_stream.job import Settings
from yeoul_stream.verify.report import Report
from yeoul_stream.verify.run import verify

RESULTS = ROOT / "benchmarks" / "results" / "verify.json"
_RUN = 1


def main() -> int:
    """Run the benchmark and write the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verify", description=__doc__)
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--no-write", dest="write", action="store_false", help="print only")
    options = parser.parse_args()
    with servers("postgres", "kafka", "hdfs") as platform:
        topic = f"bench_verify_{int(time.time())}"
        fill(platform.endpoints.kafka_bootstrap, topic, options.records)
        pipeline = pipeline_of(platform, topic, "available now", maxOffsetsPerTrigger=1_000_000)
        bench = make_bench(platform, pipeline, options.records)
        found = _measure(bench, options.turns, platform.home.root)
        tell(RESULTS, {"records": options.records, **found}, write=options.write)
    return 0


def _measure(bench: Bench, turns: int, home: Path) -> dict[str, Any]:
    fresh_table(bench)
    with _timed(home, "delivered") as streamed:
        yeoul(bench, ("table",), _RUN)
    proofs: dict[str, list[_Cost]] = {"holds": [], "altered": []}
    row = str(ask(bench, f"SELECT data_id FROM {TABLE} OFFSET {bench.count // 2} LIMIT 1"))  # noqa: S608
    for _ in range(turns):
        proofs["holds"].append(_prove(bench, home, _holds))
        _alter(bench, row, altered := f"X{row[1:]}")
        proofs["altered"].append(_prove(bench, home, _names_one_row))
        _alter(bench, altered, row)
    return {
        "delivered": _numbers([streamed]),
        **{name: _numbers(found) for name, found in proofs.items()},
    }


@dataclass
class _Cost:
    """What something took, once it has ended."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0


@contextmanager
def _timed(home: Path, what: str) -> Iterator[_Cost]:
    cost, cpu, began = _Cost(), cpu_seconds(home), time.monotonic()
    yield cost
    cost.seconds, cost.cpu_seconds = time.monotonic() - began, cpu_seconds(home) - cpu
    print(f"{what}: {cost.seconds:.1f} s, {cost.cpu_seconds:.1f} CPU s", flush=True)


def _prove(bench: Bench, home: Path, check: Callable[[Report], None]) -> _Cost:
    settings = Settings(f"{bench.topic}-table-{_RUN}", scratch=bench.scratch)
    with _timed(home, "proved") as cost:
        report = verify(bench.pipeline, settings, bench.spark, ["table"])
    check(report)
    return cost


def _alter(bench: Bench, row: str, other: str) -> None:
    ask(bench, f"UPDATE {TABLE} SET data_id = '{other}' WHERE data_id = '{row}' RETURNING 0")  # noqa: S608


def _holds(report: Report) -> None:
    if report.verdict != "holds":
        raise RuntimeError(f"the proof should hold: {report.findings.listed}")


def _names_one_row(report: Report) -> None:
    kinds = [finding.kind for finding in report.findings.listed]
    if kinds != ["row-altered"]:
        raise RuntimeError(f"one row should be named as altered: {report.findings.listed}")


def _numbers(costs: list[_Cost]) -> dict[str, float]:
    return {
        "seconds": round(statistics.median(cost.seconds for cost in costs), 1),
        "cpu_seconds": round(statistics.median(cost.cpu_seconds for cost in costs), 1),
    }


if __name__ == "__main__":
    sys.exit(main())
