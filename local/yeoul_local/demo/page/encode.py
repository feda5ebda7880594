"""The page's data as the scripts read it: numbers only, and few of them."""

import json
import math
from collections.abc import Iterable, Sequence
from itertools import accumulate
from statistics import median
from typing import Any

from yeoul_local.demo.page.data import Bucket, Fix, PageData
from yeoul_local.demo.page.thin import cumulated, thin

# 1e-5 degrees are about a metre, below what a GPS knows.
_DEGREE = 1e5
_TICK_MS = 10
_LEAST_TOP_SPEED = 40.0


def encode(data: PageData) -> dict[str, Any]:
    """What the scripts get."""
    shown = thin(data.trails)
    times = [fix.at for trail in shown.values() for fix in trail]
    began = min(times, default=int(data.began * 1000))
    return {
        "windowBegan": began,
        "windowMs": max(times, default=began) - began,
        "middleLat": _middle(fix.lat for trail in shown.values() for fix in trail),
        "topSpeed": top_speed(fix.speed for trail in shown.values() for fix in trail),
        "factor": data.factor,
        "trails": {name: flatten(trail, began) for name, trail in shown.items()},
        "buckets": [
            [
                round(bucket.at * 1000),
                round(bucket.rows / data.bucket_seconds, 1),
                round(bucket.median, 1),
                round(bucket.p95, 1),
            ]
            for bucket in whole_buckets(data.buckets)
        ],
        "driven": driven(data),
        "committed": [[round(batch.at * 1000), batch.rows] for batch in cumulated(data.batches)],
    }


def flatten(trail: Sequence[Fix], began: int) -> list[int]:
    """Time (10 ms), longitude and latitude (1e-5 degrees) as steps, and speed (0.1 km/h)."""
    flat: list[int] = []
    before = (0, 0, 0)
    for fix in trail:
        here = (
            (fix.at - began) // _TICK_MS,
            round(fix.lon * _DEGREE),
            round(fix.lat * _DEGREE),
        )
        flat += [now - then for now, then in zip(here, before, strict=True)]
        flat.append(round(fix.speed * 10))
        before = here
    return flat


def whole_buckets(buckets: Sequence[Bucket]) -> Sequence[Bucket]:
    """The buckets without the first and the last, of which the run saw only a part."""
    return buckets[1:-1] if len(buckets) > 4 else buckets


def top_speed(speeds: Iterable[float]) -> float:
    """The end of the colour scale: the 98th percentile, rounded up to tens of km/h."""
    ordered = sorted(speeds)
    if not ordered:
        return _LEAST_TOP_SPEED
    reached = ordered[min(len(ordered) - 1, int(0.98 * len(ordered)))]
    return max(_LEAST_TOP_SPEED, math.ceil(reached / 20) * 20.0)


def to_json(document: object) -> str:
    """JSON that may stand inside a script element."""
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def driven(data: PageData) -> list[list[float]]:
    """How many of the delivered rows were driven until when: [epoch milliseconds, rows].

    What lay in Kafka when the run began counts from the start.
    """
    waiting = max(data.rows - sum(bucket.rows for bucket in data.buckets), 0)
    totals = accumulate((bucket.rows for bucket in data.buckets), initial=waiting)
    times = [bucket.at for bucket in data.buckets]
    ends = [times[0], *(at + data.bucket_seconds for at in times)] if times else []
    return [[round(at * 1000), total] for at, total in zip(ends, totals, strict=False)]


def _middle(values: Iterable[float]) -> float:
    known = list(values)
    return median(known) if known else 0.0
