"""What runs: the parts and the pipelines, as values."""

import time
from dataclasses import dataclass
from typing import Any, Literal

import psutil

from yeoul_local import jobs
from yeoul_local.ending import with_descendants
from yeoul_local.parts import ALL, PARTS, expand
from yeoul_local.platform import Platform
from yeoul_local.state import ProcessRecord, State

Word = Literal["running", "stopped", "died"]


@dataclass(frozen=True)
class PartStatus:
    """A part.

    Attributes:
        name: its name.
        state: `died` if it was started, and never stopped, but is gone.
        pid: its process.
        port: where it answers.
        memory: proportional set size of it and all below it, bytes; None if unreadable.
        uptime: seconds since it was started.
    """

    name: str
    state: Word
    pid: int | None = None
    port: int | None = None
    memory: int | None = None
    uptime: float | None = None


@dataclass(frozen=True)
class Status:
    """The parts, the pipelines, and what each pipeline's job tells (None: no answer)."""

    parts: tuple[PartStatus, ...]
    pipelines: tuple[PartStatus, ...]
    progress: dict[str, dict[str, Any] | None]

    @property
    def memory(self) -> int:
        """Bytes of all together."""
        return sum(status.memory or 0 for status in (*self.parts, *self.pipelines))


def collect(platform: Platform) -> Status:
    """How the instance is now."""
    state = platform.state_file.read()
    shown = [*expand(ALL), *(name for name in PARTS if name in state.processes)]
    parts = tuple(_status(platform, state, name) for name in dict.fromkeys(shown))
    records = [record for record in state.processes.values() if record.kind == "job"]
    pipelines = tuple(_status(platform, state, record.name) for record in records)
    alive = {status.name for status in pipelines if status.state == "running"}
    told = {record.name: jobs.progress(record) for record in records if record.name in alive}
    return Status(parts, pipelines, told)


def _status(platform: Platform, state: State, name: str) -> PartStatus:
    record: ProcessRecord | None = state.processes.get(name)
    process = platform.process(name)
    if record is None or process is None:
        return PartStatus(name, "died" if record else "stopped")
    uptime = max(0.0, time.time() - record.created)
    return PartStatus(name, "running", record.pid, record.port, memory(process), uptime)


def memory(process: psutil.Process) -> int | None:
    """Proportional set size of a process and all below it, in bytes; None if unreadable."""
    try:
        return sum(int(p.memory_full_info().pss) for p in with_descendants([process]))
    except (psutil.Error, AttributeError):
        return None
