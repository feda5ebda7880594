"""Fewer points that show the same: pure, and bounded whatever the run was."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, groupby

from yeoul_local.demo.page.data import Batch, Fix

# Some 12 bytes each on the page.
MOST_FIXES = 110_000
MOST_BUCKETS = 240
MOST_BATCHES = 600
_SPANS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400)


def bucket_seconds(seconds: float, most: int = MOST_BUCKETS) -> int:
    """The shortest round span of which at most `most` cover the time."""
    return next((span for span in _SPANS if seconds / span <= most), int(seconds // most) + 1)


def trails(rows: Iterable[tuple[str, Fix]]) -> dict[str, tuple[Fix, ...]]:
    """Rows in the order of terminal and time, as one trail a terminal."""
    return {
        terminal: tuple(fix for _, fix in group)
        for terminal, group in groupby(rows, key=lambda row: row[0])
    }


def thin(whole: Mapping[str, Sequence[Fix]], most: int = MOST_FIXES) -> dict[str, tuple[Fix, ...]]:
    """At most about `most` fixes: of each trail every n-th counted from its end, and its first.

    The last position of every vehicle stays.
    """
    total = sum(len(trail) for trail in whole.values())
    step = -(-total // most) if total > most else 1
    return {terminal: _every(trail, step) for terminal, trail in whole.items()}


def _every(trail: Sequence[Fix], step: int) -> tuple[Fix, ...]:
    if step == 1:
        return tuple(trail)
    kept = tuple(trail[::-1][::step][::-1])
    return kept if kept[0] == trail[0] else (trail[0], *kept)


def cumulated(batches: Sequence[Batch], most: int = MOST_BATCHES) -> list[Batch]:
    """How many rows there were after each batch, of at most about `most` moments."""
    sums = accumulate(batch.rows for batch in batches)
    whole = [Batch(batch.at, total) for batch, total in zip(batches, sums, strict=True)]
    step = -(-len(whole) // most) if len(whole) > most else 1
    return whole[::-1][::step][::-1]
