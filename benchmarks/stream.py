"""`python -m benchmarks.stream`: the PostgreSQL and HDFS sinks against what people run today.

One session, one backlog, contenders in turns, medians. Figures are ratios: a machine's own speed
cancels out. Results go to benchmarks/results/stream.json.
"""

import argparse
import json
import os
import statistics
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pyspark.sql import SparkSession

from benchmarks.backlog import PARTITIONS, fill
from benchmarks.contenders import CONTENDERS, Bench, fresh_table, rows_in_table
from benchmarks.cpu import cpu_seconds
from benchmarks.machine import ROOT, commit, machine
from yeoul_local.events import Event
from yeoul_local.platform import Platform
from yeoul_stream.pipeline import apply_overlay, load_document, parse_pipeline
from yeoul_stream.spark import build_session

RESULTS = ROOT / "benchmarks" / "results" / "stream.json"
_WATCHED = "yeoul_watched"
_COMPARED = [name for name in CONTENDERS if name != _WATCHED]
_EXAMPLE = ROOT / "manifests" / "examples" / "car-info.yaml"


@dataclass(frozen=True)
class Run:
    """One pass over the backlog."""

    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Pair:
    """Two passes, one right after the other: as it is, and with all that shows it from outside."""

    alone: Run
    watched: Run


def main() -> int:
    """Run the benchmark and write the results."""
    options = _options()
    home = Path(os.environ.get("YEOUL_BENCH_HOME", ROOT / ".yeoul" / "bench"))
    platform = Platform(home, jars=ROOT / ".yeoul" / "jars")
    try:
        platform.up(("postgres", "kafka", "hdfs"), report=_say)
        bench = _prepare(platform, options.records)
        print(f"warming up: {', '.join(options.only)}")
        for name in options.only:
            _one(bench, home, name, -1)
        runs: dict[str, list[Run]] = {name: [] for name in options.only}
        for turn in range(options.turns):
            for name in options.only:
                runs[name].append(_one(bench, home, name, turn))
        # The first pair is a warm-up.
        _, *pairs = (_pair(bench, home, turn) for turn in range(options.pairs + 1))
        results = summary(runs, pairs, options.records)
        print(table(results, runs))
        if options.write:
            RESULTS.parent.mkdir(exist_ok=True)
            RESULTS.write_text(json.dumps(results, indent=2) + "\n")
            print(f"written to {RESULTS.relative_to(ROOT)}")
    finally:
        if (session := SparkSession.getActiveSession()) is not None:
            session.stop()
        platform.down()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stream", description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=15, help="of runs that are watched, and not")
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=_COMPARED)
    parser.add_argument("--no-write", dest="write", action="store_false", help="print only")
    return parser.parse_args()


def _say(event: Event) -> None:
    if event.phase == "ready":
        print(f"{event.part} is up")


def _prepare(platform: Platform, count: int) -> Bench:
    ends = platform.endpoints
    topic = f"bench-{uuid.uuid4().hex[:8]}"
    fill(ends.kafka_bootstrap, topic, count)
    document = apply_overlay(
        load_document(_EXAMPLE),
        {
            "metadata": {"name": "bench"},
            "spec": {
                "source": {
                    "kafka": {
                        "bootstrapServers": ends.kafka_bootstrap, "topic": topic,
                        "startingOffsets": "earliest", "maxOffsetsPerTrigger": count,
                    }
                },
                "sinks": [
                    {"name": "table", "trigger": "available now", "postgres": {"table": "bench"}},
                    {"name": "lake", "trigger": "available now",
                     "hdfs": {"path": f"{ends.hdfs_uri}/bench/yeoul/{topic}", "checkpoint": None}},
                ],
                "runtime": {"logLevel": "ERROR"},
            },
        },
    )  # fmt: skip
    pipeline = parse_pipeline(document, "benchmark")
    return Bench(
        spark=_session(platform, pipeline),
        pipeline=pipeline,
        postgres=ends.postgres,
        hdfs=ends.hdfs_uri,
        scratch=_folder(platform.home.run / "bench"),
        count=count,
        partitions=PARTITIONS,
    )


