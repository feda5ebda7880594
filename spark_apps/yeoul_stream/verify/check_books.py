"""Whether a sink's books agree with each other and with its position. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from yeoul_stream.books import RangeBook
from yeoul_stream.verify.facts import Account, Key
from yeoul_stream.verify.finding import Finding, Place


def check_books(sink: str, account: Account) -> Iterator[Finding]:
    """Yield what is wrong: overlaps, gaps, sums that do not add up, ends beside the position."""
    books = sorted(account.books, key=lambda b: (b.topic_id, b.partition, b.start, b.end))
    for book in books:
        if not book.balanced:
            yield _finding(sink, "book-unbalanced", book, book.start, book.end,
                f"the book says {book.read} read, but {book.written} written + {book.filtered} "
                f"filtered + {book.dead_total} dead is "
                f"{book.written + book.filtered + book.dead_total}: a count was changed after its "
                "commit")  # fmt: skip
    for key, group in groupby(books, key=lambda b: (b.topic_id, b.partition)):
        yield from _check_partition(sink, key, tuple(group), account)


def _check_partition(
    sink: str, key: Key, books: tuple[RangeBook, ...], account: Account
) -> Iterator[Finding]:
    reached = books[0].start
    for book in books:
        if book.start < reached:
            yield _finding(sink, "books-overlap", book, book.start, min(reached, book.end),
                "these offsets are in two books, so their rows were committed twice")  # fmt: skip
        elif book.start > reached:
            yield _finding(sink, "books-gap", book, reached, book.start,
                "no book accounts for these offsets, though the sink has passed them")  # fmt: skip
        reached = max(reached, book.end)
    position = account.positions.get(key)
    if position is None:
        yield _finding(sink, "position-missing", books[-1], books[0].start, reached,
            "there are books but no position, so the next start would read them again")  # fmt: skip
    elif position != reached:
        low, high = sorted((position, reached))
        after = "skipped" if position > reached else "written a second time"
        yield _finding(sink, "position", books[-1], low, high,
            f"the books end at {reached}, the position is {position}: these offsets are {after}; "
            f"set the position back to {reached}")  # fmt: skip


def _finding(sink: str, kind: str, book: RangeBook, start: int, end: int, sentence: str) -> Finding:
    place = Place(book.topic_id, book.partition, start, end)
    text = f"{sink}: partition {book.partition}, {span(start, end)}: {sentence}"
    return Finding(sink, kind, text, place)


def span(start: int, end: int) -> str:
    """Return a range of offsets in words; `end` is not part of it."""
    if end - start == 1:
        return f"offset {start}"
    return f"offsets {start} to {end - 1}" if end > start else f"offset {start} (empty)"


def spans(books: Iterable[RangeBook]) -> str:
    """Return the ranges of books in words, neighbours joined."""
    joined: list[tuple[int, int, int]] = []
    for book in sorted(books, key=lambda b: (b.topic_id, b.partition, b.start)):
        if joined and joined[-1][0] == book.partition and joined[-1][2] == book.start:
            joined[-1] = (book.partition, joined[-1][1], book.end)
        else:
            joined.append((book.partition, book.start, book.end))
    return "; ".join(f"partition {p}, {span(start, end)}" for p, start, end in joined)
