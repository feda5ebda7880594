"""The demonstration as a live table."""

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from yeoul_local.demo.view import SinkLine, View
from yeoul_local.demo.words import clock, count, duration, one_line

_STATES = {"running": "green", "backoff": "yellow", "failed": "red", "drained": "cyan"}
_ERROR_WIDTH = 200


def render(view: View) -> RenderableType:
    """The whole: a head, the sinks, their errors."""
    body = [_head(view), Text(""), _sinks(view.sinks), *_errors(view.sinks)]
    return Panel(
        Group(*body), title="[bold]Yeoul[/]", title_align="left", box=box.ROUNDED, expand=False
    )


def _head(view: View) -> RenderableType:
    grid = Table.grid(padding=(0, 3))
    time = clock(view.elapsed)
    if view.total is not None and view.phase == "streaming":
        time += f" of {clock(view.total)}, {clock(view.total - view.elapsed + 0.99)} left"
    done = view.done
    bar = ProgressBar(total=1.0, completed=done, width=24) if done is not None else Text("")
    grid.add_row(Text(view.phase, style="bold"), Text(time), bar)
    numbers = Table.grid(padding=(0, 3))
    numbers.add_row(
        _number(count(view.vehicles), "vehicles on the move"),
        _number(count(view.sent), f"records into Kafka ({count(view.sent_rate)}/s)"),
        _number(count(view.rows), "rows in PostgreSQL"),
    )
    return Group(grid, numbers)


def _number(value: str, label: str) -> Text:
    return Text.assemble((value, "bold cyan"), " ", label)


def _sinks(sinks: tuple[SinkLine, ...]) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False)
    table.add_column("sink")
    table.add_column("state")
    for name in ("rows/s", "written", "lag rows", "lag", "dead", "files", "batch age"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in sinks:
        sink = line.progress
        state = f"{sink.state} ({sink.restarts})" if sink.restarts else sink.state
        table.add_row(
            f"{line.name} [dim]{sink.kind}[/]",
            Text(state, style=_STATES.get(sink.state, "")),
            count(line.rate),
            f"{sink.rows_written:,}",
            count(sink.lag_rows),
            duration(sink.lag_seconds),
            Text(f"{sink.rows_dead:,}", style="red" if sink.rows_dead else ""),
            f"{sink.files:,}" if sink.kind == "hdfs" else "",
            duration(sink.last_batch_age_seconds),
        )
    return table


def _errors(sinks: tuple[SinkLine, ...]) -> list[RenderableType]:
    return [
        Text(f"{line.name}: {one_line(line.progress.last_error, _ERROR_WIDTH)}", style="red")
        for line in sinks
        if line.progress.last_error
    ]