def _session(platform: Platform, pipeline):  # type: ignore[no-untyped-def]
    os.environ.update(platform.spark_env())
    return build_session(pipeline)


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _one(bench: Bench, home: Path, name: str, turn: int) -> Run:
    fresh_table(bench)
    cpu, began = cpu_seconds(home), time.monotonic()
    CONTENDERS[name](bench, turn if turn >= 0 else 10_000)
    run = Run(time.monotonic() - began, cpu_seconds(home) - cpu)
    arrived = rows_in_table(bench)
    if arrived != bench.count:
        raise RuntimeError(f"{name} delivered {arrived} rows of {bench.count}")
    label = f"turn {turn % 1_000 + 1}" if turn >= 0 else "warm-up"
    print(
        f"{label:>8}  {name:<16} {run.seconds:6.1f} s  {bench.count / run.seconds:10,.0f} rows/s"
        f"  {run.cpu_seconds:6.1f} CPU s",
        flush=True,
    )
    return run


def _pair(bench: Bench, home: Path, turn: int) -> Pair:
    """Run the same, alone and watched, one right after the other; who begins changes."""
    names = ("yeoul", _WATCHED)
    order = names if turn % 2 else names[::-1]
    runs = {name: _one(bench, home, name, 1_000 + turn) for name in order}
    return Pair(runs["yeoul"], runs[_WATCHED])


def summary(runs: dict[str, list[Run]], pairs: Sequence[Pair], count: int) -> dict[str, object]:
    """Return the results document; ratios above 1 mean that Yeoul is faster."""
    seconds = {name: statistics.median(run.seconds for run in done) for name, done in runs.items()}
    cpu = {name: statistics.median(run.cpu_seconds for run in done) for name, done in runs.items()}
    ratios = {
        "ratio_vs_jdbc": ("jdbc", "yeoul"),
        "ratio_vs_jdbc_batched": ("jdbc_batched", "yeoul"),
        "ratio_vs_bare_loop": ("bare_loop", "yeoul"),
        "ratio_both_sinks": ("jdbc_and_files", "yeoul_both"),
    }
    million = count / 1e6
    return {
        **{
            key: round(seconds[peer] / seconds[ours], 2)
            for key, (peer, ours) in ratios.items()
            if peer in seconds and ours in seconds
        },
        "cpu_seconds_per_million": round(cpu["yeoul"] / million, 1) if "yeoul" in cpu else None,
        **overhead(pairs),
        "records": count,
        "contenders": {
            name: {
                "median_seconds": round(seconds[name], 2),
                "rows_per_second": round(count / seconds[name]),
                "cpu_seconds_per_million": round(cpu[name] / million, 1),
                "runs": [asdict(run) for run in done],
            }
            for name, done in runs.items()
        },
        "machine": machine(),
        "commit": commit(),
    }


def overhead(pairs: Sequence[Pair]) -> dict[str, object]:
    """Return what being watched costs, in per cent of the CPU time of the same run alone."""
    if len(pairs) < 2:
        return {}
    found = [100 * (pair.watched.cpu_seconds / pair.alone.cpu_seconds - 1) for pair in pairs]
    low, middle, high = statistics.quantiles(found, n=4)
    return {
        "metrics_overhead_percent": round(middle, 1),
        "metrics_overhead": {
            "pairs": [asdict(pair) for pair in pairs],
            "quartiles_percent": [round(low, 1), round(high, 1)],
        },
    }


def table(results: dict[str, object], runs: dict[str, list[Run]]) -> str:
    """Return the medians as text, one contender a line."""
    lines = [f"{'contender':<16} {'median':>8} {'rows/s':>10} {'CPU s per million':>18}"]
    count = int(str(results["records"]))
    for name, done in runs.items():
        seconds = statistics.median(run.seconds for run in done)
        cpu = statistics.median(run.cpu_seconds for run in done) * 1e6 / count
        lines.append(f"{name:<16} {seconds:7.1f}s {count / seconds:10,.0f} {cpu:18.1f}")
    lines += [f"{key}: {value}" for key, value in results.items() if key.startswith("ratio")]
    if "metrics_overhead_percent" in results:
        lines.append(f"metrics_overhead_percent: {results['metrics_overhead_percent']}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
