"""The demonstration as plain lines: for files, pipes and terminals without a cursor."""

from yeoul_local.demo.view import SinkLine, View
from yeoul_local.demo.words import clock, count, duration, one_line

_ERROR_WIDTH = 160


def lines(view: View) -> list[str]:
    """One line for the whole, and one for each sink that has an error."""
    parts = [f"{_time(view)}  {view.phase}", f"vehicles {count(view.vehicles)}"]
    if view.sent is not None:
        parts.append(f"sent to Kafka {view.sent:,} ({count(view.sent_rate)}/s)")
    parts += [_sink(line) for line in view.sinks]
    errors = [
        f"  {line.name}: {one_line(line.progress.last_error, _ERROR_WIDTH)}"
        for line in view.sinks
        if line.progress.last_error
    ]
    return [" | ".join(parts), *errors]


def _time(view: View) -> str:
    if view.phase != "streaming" or view.total is None:
        return clock(view.elapsed)
    return f"{clock(view.elapsed)} of {clock(view.total)}"


def _sink(line: SinkLine) -> str:
    sink = line.progress
    shown = [f"{line.name} {sink.state}", f"{sink.rows_written:,} rows"]
    if line.rate is not None:
        shown.append(f"{line.rate:,.0f}/s")
    shown.append(f"lag {count(sink.lag_rows)} ({duration(sink.lag_seconds)})")
    shown.append(f"dead {sink.rows_dead:,}")
    if sink.kind == "hdfs":
        shown.append(f"files {sink.files:,}")
    if sink.restarts:
        shown.append(f"restarts {sink.restarts}")
    return ", ".join(shown)
