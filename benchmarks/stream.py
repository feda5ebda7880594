"""`python -m benchmarks.stream`: the PostgreSQL and HDFS sinks against what people run today.

One session, one backlog, contenders in turns, medians. Figures are ratios: a machine's own speed
cancels out. Then the latency of a steady stream. Results go to benchmarks/results/stream.json;
`--only` some contenders are printed, not written: ratios belong to one session.
"""

import argparse
import json
import sys
import uuid
from dataclasses import replace

from benchmarks import latency, overhead, peers
from benchmarks.backlog import create, fill
from benchmarks.bench import Bench, make_bench, pipeline_of, servers
from benchmarks.contenders import CONTENDERS
from benchmarks.machine import ROOT, commit, machine
from benchmarks.throughput import run_in_turns, summary, table
from yeoul_local.platform import Platform

RESULTS = ROOT / "benchmarks" / "results" / "stream.json"
LATENCY, OVERHEAD = "latency", "overhead"
_CONTENDERS = [name for name in CONTENDERS if name != overhead.WATCHED]


def main() -> int:
    """Run the benchmark and write the results."""
    options = _options()
    names = [name for name in options.only if name in _CONTENDERS]
    results: dict[str, object] = {}
    with servers("postgres", "kafka", "hdfs") as platform:
        bench = _bench(platform, options.records if names or OVERHEAD in options.only else 0)
        if names:
            bench = replace(bench, peers=peers.start(platform, names))
            runs = run_in_turns(bench, platform.home.root, names, options.turns)
            for peer in bench.peers.values():
                peer.stop()
            found = summary(runs, options.records)
            print(table(runs, found, options.records))
            if set(names) == set(_CONTENDERS):
                results |= found | {"machine": machine(), "commit": commit()}
        if OVERHEAD in options.only:
            found = overhead.measure(bench, platform.home.root, options.pairs)
            print(f"metrics_overhead_percent: {found['metrics_overhead_percent']}")
            results |= found
        if LATENCY in options.only:
            found = _latency(platform, bench, latency.Plan(measured=options.seconds))
            print(json.dumps(found, indent=2))
            results |= found
    if options.write and results:
        known = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
        RESULTS.write_text(json.dumps(known | results, indent=2) + "\n")
        print(f"written to {RESULTS.relative_to(ROOT)}: {', '.join(results)}")
    return 0


def _options() -> argparse.Namespace:
    everything = [*_CONTENDERS, OVERHEAD, LATENCY]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stream", description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=15, help="of runs that are watched, and not")
    parser.add_argument("--seconds", type=float, default=60, help="for which latency is measured")
    parser.add_argument("--only", nargs="+", choices=everything, default=everything)
    parser.add_argument("--no-write", dest="write", action="store_false", help="print only")
    return parser.parse_args()


def _bench(platform: Platform, count: int) -> Bench:
    """Return the bench with a backlog of so many records, if any are wanted."""
    topic = f"bench-{uuid.uuid4().hex[:8]}"
    if count:
        fill(platform.endpoints.kafka_bootstrap, topic, count)
    source = {"maxOffsetsPerTrigger": count} if count else {}
    pipeline = pipeline_of(platform, topic, "available now", **source)
    return make_bench(platform, pipeline, count)


def _latency(platform: Platform, bench: Bench, plan: latency.Plan) -> dict[str, object]:
    topic = f"latency-{uuid.uuid4().hex[:8]}"
    create(bench.bootstrap, topic)
    steady = replace(bench, pipeline=pipeline_of(platform, topic, latency.TRIGGER))
    with latency.commit_times(platform):
        found = latency.measure(steady, plan)
    shares = {f"latency_{name}": found[name] for name in ("p50_s", "p95_s", "p99_s")}
    return {**shares, "latency": {**found, "machine": machine(), "commit": commit()}}


if __name__ == "__main__":
    sys.exit(main())
