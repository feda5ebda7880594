"""Which of the files that a batch left aside becomes which visible file. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from yeoul_stream.books import RangeBook
from yeoul_stream.sinks.hdfs.log import Move, visible_name
from yeoul_stream.sinks.hdfs.parquet import DEAD_FILE, FILE_COLUMN

# <partition folders>/_file=<name>/part-<task>-...: the folders are Spark's, from partitionBy.
_PART_FILE = re.compile(
    rf"^(?:(?P<folder>.*)/)?{FILE_COLUMN}=(?P<file>[^/]+)/part-(?P<task>\d+)-[^/]*$"
)


def moves(
    paths: Iterable[str], aside: str, dead: str, books: Mapping[int, RangeBook], first: int = 0
) -> Iterator[Move]:
    """Yield the moves of data files, and of dead letters into the folder `dead`.

    `paths` are relative to `aside`; `books` go by task index. Files of tasks without a book are not
    shown. `first` is the number that a name ends with which the offsets alone would give twice.
    """
    seen: Counter[tuple[int, int, str]] = Counter()
    for path in sorted(paths):
        match = _PART_FILE.match(path)
        book = books.get(int(match["task"])) if match else None
        if match is None or book is None:
            continue
        folder = dead if match["file"] == DEAD_FILE else match["folder"] or ""
        name = visible_name(book, first + seen[book.start, book.partition, folder])
        seen[book.start, book.partition, folder] += 1
        yield Move(
            aside=f"{aside}/{path}",
            visible=f"{folder}/{name}" if folder else name,
            partition=book.partition,
        )
