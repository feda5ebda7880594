"""Which of the files that Spark's writer left aside becomes which visible file. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from yeoul_stream.books import RangeBook
from yeoul_stream.sinks.hdfs.log import Move, visible_name

DEAD_PARTITION = "partition"
_PART_FILE = re.compile(r"^(?:(?P<folder>.*)/)?part-(?P<task>\d+)-[^/]*\.parquet$")
_DEAD_FOLDER = re.compile(rf"^{DEAD_PARTITION}=(\d+)$")


@dataclass(frozen=True)
class _Part:
    """A file of Spark's writer: its path, its partition folder and the index of its task."""

    path: str
    folder: str
    task: int


def _parts(paths: Iterable[str]) -> Iterator[_Part]:
    for path in sorted(paths):
        if match := _PART_FILE.match(path):
            yield _Part(path, match["folder"] or "", int(match["task"]))


def row_moves(paths: Iterable[str], aside: str, books: Mapping[int, RangeBook]) -> Iterator[Move]:
    """Yield the moves of data files; `paths` are relative to `aside`, `books` go by task index.

    A task that wrote nothing has no file to show: Spark leaves one empty file where no task had
    rows.
    """
    seen: Counter[tuple[int, str]] = Counter()
    for part in _parts(paths):
        book = books.get(part.task)
        if book is None or not book.written:
            continue
        name = visible_name(book, seen[part.task, part.folder])
        seen[part.task, part.folder] += 1
        visible = f"{part.folder}/{name}" if part.folder else name
        yield Move(aside=f"{aside}/{part.path}", visible=visible, partition=book.partition)


def dead_moves(
    paths: Iterable[str], aside: str, target: str, books: Mapping[int, RangeBook]
) -> Iterator[Move]:
    """Yield the moves of dead-letter files into `target`; `books` go by topic partition."""
    seen: Counter[int] = Counter()
    for part in _parts(paths):
        if match := _DEAD_FOLDER.match(part.folder):
            partition = int(match[1])
            name = visible_name(books[partition], seen[partition])
            seen[partition] += 1
            yield Move(
                aside=f"{aside}/{part.path}", visible=f"{target}/{name}", partition=partition
            )
