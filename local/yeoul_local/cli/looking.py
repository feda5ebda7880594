"""`yeoul status` and `logs`."""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from yeoul_local.checks import tail
from yeoul_local.cli.common import console, this_platform
from yeoul_local.errors import LocalError
from yeoul_local.home import Home
from yeoul_local.status import PartStatus, Status, collect

_STYLES = {"running": "green", "stopped": "dim", "died": "bold red"}
_FOLLOW_SECONDS = 0.2


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(status)
    app.command()(logs)


def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    as_page: Annotated[bool, typer.Option("--web", help="Serve it as a page.")] = False,
    port: Annotated[int, typer.Option("--port", help="The page's port; 0: any.")] = 8088,
    prometheus: Annotated[
        str | None, typer.Option("--prometheus", help="Where the page asks for alerts.")
    ] = None,
) -> None:
    """Show the parts and the pipelines: process, port, memory, time, and how far they are."""
    if as_page:
        # A server takes as long to import as all the rest of the command.
        from yeoul_local.page import serve

        serve(this_platform(), port, prometheus)
        return
    found = collect(this_platform())
    if as_json:
        print(json.dumps({**asdict(found), "memory": found.memory}, indent=2))
        return
    out = console()
    out.print(parts_table(found))
    if found.pipelines:
        out.print(sinks_table(found))


def logs(
    part: Annotated[str, typer.Argument(help="A part, or a pipeline's name.")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as it grows.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many.")] = 50,
) -> None:
    """Show the end of a log."""
    log = find_log(this_platform().home, part)
    end = log.stat().st_size
    print(tail(log, lines), flush=True)
    if follow:
        follow_log(log, end)


def find_log(home: Home, name: str) -> Path:
    """The log of a part or pipeline.

    Raises:
        LocalError: there is none of that name.
    """
    log = home.log(name)
    if log.is_file():
        return log
    known = sorted(path.stem for path in log.parent.glob("*.log"))
    raise LocalError(
        f"There is no log of `{name}` in {log.parent}.",
        f"There are logs of: {', '.join(known)}." if known else "Start it first: `yeoul up`.",
    )


def follow_log(log: Path, start: int) -> None:
    """Print what is added to a log after byte `start`, for ever."""
    with log.open("rb") as file:
        file.seek(start)
        while True:
            piece = file.read()
            sys.stdout.write(piece.decode(errors="replace"))
            sys.stdout.flush()
            if not piece:
                time.sleep(_FOLLOW_SECONDS)


def parts_table(found: Status) -> Table:
    """The processes."""
    table = Table(box=None, pad_edge=False)
    table.add_column("part")
    table.add_column("state")
    for name in ("pid", "port", "memory", "up for"):
        table.add_column(name, justify="right")
    for part in (*found.parts, *found.pipelines):
        table.add_row(*_cells(part), style=_STYLES[part.state] if part.state == "died" else "")
    table.add_row("", "", "", "", _size(found.memory), "", style="bold")
    return table


def sinks_table(found: Status) -> Table:
    """How far the pipelines' sinks are."""
    table = Table(box=None, pad_edge=False)
    for name in ("sink", "state"):
        table.add_column(name)
    for name in ("rows written", "dead", "rows/s", "lag rows", "lag s", "batch age s"):
        table.add_column(name, justify="right")
    table.add_column("last error")
    for pipeline, told in found.progress.items():
        if told is None:
            table.add_row(pipeline, "no answer yet")
            continue
        for name, sink in told.get("sinks", {}).items():
            table.add_row(f"{pipeline}.{name}", *_progress(sink))
    return table


def _cells(part: PartStatus) -> tuple[str, ...]:
    state = f"[{_STYLES[part.state]}]{part.state}[/]"
    numbers = [str(value) if value is not None else "" for value in (part.pid, part.port)]
    return (part.name, state, *numbers, _size(part.memory), duration(part.uptime))


def _progress(sink: dict[str, Any]) -> tuple[str, ...]:
    keys = ("rowsWritten", "rowsDead", "rowsPerSecond", "lagRows", "lagSeconds")
    numbers = [_number(sink.get(key)) for key in (*keys, "lastBatchAgeSeconds")]
    error = str(sink.get("lastError") or "").partition("\n")[0]
    return (str(sink.get("state", "")), *numbers, error)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


def _size(memory: int | None) -> str:
    return f"{memory / 1024**2:,.0f} MB" if memory is not None else ""


def duration(seconds: float | None) -> str:
    """Seconds in two units at most."""
    if seconds is None:
        return ""
    whole = int(seconds)
    for size, unit, small, lower in ((86400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // small} {lower}"
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"
