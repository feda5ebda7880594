"""How many executors a pipeline should have: they follow the lag. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from yeoul_operator.pipeline.progress import Progress
from yeoul_stream.pipeline import Executors

# More work for one executor than it gets done shows within seconds; that there is less for good
# shows only over minutes. An executor that comes costs half a minute of a start.
_GROW_AFTER_S = 30.0
_SHRINK_AFTER_S = 300.0
_HIGH, _LOW = 0.5, 0.1


@dataclass(frozen=True, slots=True)
class Load:
    """Since when the lag has been high, or low, under one number of executors; neither in between.

    `executors`: how many were there all the while, None where the job does not say.
    """

    high_since: datetime | None = None
    low_since: datetime | None = None
    executors: int | None = None


def follow_load(before: Load, progress: Progress, max_lag: float, at: datetime) -> Load:
    """Return the load after a report; `max_lag` in seconds is the pipeline's limit.

    High is half of the limit: executors are to come before the limit is passed. What another number
    of executors does to the lag shows only after it is there, so each change begins anew.
    """
    executors = progress.executors
    if executors != before.executors:
        before = Load()
    lags = [sink.lag_seconds for sink in progress.sinks.values() if sink.lag_rows is not None]
    if not lags or len(lags) < len(progress.sinks):
        return Load(executors=executors)
    worst = max(lag or 0.0 for lag in lags)
    if worst > _HIGH * max_lag:
        return Load(before.high_since or at, None, executors)
    if worst < _LOW * max_lag:
        return Load(None, before.low_since or at, executors)
    return Load(executors=executors)


def wanted_executors(
    size: Executors, current: int, load: Load, partitions: int | None, now: datetime
) -> int:
    """Return the number to ask for; `current` is what was asked for last (0: nothing yet).

    A fixed number is taken as it is. Otherwise: doubled when the lag stays high, one less when it
    stays low, and never above the number of partitions, as one task works on one partition. No more
    are asked for while some are still coming, and no fewer while some are still going.
    """
    if size.instances is not None:
        return size.instances
    most = max(size.min, min(size.max, partitions or size.max))
    if current == 0:
        return size.min
    there = current if load.executors is None else load.executors
    wanted = current
    if _for(load.high_since, now) >= _GROW_AFTER_S and there >= current:
        wanted = current * 2
    elif _for(load.low_since, now) >= _SHRINK_AFTER_S and there <= current:
        wanted = current - 1
    return min(max(wanted, size.min), most)


def _for(since: datetime | None, now: datetime) -> float:
    return (now - since).total_seconds() if since is not None else 0.0
