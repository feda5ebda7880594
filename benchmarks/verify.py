"""`python -m benchmarks.verify`: the time of a proof, and until a wrong byte has a name.

A backlog is delivered into the table; it is proved, then one byte of one row is altered, and it is
proved again, in turns. Each proof is the command that a user types, from its start to its end; the
same for a single record says how much of that is the start. Results go to
benchmarks/results/verify.json.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.backlog import fill
from benchmarks.bench import TABLE, Bench, ask, document_of, fresh_table, make_bench, servers
from benchmarks.contenders import yeoul
from benchmarks.cpu import metered
from benchmarks.machine import ROOT, tell
from yeoul_local.platform import Platform
from yeoul_stream.pipeline import parse_pipeline

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
        started = _measure(_deliver(platform, 1), options.turns)["holds"]
        found = _measure(_deliver(platform, options.records), options.turns)
        result = {"records": options.records, "one_record": started, **found}
        tell(RESULTS, result, write=options.write)
    return 0


@dataclass
class _Cost:
    """What something took, once it has ended."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0


@dataclass(frozen=True)
class _Delivered:
    """The backlog in the table; `pipeline` is the file that says how it got there."""

    bench: Bench
    pipeline: Path
    home: Path
    cost: _Cost


def _deliver(platform: Platform, records: int) -> _Delivered:
    topic = f"bench_verify_{records}_{int(time.time())}"
    fill(platform.endpoints.kafka_bootstrap, topic, records)
    document = document_of(platform, topic, "available now", maxOffsetsPerTrigger=1_000_000)
    bench = make_bench(platform, parse_pipeline(document, "benchmark"), records)
    fresh_table(bench)
    with _timed(platform.home.root, "delivered") as cost:
        yeoul(bench, ("table",), _RUN)
    bench.spark.stop()
    path = bench.scratch / f"{topic}.json"
    path.write_text(json.dumps(document))
    return _Delivered(bench, path, platform.home.root, cost)


def _measure(delivered: _Delivered, turns: int) -> dict[str, Any]:
    bench = delivered.bench
    proofs: dict[str, list[_Cost]] = {"holds": [], "altered": []}
    row = str(ask(bench, f"SELECT data_id FROM {TABLE} OFFSET {bench.count // 2} LIMIT 1"))  # noqa: S608
    for _ in range(turns):
        proofs["holds"].append(_prove(delivered, _holds))
        _alter(bench, row, altered := f"X{row[1:]}")
        proofs["altered"].append(_prove(delivered, _names_one_row))
        _alter(bench, altered, row)
    return {
        "delivered": _numbers([delivered.cost]),
        **{name: _numbers(found) for name, found in proofs.items()},
    }


@contextmanager
def _timed(home: Path, what: str) -> Iterator[_Cost]:
    cost, began = _Cost(), time.monotonic()
    with metered(home) as meter:
        yield cost
        cost.seconds = time.monotonic() - began
    cost.cpu_seconds = meter.seconds
    print(f"{what}: {cost.seconds:.1f} s, {cost.cpu_seconds:.1f} CPU s", flush=True)


def _prove(delivered: _Delivered, check: Callable[[dict[str, Any]], None]) -> _Cost:
    command = [sys.executable, "-m", "yeoul_stream.verify", "--json", "--sink", "table"]
    installation = f"{delivered.bench.topic}-table-{_RUN}"
    with _timed(delivered.home, "proved") as cost:
        done = subprocess.run(
            [*command, "--pipeline", str(delivered.pipeline)],
            env={**os.environ, "YEOUL_INSTALLATION": installation},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    check(json.loads(done.stdout))
    return cost


def _alter(bench: Bench, row: str, other: str) -> None:
    ask(bench, f"UPDATE {TABLE} SET data_id = '{other}' WHERE data_id = '{row}' RETURNING 0")  # noqa: S608


def _holds(report: dict[str, Any]) -> None:
    if report["verdict"] != "holds":
        raise RuntimeError(f"the proof should hold: {report['findings']}")


def _names_one_row(report: dict[str, Any]) -> None:
    if [finding["kind"] for finding in report["findings"]] != ["row-altered"]:
        raise RuntimeError(f"one row should be named as altered: {report['findings']}")


def _numbers(costs: list[_Cost]) -> dict[str, float]:
    return {
        "seconds": round(statistics.median(cost.seconds for cost in costs), 1),
        "cpu_seconds": round(statistics.median(cost.cpu_seconds for cost in costs), 1),
    }


if __name__ == "__main__":
    sys.exit(main())
