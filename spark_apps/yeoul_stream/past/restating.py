"""The books of a lake's partition as a change of the past says them again. Pure.

What a lake's log says is not altered: an entry says all books of a partition anew, and what earlier
entries say of it is void (see `sinks.hdfs.log.Entry`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from yeoul_stream.books import RangeBook, join
from yeoul_stream.past.holes import Move, around, hole_around, skipped


def whole(books: Sequence[RangeBook], position: int) -> bool:
    """Return whether each book begins where the one before ends, and the last at the position."""
    ends = [book.end for book in books]
    adjacent = all(before.end == book.start for before, book in pairwise(books))
    return adjacent and (not ends or ends[-1] == position)


def filled(books: Sequence[RangeBook], position: int, fresh: RangeBook) -> list[RangeBook] | None:
    """Return the partition's books with `fresh`, which lies in a hole; None where it is none."""
    hole = hole_around(books, position, fresh.start, fresh.end)
    if hole is None:
        return None
    rest = [book for book in books if book != hole.book]
    return sorted(
        (*rest, fresh, *around(hole, fresh.start, fresh.end, fresh)),
        key=lambda book: book.start,
    )


def moved(books: Sequence[RangeBook], step: Move, like: RangeBook) -> list[RangeBook]:
    """Return the partition's books once its position has moved; `like` is of that partition.

    Where nothing is left, a book without offsets holds the place.
    """
    if not step.back:
        return [*books, skipped(like, step.position, step.target)]
    rest = [book for book in books if book not in step.undone]
    bare = RangeBook(like.topic_id, like.topic, like.partition, step.target, step.target)
    return rest or [bare]


def coarser(books: Sequence[RangeBook], keep: int) -> list[RangeBook]:
    """Return the books with all but the newest `keep` merged where their rules are the same."""
    cut = max(len(books) - keep, 0)
    result: list[RangeBook] = []
    for book in books[:cut]:
        if result:
            both = join(result[-1], book)
            if not both.parts:
                result[-1] = both
                continue
        result.append(book)
    return [*result, *books[cut:]]
