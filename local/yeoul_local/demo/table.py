"""The stream as a live table."""

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from yeoul_local.demo.view import SAYING, SinkLine, View
from yeoul_local.demo.words import clock, count, duration, one_line

_STATES = {"running": "green", "backoff": "yellow", "failed": "bold red", "drained": "cyan"}
_ERROR_WIDTH = 300
# Widths that numbers grow into, so that the table stays where it is; 80 columns hold it.
_COLUMNS = (
    ("rows/s", 6),
    ("written", 10),
    ("dead", 5),
    ("lag rows", 8),
    ("lag", 6),
    ("files", 5),
    ("batch age", 9),
)


def render(view: View) -> RenderableType:
    """The whole: a head, the sinks, their errors."""
    body = [_head(view), _numbers(view), Text(""), _sinks(view.sinks), *_errors(view.sinks)]
    title = "[bold]Yeoul[/]"
    return Panel(Group(*body), title=title, title_align="left", box=box.ROUNDED, expand=False)


def _head(view: View) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    time = clock(view.elapsed)
    if view.phase == "streaming" and view.total is not None:
        time += f" of {clock(view.total)}"
    saying = Text(SAYING[view.phase])
    if view.phase in ("catching up", "draining", "proving"):
        saying.append(f", {duration(view.in_phase)}", style="dim")
    bar = ProgressBar(total=1.0, completed=view.done or 0.0, width=20)
    timed = view.phase == "streaming" and view.done is not None
    grid.add_row(Text(time, style="bold"), *([bar] if timed else []), saying)
    return grid


def _numbers(view: View) -> RenderableType:
    numbers = Table.grid(padding=(0, 3))
    numbers.add_row(
        _number(count(view.vehicles or None), "vehicles"),
        _number(count(view.sent), f"records into Kafka, {count(view.sent_rate)}/s"),
        _number(count(view.rows), "rows in PostgreSQL"),
    )
    return numbers


def _number(value: str, label: str) -> Text:
    return Text.assemble((value, "bold cyan"), " ", label)


def _sinks(sinks: tuple[SinkLine, ...]) -> RenderableType:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("sink", min_width=8, overflow="fold")
    table.add_column("state", min_width=8)
    for name, width in _COLUMNS:
        table.add_column(name, justify="right", no_wrap=True, min_width=width)
    for line in sinks:
        table.add_row(*_cells(line))
    return table


def _cells(line: SinkLine) -> tuple[RenderableType, ...]:
    state = f"{line.state} ({line.restarts})" if line.restarts else line.state
    return (
        Text(line.name),
        Text(state, style=_STATES.get(line.state, "")),
        count(line.rate),
        f"{line.written:,}",
        Text(f"{line.dead:,}", style="red" if line.dead else ""),
        count(line.lag),
        duration(line.lag_seconds),
        f"{line.files:,}" if line.kind == "hdfs" else "",
        duration(line.batch_age),
    )


def _errors(sinks: tuple[SinkLine, ...]) -> list[RenderableType]:
    return [
        Text(f"{line.name}: {one_line(line.error, _ERROR_WIDTH)}", style="red")
        for line in sinks
        if line.error
    ]
