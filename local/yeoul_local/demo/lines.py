"""The stream as plain lines: for files, pipes and terminals without a cursor."""

from yeoul_local.demo.view import SAYING, SinkLine, View
from yeoul_local.demo.words import clock, count, duration, one_line

_ERROR_WIDTH = 160


def lines(view: View) -> list[str]:
    """One line for the whole, and one for each sink that has an error."""
    if view.phase in ("proving", "drawing", "ended"):
        took = f" ({duration(view.in_phase)})" if view.in_phase >= 1 else ""
        return [f"{SAYING[view.phase]}{took}"] if view.phase != "ended" else []
    parts = [f"{_time(view)}  {view.phase}"]
    if view.vehicles:
        parts.append(f"{view.vehicles} vehicles")
    if view.sent:
        parts.append(f"{view.sent:,} records into Kafka ({count(view.sent_rate)}/s)")
    parts += [_sink(line) for line in view.sinks]
    errors = [
        f"  {line.name}: {one_line(line.error, _ERROR_WIDTH)}" for line in view.sinks if line.error
    ]
    return [" | ".join(parts), *errors]


def _time(view: View) -> str:
    if view.phase != "streaming" or view.total is None:
        return clock(view.elapsed)
    return f"{clock(view.elapsed)} of {clock(view.total)}"


def _sink(line: SinkLine) -> str:
    if line.state == "starting":
        return f"{line.name} starting"
    shown = [f"{line.name} {line.state}"]
    if line.restarts:
        shown[0] += f" (restarts: {line.restarts})"
    shown.append(f"{line.written:,} rows")
    if line.rate is not None:
        shown.append(f"{line.rate:,.0f}/s")
    if line.lag is not None:
        shown.append(f"lag {line.lag:,} ({duration(line.lag_seconds)})")
    shown.append(f"dead letters {line.dead:,}")
    if line.kind == "hdfs":
        shown.append(f"files {line.files:,}")
    return ", ".join(shown)
