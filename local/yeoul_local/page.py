"""The status page of this machine."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from yeoul_local import ports
from yeoul_local.errors import LocalError
from yeoul_local.platform import Platform
from yeoul_local.spark import INSTALLATION
from yeoul_local.status import PartStatus, collect
from yeoul_stream.pipeline import PipelineError, load_pipeline
from yeoul_web.model import STAGES, Look, Part, PartState, Pipeline, Sink, Stage
from yeoul_web.pods import tables_of
from yeoul_web.server import Page, application
from yeoul_web.source import Table

_STATES: Mapping[str, PartState] = {"running": "up", "stopped": "absent", "died": "down"}
_SICK = frozenset({"backoff", "failed"})
_AT_WORK = frozenset({"running", "finished"})


def serve(platform: Platform, port: int, prometheus: str | None) -> None:
    """Serve the page on loopback until a signal.

    Raises:
        LocalError: the port is taken.
    """
    try:
        listener = socket.create_server((ports.LOOPBACK, port))
    except OSError as error:
        raise LocalError(
            f"The page cannot be served on port {port}: {error.strerror}.",
            "Name another one: `--port 0` takes any.",
        ) from None
    address = f"http://{ports.LOOPBACK}:{listener.getsockname()[1]}/"
    print(f"The page is at {address} until Ctrl-C.", flush=True)
    page = Page(ThisMachine(platform, INSTALLATION), prometheus)
    web.run_app(application(page), sock=listener, access_log=None, print=None)


class ThisMachine:
    """The instance of the platform on this machine."""

    title = "on this machine"

    def __init__(self, platform: Platform, installation: str) -> None:
        self.secrets = platform.home.secrets
        self._platform = platform
        self._installation = installation

    async def look(self) -> Look:
        """What there is now."""
        return await asyncio.to_thread(self._look)

    async def tables(self) -> Sequence[Table]:
        """The tables of the pipelines that run or ran."""
        return await asyncio.to_thread(self._tables)

    async def close(self) -> None:
        """Nothing is held."""

    def _look(self) -> Look:
        found = collect(self._platform)
        parts = [part(one, STAGES.get(one.name, "platform")) for one in found.parts]
        drivers = [part(one, "spark") for one in found.pipelines]
        pipelines = [pipeline(one, found.progress.get(one.name)) for one in found.pipelines]
        here = tuple(one for one in (*parts, *drivers) if one.state != "absent")
        return Look(at=datetime.now(UTC), parts=here, pipelines=tuple(pipelines))

    def _tables(self) -> list[Table]:
        records = self._platform.state_file.read().processes.values()
        files = [self._file(one.name) for one in records if one.kind == "job"]
        found = []
        for file in files:
            try:
                found += tables_of(self._installation, load_pipeline(file))
            except (PipelineError, OSError):
                continue
        return found

    def _file(self, name: str) -> Path:
        return self._platform.home.run / f"{name}.yaml"


def part(status: PartStatus, stage: Stage) -> Part:
    """A process as a part."""
    detail = f"port {status.port}" if status.port and status.state == "running" else ""
    return Part(name=status.name, stage=stage, state=_STATES[status.state], detail=detail)


def pipeline(status: PartStatus, told: Mapping[str, Any] | None) -> Pipeline:
    """A job, and what it tells; None: it does not answer (yet)."""
    progress = told or {}
    sinks = tuple(sink(name, one) for name, one in progress.get("sinks", {}).items())
    failed = [f"{one.name}: {one.last_error}" for one in sinks if one.state in _SICK]
    return Pipeline(
        namespace=progress.get("namespace", "default"),
        name=status.name,
        phase={"running": "Running", "died": "Failed", "stopped": "Stopped"}[status.state],
        is_healthy=_is_healthy(status, sinks),
        message="; ".join(one.partition("\n")[0] for one in failed),
        topic=progress.get("topic", ""),
        sinks=sinks,
    )


def _is_healthy(status: PartStatus, sinks: Sequence[Sink]) -> bool | None:
    if status.state == "died" or any(one.state in _SICK for one in sinks):
        return False
    return True if sinks and all(one.state in _AT_WORK for one in sinks) else None


def sink(name: str, told: Mapping[str, Any]) -> Sink:
    """One sink of `/progress`."""
    return Sink(
        name=name,
        kind=told.get("kind", ""),
        state=told.get("state", ""),
        rows_written=told.get("rowsWritten"),
        rows_dead=told.get("rowsDead"),
        rows_per_second=told.get("rowsPerSecond"),
        lag_rows=told.get("lagRows"),
        lag_seconds=told.get("lagSeconds"),
        batch_age_seconds=told.get("lastBatchAgeSeconds"),
        last_error=told.get("lastError"),
    )
