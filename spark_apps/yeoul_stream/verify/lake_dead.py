"""The dead letters of a lake sink, files beside its data, under examination."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from yeoul_stream.verify.check_kafka import Expected
from yeoul_stream.verify.check_lake import (
    files_of_books,
    missing_file,
    sort_files,
    stray_letters,
)
from yeoul_stream.verify.finding import Finding
from yeoul_stream.verify.lake import Lake
from yeoul_stream.verify.lake_log import History, span_of
from yeoul_stream.verify.table import Letters
from yeoul_stream.verify.table_target import check_letters

Unnamed = Callable[[Iterable[str]], tuple[str, ...]]
"""Returns those of some files that no commit names, not even one of this very moment."""


@dataclass(frozen=True)
class DeadFilesChecked:
    """What is wrong with the files. `unpublished` is as in `check_lake.Files`."""

    findings: tuple[Finding, ...]
    unpublished: Mapping[str, str]


@dataclass(frozen=True)
class DeadFiles:
    """The files of dead letters in a lake's home, and what its commits tell of them."""

    lake: Lake
    told: History
    path: str

    def check(self, sink: str, expected: Expected, unnamed: Unnamed) -> DeadFilesChecked:
        """Compare the files with the commits, and the letters in them with what is expected."""
        books = self.told.account.books
        topic_ids = tuple({book.topic_id for book in books})
        lake, home = self.lake, self.lake.home
        there = {f"{home}/dead/{file}" for file in lake.folder.names(f"{home}/dead")}
        # What was replayed and not moved away yet.
        there -= self.told.replaced
        aside = [
            path
            for name, path in self.told.dead_files.items()
            if name not in there and lake.folder.exists(path)
        ]
        files = sort_files(self.told.dead_files, self.told.merged, topic_ids, there, aside)
        findings = [
            missing_file(sink, self.path, path, span_of(path, topic_ids)) for path in files.missing
        ]
        findings += [stray_letters(sink, path) for path in unnamed(files.strays)]
        letters = lake.dead(files.ours)
        owned = files_of_books(books, files.ours, topic_ids)
        lost = files_of_books(books, files.missing, topic_ids)
        for index, (book, measure) in enumerate(zip(books, expected.measures, strict=True)):
            found: dict[str, Letters] = {}
            for path in owned.get(index, ()):
                for reason, (count, offsets) in letters[path].items():
                    before = found.get(reason, Letters())
                    found[reason] = Letters(before.count + count, before.offsets + offsets)
            if index not in lost:
                findings += check_letters(sink, book, measure, found)
        return DeadFilesChecked(tuple(findings), files.unpublished)
