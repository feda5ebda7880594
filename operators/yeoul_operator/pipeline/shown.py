"""What people see of a pipeline's progress, rounded so that it is written when it matters. Pure."""

from __future__ import annotations

from datetime import datetime

from yeoul_operator.pipeline.progress import Progress, SinkProgress
from yeoul_operator.pipeline.status import PipelineStatus, SinkStatus, rounded

_UNITS = ((86400, "d"), (3600, "h"), (60, "m"))


def with_progress(status: PipelineStatus, progress: Progress, now: datetime) -> PipelineStatus:
    """Return the status with the sinks' numbers.

    A number that would change by less than its rounding stays, and with it the stored status.
    """
    before = {sink.name: sink for sink in status.sinks}
    sinks = tuple(
        _shown(name, sink, before.get(name), now) for name, sink in progress.sinks.items()
    )
    rates = sum(sink.rows_per_second for sink in progress.sinks.values())
    batches = [sink.last_batch_at for sink in sinks if sink.state != "finished"]
    oldest = min((one for one in batches if one is not None), default=None)
    return status.model_copy(
        update={
            "sinks": sinks,
            "lag": lag_text(progress),
            "rows_per_second": rate(rates),
            "rows_dead": sum(sink.rows_dead for sink in sinks),
            "last_batch_at": oldest,
            "epoch_floor": max(status.epoch_floor, progress.epoch),
        }
    )


def _shown(name: str, sink: SinkProgress, before: SinkStatus | None, now: datetime) -> SinkStatus:
    age = _age(sink.last_batch_at, now)
    return SinkStatus(
        name=name,
        kind=sink.kind,
        state=sink.state,
        lag_rows=None if sink.lag_rows is None else rounded(sink.lag_rows),
        lag_seconds=None if sink.lag_seconds is None else rounded(sink.lag_seconds),
        rows_per_second=rate(sink.rows_per_second),
        rows_written=rounded(sink.rows_written, 3),
        rows_filtered=rounded(sink.rows_filtered, 3),
        rows_dead=sink.rows_dead,
        last_batch_at=_last_batch(sink.last_batch_at, before),
        last_batch_age_seconds=None if age is None else _steps(age),
        restarts=sink.restarts,
        last_error=(sink.last_error or "")[:500],
    )


# As precise as a status that is at most ten seconds old can be.
_STEP_S = 5.0


def _last_batch(at: datetime | None, before: SinkStatus | None) -> datetime | None:
    was = before.last_batch_at if before else None
    if at is None or was is None:
        return at
    return was if 0 <= (at - was).total_seconds() < _STEP_S else at


def _age(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else max((now - at).total_seconds(), 0.0)


def _steps(seconds: float) -> int:
    """Return the age in steps that grow with it."""
    return rounded(seconds - seconds % _STEP_S, 1)


def rate(rows_per_second: float) -> float:
    """Return a rate with two leading digits."""
    if rows_per_second >= 10:
        return float(rounded(rows_per_second))
    return round(rows_per_second, 1)


def lag_text(progress: Progress) -> str:
    """Return the lag of the sink that is furthest behind: `0`, or `12000 rows, 3m`."""
    known = [sink for sink in progress.sinks.values() if sink.lag_rows is not None]
    if not known:
        return ""
    worst = max(known, key=lambda sink: (sink.lag_seconds or 0.0, sink.lag_rows or 0))
    if not worst.lag_rows:
        return "0"
    rows = f"{rounded(worst.lag_rows)} rows"
    return rows if worst.lag_seconds is None else f"{rows}, {duration(worst.lag_seconds)}"


def duration(seconds: float) -> str:
    """Return `45s`, `3m`, `2h` or `5d`."""
    whole = rounded(seconds)
    for size, unit in _UNITS:
        if whole >= 2 * size:
            return f"{whole // size}{unit}"
    return f"{whole}s"
