"""The contenders in turns over one backlog, and what is made of their times."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.bench import Bench, fresh_table, rows_in_table
from benchmarks.contenders import CONTENDERS
from benchmarks.cpu import cpu_seconds

RATIOS = {
    "ratio_vs_jdbc": ("jdbc", "yeoul"),
    "ratio_vs_jdbc_batched": ("jdbc_batched", "yeoul"),
    "ratio_vs_flink_sql": ("flink_sql", "yeoul"),
    "ratio_vs_kafka_connect": ("kafka_connect", "yeoul"),
    "ratio_vs_bare_loop": ("bare_loop", "yeoul"),
    "ratio_both_sinks": ("jdbc_and_files", "yeoul_both"),
}
_WARM_UP = -1


@dataclass(frozen=True)
class Run:
    """One pass over the backlog."""

    seconds: float
    cpu_seconds: float


Runs = Mapping[str, Sequence[Run]]


def run_in_turns(bench: Bench, home: Path, names: Sequence[str], turns: int) -> Runs:
    """Let each move the backlog once to get warm, and then in turns."""
    print(f"warming up: {', '.join(names)}")
    for name in names:
        run_once(bench, home, name, _WARM_UP)
    runs: dict[str, list[Run]] = {name: [] for name in names}
    for turn in range(turns):
        for name in names:
            runs[name].append(run_once(bench, home, name, turn))
    return runs


def run_once(bench: Bench, home: Path, name: str, turn: int) -> Run:
    """Let one move the backlog into an empty table; `turn` is a number that it has not had yet."""
    fresh_table(bench)
    cpu, began = cpu_seconds(home), time.monotonic()
    CONTENDERS[name](bench, turn if turn != _WARM_UP else 10_000)
    run = Run(time.monotonic() - began, cpu_seconds(home) - cpu)
    arrived = rows_in_table(bench)
    if arrived != bench.count:
        raise RuntimeError(f"{name} delivered {arrived} rows of {bench.count}")
    label = f"turn {turn + 1}" if turn != _WARM_UP else "warm-up"
    print(
        f"{label:>8}  {name:<16} {run.seconds:6.1f} s  {bench.count / run.seconds:10,.0f} rows/s"
        f"  {run.cpu_seconds:6.1f} CPU s",
        flush=True,
    )
    return run


def summary(runs: Runs, count: int) -> dict[str, object]:
    """Return the results; ratios above 1 mean that Yeoul is faster."""
    seconds = {name: statistics.median(run.seconds for run in done) for name, done in runs.items()}
    cpu = {name: statistics.median(run.cpu_seconds for run in done) for name, done in runs.items()}
    million = count / 1e6
    return {
        **{
            key: round(seconds[peer] / seconds[ours], 2)
            for key, (peer, ours) in RATIOS.items()
            if peer in seconds and ours in seconds
        },
        **({"cpu_seconds_per_million": round(cpu["yeoul"] / million, 1)} if "yeoul" in cpu else {}),
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
    }


def table(runs: Runs, results: Mapping[str, object], count: int) -> str:
    """Return the medians as text, one contender a line."""
    lines = [f"{'contender':<16} {'median':>8} {'rows/s':>10} {'CPU s per million':>18}"]
    for name, done in runs.items():
        seconds = statistics.median(run.seconds for run in done)
        cpu = statistics.median(run.cpu_seconds for run in done) * 1e6 / count
        lines.append(f"{name:<16} {seconds:7.1f}s {count / seconds:10,.0f} {cpu:18.1f}")
    lines += [f"{key}: {value}" for key, value in results.items() if key.startswith("ratio")]
    return "\n".join(lines)
