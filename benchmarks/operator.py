"""`python -m benchmarks.operator`: what the operator takes, of time, requests, CPU and memory.

On a control plane of its own, with pods that KWOK plays. Results go to
benchmarks/results/operator.json.
"""

import argparse
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import uvloop

from bed.control_plane import ControlPlane
from bed.processes import BedError
from benchmarks.load import Load
from benchmarks.machine import ROOT, commit, machine
from benchmarks.operator_measures import Bench, Results, burst, crowd, restarted, single
from benchmarks.pipelines import Many, pipelines
from fix_cluster import CRDS
from fix_operator import running_operator

RESULTS = ROOT / "benchmarks" / "results" / "operator.json"
MEASURES = ("pipelines", "single", "burst", "crowd", "restart")
# A driver asks for a core and about a gibibyte; a node has room for 1,000 cores.
_DRIVERS_A_NODE = 500
GOALS = {
    "single_ms_p50": ("<=", 300.0),
    "submissions_per_minute": (">=", 1000.0),
    "failed": ("<=", 0.0),
    "status_lag_s_p99": ("<=", 1.0),
    "operator_cpu_s_per_application": ("<=", 0.1),
    "requests_per_application": ("<=", 8.0),
    "memory_mb_5000": ("<=", 300.0),
    "idle_core_percent_5000": ("<=", 5.0),
    "pipelines_100_core_percent": ("<=", 5.0),
    "pipelines_200_status_age_s_max": ("<=", 10.0),
    "pipelines_200_core_percent": ("<=", 10.0),
}


def main() -> int:
    """Run the benchmark; write the results of each measure as it is done."""
    options = _options()
    print(f"load of the machine before: {psutil.getloadavg()[0]:.1f}")
    try:
        with ControlPlane() as plane:
            plane.add_nodes(options.live // _DRIVERS_A_NODE + 2)
            for path in sorted(CRDS.glob("*.yaml")):
                plane.api.apply_file(path)
            with tempfile.TemporaryDirectory() as folder:
                logs, report = options.log or Path(folder), Report(options.write)
                if "pipelines" in options.only:
                    for count in options.pipelines:
                        print(f"pipelines: {count}")
                        many = Many(count, options.idle)
                        report.add(pipelines(plane.kubeconfig, logs, _settings(options), many))
                uvloop.run(_measure(plane.kubeconfig, logs, options, report))
    except BedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.operator", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES))
    parser.add_argument("--singles", type=int, default=30, help="how many one after the other")
    parser.add_argument("--applications", type=int, default=1000, help="how many at once")
    parser.add_argument("--live", type=int, default=5000, help="how many live in the end")
    parser.add_argument(
        "--pipelines", nargs="+", type=int, default=[100, 200], help="how many with moving numbers"
    )
    parser.add_argument("--idle", type=float, default=60.0, help="seconds of rest to measure")
    parser.add_argument("--setting", nargs="*", default=[], help="of the operator, as NAME=VALUE")
    parser.add_argument("--log", type=Path, help="keep the operator's log in this folder")
    parser.add_argument("--no-write", dest="write", action="store_false", help="print only")
    return parser.parse_args()


def _settings(options: argparse.Namespace) -> dict[str, str]:
    return dict(one.split("=", 1) for one in options.setting)


async def _measure(
    kubeconfig: Path, logs: Path, options: argparse.Namespace, report: "Report"
) -> None:
    settings = _settings(options)
    async with Load(kubeconfig) as load:
        with ExitStack() as stack:
            bench = Bench(stack.enter_context(running_operator(kubeconfig, logs, **settings)), load)
            if "single" in options.only:
                print(f"one after the other: {options.singles}")
                report.add(await single(bench, options.singles))
            if "burst" in options.only:
                print(f"at once: {options.applications}")
                report.add(await burst(bench, options.applications))
            if "crowd" in options.only:
                print(f"live: {options.live}")
                report.add(await crowd(bench, options.live, options.idle))
        if "restart" in options.only:
            print("a new process")
            report.add(await _restart(kubeconfig, logs, load, settings))


async def _restart(kubeconfig: Path, logs: Path, load: Load, settings: dict[str, str]) -> Results:
    began = time.monotonic()
    with running_operator(kubeconfig, logs, "again", **settings) as operator:
        return await restarted(Bench(operator, load), began)


class Report:
    """Shows what was found and adds it to the results of the same commit and machine."""

    def __init__(self, write: bool) -> None:
        self._write = write
        self._about: Results = {"machine": machine(), "commit": commit()}

    def add(self, found: Results) -> None:
        """Take the results of a measure."""
        print(table(found), flush=True)
        if not self._write:
            return
        known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        if any(known.get(key) != value for key, value in self._about.items()):
            known = {}
        RESULTS.write_text(json.dumps({**known, **found, **self._about}, indent=2) + "\n")
        print(f"written to {RESULTS.relative_to(ROOT)}", flush=True)


def table(results: Results) -> str:
    """Return the figures as text, one a line, with what was aimed at."""
    lines = []
    for key, value in results.items():
        if isinstance(value, int | float):
            sign, goal = GOALS.get(key, ("", 0.0))
            verdict = "met" if (value <= goal if sign == "<=" else value >= goal) else "MISSED"
            lines.append(
                f"{key:<46} {value:>10}" + (f"   {sign} {goal:g}: {verdict}" if sign else "")
            )
        elif isinstance(value, dict):
            lines += [f"  {key}.{name}: {found}" for name, found in value.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
