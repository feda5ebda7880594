"""What it costs to show a stream from outside: pairs of runs, watched and not, by CPU time."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.throughput import Run, run_once

ALONE, WATCHED = "yeoul", "yeoul_watched"
# Beside the turns of the contenders, of which each has folders of its own.
_FIRST_TURN = 1_000


@dataclass(frozen=True)
class Pair:
    """Two passes, one right after the other: as it is, and with all that shows it from outside."""

    alone: Run
    watched: Run


def measure(bench: Bench, home: Path, pairs: int) -> dict[str, object]:
    """Run so many pairs, two at least, and one to get warm; return what being watched costs."""
    _, *measured = (_pair(bench, home, turn) for turn in range(max(pairs, 2) + 1))
    return overhead(measured)


def _pair(bench: Bench, home: Path, turn: int) -> Pair:
    """Run the same, alone and watched; who begins changes."""
    order = (ALONE, WATCHED) if turn % 2 else (WATCHED, ALONE)
    runs = {name: run_once(bench, home, name, _FIRST_TURN + turn) for name in order}
    return Pair(runs[ALONE], runs[WATCHED])


def overhead(pairs: Sequence[Pair]) -> dict[str, object]:
    """Return what being watched costs, in per cent of the CPU time of the same run alone."""
    found = [100 * (pair.watched.cpu_seconds / pair.alone.cpu_seconds - 1) for pair in pairs]
    low, middle, high = statistics.quantiles(found, n=4)
    return {
        "metrics_overhead_percent": round(middle, 1),
        "metrics_overhead": {
            "pairs": [asdict(pair) for pair in pairs],
            "quartiles_percent": [round(low, 1), round(high, 1)],
        },
    }
