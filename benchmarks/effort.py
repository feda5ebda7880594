"""What an operator process has cost so far, and what everything around it has."""

import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from fix_operator import Operator

_REQUEST = re.compile(r"^yeoul_api_requests_total{(.*)}$")
_LABEL = re.compile(r'(\w+)="([^"]*)"')
# What happens whether applications are there or not.
_ASIDE = ("leases", "events")
Request = tuple[str, str, str]
"""Verb, resource, HTTP status."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Counted since the start of each process; differences are what a phase has cost.

    Attributes:
        moment: monotonic seconds.
        operator: CPU seconds of the operator, user and system.
        processes: CPU seconds of this process and its children, by name.
        busy: CPU seconds of the whole machine.
        requests: to the API server, by verb, resource and status.
        dropped: events that were not recorded.
    """

    moment: float
    operator: float
    processes: Mapping[str, float]
    busy: float
    requests: Counter[Request]
    dropped: float = 0.0

    def since(self, before: "Effort") -> "Effort":
        """Return the difference."""
        names = self.processes
        return Effort(
            self.moment - before.moment,
            self.operator - before.operator,
            {name: names[name] - before.processes.get(name, 0.0) for name in names},
            self.busy - before.busy,
            self.requests - before.requests,
            self.dropped - before.dropped,
        )

    @property
    def others_cores(self) -> float:
        """How many cores were busy with something that is no part of the benchmark."""
        return max(0.0, self.busy - sum(self.processes.values())) / self.moment

    @property
    def work(self) -> Counter[Request]:
        """The requests that are made for applications; watches and lists are for all of them."""
        return Counter(
            {
                request: count
                for request, count in self.requests.items()
                if request[0] not in ("watch", "list") and request[1] not in _ASIDE
            }
        )

    @property
    def events(self) -> int:
        """The requests that record events."""
        return sum(count for (_, what, _), count in self.requests.items() if what == "events")


def effort_of(operator: Operator) -> Effort:
    """Return what has been spent until now."""
    metrics = operator.metrics()
    return Effort(
        time.monotonic(),
        _cpu(psutil.Process(operator.process.child.pid)),
        _by_name(operator.process.child.pid),
        _busy(),
        _requests(metrics),
        metrics.get("yeoul_events_dropped_total", 0.0),
    )


def memory_mb(operator: Operator, field: str) -> float:
    """Return `VmHWM`, the peak of what the process has held in memory, or `VmRSS`, what it holds.

    In units of 10^6 bytes. https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
    """
    text = Path(f"/proc/{operator.process.child.pid}/status").read_text()
    found = re.search(rf"^{field}:\s+(\d+) kB$", text, re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024 / 1e6


def _requests(metrics: Mapping[str, float]) -> Counter[Request]:
    counts: Counter[Request] = Counter()
    for name, value in metrics.items():
        found = _REQUEST.match(name)
        if found:
            labels = dict(_LABEL.findall(found[1]))
            counts[labels["verb"], labels["resource"], labels["code"]] += int(value)
    return counts


def _by_name(operator: int) -> dict[str, float]:
    own = psutil.Process()
    found = {"benchmark": _cpu(own)}
    for child in own.children():
        name = "operator" if child.pid == operator else child.name()
        found[name] = found.get(name, 0.0) + _cpu(child)
    return found


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _busy() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)
