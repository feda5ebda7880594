"""What is measured of the operator, each on the cluster as the one before has left it."""

import asyncio
import math
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.effort import Effort, Request, effort_of, memory_mb
from benchmarks.load import FAILED, Load, Seen
from fix_operator import Operator

Results = dict[str, object]
_SETTLED_S = 5.0
_SHOWN_EVERY_S = 5.0
_KNOWN_WITHIN_S = 300.0
_RUNNING = "spark_application_running_count"


@dataclass(frozen=True, slots=True)
class Bench:
    """The operator that is measured, and the load upon it."""

    operator: Operator
    load: Load

    async def effort(self) -> Effort:
        """What has been spent until now."""
        return await asyncio.to_thread(effort_of, self.operator)

    async def run(self, names: Sequence[str], patience: float) -> None:
        """Create the applications, and wait until they run or have failed; show how far it is.

        Raises:
            TimeoutError: some did neither for `patience` seconds in which nothing moved.
        """
        task = asyncio.create_task(self.load.create(names))
        clock = asyncio.get_running_loop().time
        began = moved = clock()
        shown, known = 0.0, (0, 0, 0)
        while known[-1] < len(names):
            await asyncio.sleep(0.1)
            self.load.check()
            if task.done():
                task.result()
            now, before, known = clock(), known, self._progress(names)
            moved = now if known != before else moved
            text = "{} drivers, {} of them running; {} known to run".format(*known)
            if now - shown > _SHOWN_EVERY_S:
                shown = now
                print(f"  {now - began:6.1f} s: {text}, of {len(names)}", flush=True)
            if now - moved > patience:
                raise TimeoutError(f"nothing moved for {patience:.0f} s: {text}, of {len(names)}")
        await task

    def _progress(self, names: Sequence[str]) -> tuple[int, int, int]:
        count = self.load.count
        return (
            count(names, lambda one: not math.isnan(one.pod)),
            count(names, lambda one: not math.isnan(one.pod_running)),
            count(names, _is_over),
        )

    async def settled(self, patience: float = 300.0) -> Effort:
        """Wait until no more is written, events included, and return what was spent until then."""
        before = await self.effort()
        for _ in range(math.ceil(patience / _SETTLED_S)):
            await asyncio.sleep(_SETTLED_S)
            now = await self.effort()
            since = now.since(before)
            if not since.events and not sum(since.work.values()):
                return now
            before = now
        raise TimeoutError(f"the operator did not come to rest within {patience:.0f} s")


def _is_over(one: Seen) -> bool:
    return not math.isnan(one.running) or one.state in FAILED


async def single(bench: Bench, count: int) -> Results:
    """One application after the other: from its creation until its driver pod exists."""
    took = [await _alone(bench.load, f"single-{number}") for number in range(count + 1)]
    # The first one opens connections and fills the interpreter's caches.
    del took[0]
    return {
        "single_ms_p50": round(statistics.median(took), 1),
        "single_ms_max": round(max(took), 1),
        "singles": count,
    }


async def _alone(load: Load, name: str) -> float:
    """Create one, and return the milliseconds until its driver pod existed, once it runs."""
    await load.create([name])
    seen = load.seen[name]
    await load.until("a driver pod", lambda: not math.isnan(seen.pod), 60, 0.001)
    await load.until("RUNNING", lambda: not math.isnan(seen.running), 60)
    return (seen.pod - seen.asked) * 1000


async def burst(bench: Bench, count: int) -> Results:
    """Many at once: how fast they have drivers, how late their statuses are, what one costs."""
    names = [f"burst-{number}" for number in range(count)]
    before = await bench.settled()
    await bench.run(names, patience=120)
    running = (await bench.effort()).since(before)
    spent = (await bench.settled()).since(before)
    seen = [bench.load.seen[name] for name in names]
    well = [one for one in seen if not math.isnan(one.running)]
    began, last = min(one.asked for one in seen), max(one.pod for one in seen)
    lags = sorted(one.lag for one in well)
    return {
        "submissions_per_minute": round(count / (last - began) * 60),
        "failed": count - len(well),
        "status_lag_s_p50": round(statistics.median(lags), 3),
        "status_lag_s_p99": round(_percentile(lags, 0.99), 3),
        "status_lag_s_max": round(lags[-1], 3),
        "operator_cpu_s_per_application": round(spent.operator / count, 4),
        "operator_cpu_s_per_application_until_running": round(running.operator / count, 4),
        "requests_per_application": round(sum(spent.work.values()) / count, 2),
        "requests": _shown(spent.work),
        "events_per_application": round(spent.events / count, 2),
        "events_dropped": round(spent.dropped),
        "burst": {
            "applications": count,
            "seconds": round(max(one.running for one in well) - began, 1),
            "cpu_seconds_until_running": _rounded(running.processes),
            "other_load_cores": round(running.others_cores, 2),
        },
    }


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def _shown(requests: Counter[Request]) -> dict[str, int]:
    return {" ".join(one): count for one, count in sorted(requests.items())}


def _rounded(seconds: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in sorted(seconds.items())}


async def crowd(bench: Bench, count: int, idle_seconds: float) -> Results:
    """So many live applications in all: the memory that they take, and what rest costs."""
    missing = count - len(bench.load.seen)
    print(f"  {missing} more, to have {count}")
    await bench.run([f"crowd-{number}" for number in range(missing)], patience=180)
    print("  waiting until all is quiet", flush=True)
    before = await bench.settled(900)
    await asyncio.sleep(idle_seconds)
    idle = (await bench.effort()).since(before)
    return {
        f"memory_mb_{count}": round(memory_mb(bench.operator, "VmHWM"), 1),
        f"memory_mb_{count}_at_rest": round(memory_mb(bench.operator, "VmRSS"), 1),
        f"idle_core_percent_{count}": round(idle.operator / idle.moment * 100, 2),
        "idle": {
            "seconds": round(idle.moment),
            "requests": _shown(idle.requests),
            "cpu_seconds": _rounded(idle.processes),
            "other_load_cores": round(idle.others_cores, 2),
        },
    }


async def restarted(bench: Bench, began: float) -> Results:
    """A new process meets them all: what it takes to know them, and that it leaves them alone.

    `began` is when it was started, in monotonic seconds.
    """
    count = bench.load.count(list(bench.load.seen), lambda one: one.state == "RUNNING")
    while (await asyncio.to_thread(_known_to_run, bench.operator)) < count:
        if time.monotonic() - began > _KNOWN_WITHIN_S:
            raise TimeoutError(f"the new process did not know all within {_KNOWN_WITHIN_S:.0f} s")
        await asyncio.sleep(0.5)
    seconds = time.monotonic() - began
    spent = await bench.settled(900)
    return {
        f"restart_seconds_{count}": round(seconds, 1),
        f"restart_memory_mb_{count}": round(memory_mb(bench.operator, "VmHWM"), 1),
        f"restart_cpu_s_{count}": round(spent.operator, 1),
        f"restart_writes_{count}": sum(n for one, n in spent.work.items() if one[0] != "get"),
        "restart": {"requests": _shown(spent.work)},
    }


def _known_to_run(operator: Operator) -> float:
    metrics = operator.metrics().items()
    return sum(value for name, value in metrics if name.startswith(_RUNNING))
