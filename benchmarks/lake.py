"""`python -m benchmarks.lake`: the Iceberg sink beside the plain one, and what compaction does.

One session, one backlog of the README's records, both in turns, medians; then the backlog once more
in small batches, whose many files are compacted. Results go to benchmarks/results/lake.json.
"""

import argparse
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.backlog import fill
from benchmarks.bench import Bench, make_bench, servers
from benchmarks.contenders import yeoul
from benchmarks.cpu import cpu_seconds
from benchmarks.machine import ROOT, tell
from yeoul_local.platform import Platform
from yeoul_stream.compact.run import compact
from yeoul_stream.compact.settings import Settings as Aim
from yeoul_stream.job import Settings
from yeoul_stream.pipeline import StreamPipeline, apply_overlay, load_document, parse_pipeline

RESULTS = ROOT / "benchmarks" / "results" / "lake.json"
_EXAMPLE = ROOT / "manifests" / "examples" / "car-info.yaml"
_SINKS = ("parquet", "iceberg")
_TOPIC = "bench_lake"


@dataclass(frozen=True)
class Run:
    """One pass over the backlog."""

    rows_per_second: float
    cpu_seconds: float


def main() -> int:
    """Run the benchmark and write the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lake", description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--batches", type=int, default=50, help="of the part about compaction")
    parser.add_argument("--no-write", dest="write", action="store_false", help="print only")
    options = parser.parse_args()
    with servers("kafka", "hdfs") as platform:
        fill(platform.endpoints.kafka_bootstrap, topic := f"{_TOPIC}_{int(time.time())}",
             options.records)  # fmt: skip
        found = _measure(platform, topic, options, platform.home.root)
        tell(RESULTS, {"records": options.records, **found}, write=options.write)
    return 0


def _measure(
    platform: Platform, topic: str, options: argparse.Namespace, home: Path
) -> dict[str, Any]:
    bench = make_bench(platform, _pipeline(platform, topic, options.records), options.records)
    runs: dict[str, list[Run]] = {name: [] for name in _SINKS}
    for turn in range(-1, options.turns):
        for name in _SINKS:
            cpu, began = cpu_seconds(home), time.monotonic()
            yeoul(bench, (name,), turn if turn >= 0 else 1000)
            seconds = time.monotonic() - began
            run = Run(options.records / seconds, cpu_seconds(home) - cpu)
            print(f"{name:>8} {run.rows_per_second:10,.0f} rows/s {run.cpu_seconds:6.1f} CPU s")
            if turn >= 0:
                runs[name].append(run)
    medians = {
        name: asdict(
            Run(
                round(statistics.median(run.rows_per_second for run in done)),
                round(statistics.median(run.cpu_seconds for run in done), 1),
            )
        )
        for name, done in runs.items()
    }
    small = make_bench(
        platform,
        _pipeline(platform, topic, options.records // options.batches),
        options.records,
    )
    return {"sinks": medians, "compaction": _compaction(small)}


def _compaction(bench: Bench) -> dict[str, Any]:
    turn = 2000
    result = {}
    for name in _SINKS:
        began = time.monotonic()
        yeoul(bench, (name,), turn)
        streamed = time.monotonic() - began
        sink = bench.sink(name)
        assert sink.hdfs is not None
        target = sink.hdfs.model_copy(update={"path": f"{sink.hdfs.path}/{turn}"})
        moved = sink.model_copy(update={"hdfs": target})
        job = Settings(installation=f"{bench.topic}-{name}-{turn}", scratch=bench.scratch)
        began = time.monotonic()
        (outcome,) = compact(bench.pipeline, job, bench.spark, [moved], Aim(keep=0.0))
        result[name] = {
            "rowsPerSecond": round(bench.count / streamed),
            "compactionSeconds": round(time.monotonic() - began, 1), **outcome.document(),
        }  # fmt: skip
    return result


def _pipeline(platform: Platform, topic: str, batch: int) -> StreamPipeline:
    ends = platform.endpoints
    kafka = {
        "bootstrapServers": ends.kafka_bootstrap, "topic": topic, "startingOffsets": "earliest",
        "maxOffsetsPerTrigger": batch,
    }  # fmt: skip
    document = load_document(_EXAMPLE)
    document["spec"]["sinks"] = [
        {"name": name, "trigger": "available now",
         "hdfs": {"path": f"{ends.hdfs_uri}/bench/{topic}/{name}", "format": name}}
        for name in _SINKS
    ]  # fmt: skip
    overlay = {
        "metadata": {"name": "bench"},
        "spec": {"source": {"kafka": kafka}, "runtime": {"logLevel": "ERROR"}},
    }
    return parse_pipeline(apply_overlay(document, overlay), "benchmark")


if __name__ == "__main__":
    sys.exit(main())
