"""An HDFS sink under examination."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pyspark.sql import functions as F

from yeoul_stream.pipeline import Sink
from yeoul_stream.rows import SinkRows
from yeoul_stream.verify.check_kafka import Expected
from yeoul_stream.verify.check_lake import (
    Files,
    check_log,
    differing_book,
    differing_books,
    differing_rows,
    files_of_books,
    missing_file,
    replaced_file,
    sort_files,
    stray_file,
    unreadable_file,
)
from yeoul_stream.verify.facts import Account, Amount, total
from yeoul_stream.verify.finding import LISTED, Finding
from yeoul_stream.verify.lake import Lake, only
from yeoul_stream.verify.lake_dead import DeadFiles
from yeoul_stream.verify.lake_log import History, history, span_of
from yeoul_stream.verify.lake_rows import FileAmount, in_all
from yeoul_stream.verify.multiset import difference
from yeoul_stream.verify.reread import Reread
from yeoul_stream.verify.stage import Integers
from yeoul_stream.verify.target import Examined, UnreachableError

_ATTEMPTS = 3


@dataclass
class _Outcome:
    findings: list[Finding] = field(default_factory=list)
    more: list[tuple[str, str, int]] = field(default_factory=list)


class LakeTarget:
    """The folder as its newest log entry describes it.

    After `examine`, `book_amounts` has index of book -> what its files hold, for comparisons, and
    `unpublished` visible name -> where the file lies, for files that were not renamed yet.
    """

    def __init__(self, sink: Sink, rows: SinkRows, rules: str, lake: Lake, path: str) -> None:
        self.sink, self.rows, self.rules = sink, rows, rules
        self.lake, self._path = lake, path
        self._told: History = history(lake.entries())
        self.account: Account = self._told.account
        self.projections: tuple[tuple[int, ...], ...] = ()
        self.book_amounts: dict[int, FileAmount] = {}
        self.unpublished: dict[str, str] = {}

    def refused(self, topic_id: str) -> Mapping[int, Integers]:  # noqa: ARG002
        """Return the offsets of refused records: none, files take every row."""
        return {}

    def told(self) -> History:
        """Return what the log tells at this moment."""
        return history(self.lake.entries())

    @property
    def _topic_ids(self) -> tuple[str, ...]:
        return tuple({book.topic_id for book in self.account.books})

    def examine(self, expected: Expected, reread: Reread) -> Examined:
        """Compare the files with what is expected; rows are read only where a book differs."""
        name, out = self.sink.name, _Outcome()
        out.findings += check_log(name, self._told)
        files, amounts = self._settled()
        self.unpublished |= files.unpublished
        for path in files.missing:
            claim = span_of(path, self._topic_ids)
            out.findings.append(missing_file(name, self._path, path, claim))
        out.findings += [replaced_file(name, path) for path in files.replaced]
        for path in files.strays:
            claim = span_of(path, self._topic_ids)
            amount = self.lake.foreign(path)
            out.findings.append(stray_file(name, path, claim, amount, amounts))
        owned = files_of_books(self.account.books, files.ours, self._topic_ids)
        for index, names in owned.items():
            self.book_amounts[index] = in_all(amounts[path] for path in names)
        self._check_rows(expected, reread, files, amounts, out)
        self._check_letters(expected, out)
        found = total(Amount(a.rows, a.digest) for a in amounts.values())
        return Examined(
            tuple(out.findings),
            tuple(out.more),
            rows=found.rows,
            files=len(files.ours),
            foreign=sum(1 for f in out.findings if f.kind == "foreign-file"),
            digest=found.digest,
            digest_ok=self._equal(expected, found, out),
        )

    @staticmethod
    def _equal(expected: Expected, found: Amount, out: _Outcome) -> bool:
        """Return whether the digests are equal, all of those that can be compared."""
        if expected.counted:
            return not any(finding.severity == "failure" for finding in out.findings)
        return found == expected.total

    def _settled(self) -> tuple[Files, dict[str, FileAmount]]:
        """Return the files and what they hold; a file may be renamed while it is looked for."""
        for attempt in range(_ATTEMPTS):
            files = self._sorted()
            try:
                return files, self.lake.amounts(files.ours, self.projections)
            except Exception as error:
                renamed = "FileNotFound" in str(error) or "PATH_NOT_FOUND" in str(error)
                if not renamed or attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError

    def _sorted(self) -> Files:
        told, folder = self._told, self.lake.folder
        visible = set(self.lake.visible())
        waiting = {n: path for n, path in told.files.items() if n not in visible}
        aside = [path for path in waiting.values() if folder.exists(path)]
        # What was neither visible nor aside may have been renamed between the two looks.
        visible |= {n for n, path in waiting.items() if path not in aside and folder.exists(n)}
        left = visible & told.replaced
        files = sort_files(told.files, told.merged, self._topic_ids, visible - left, aside)
        if files.missing and self.told().replaced & set(files.missing):
            raise UnreachableError("a compaction has replaced files meanwhile: verify again")
        return Files(files.ours, files.missing, self._unnamed(files.strays), tuple(sorted(left)))

    def _unnamed(self, strays: Iterable[str]) -> tuple[str, ...]:
        """Return those of the files that no entry names that was written meanwhile."""
        found = tuple(strays)
        later = self.told() if found else self._told
        return tuple(n for n in found if n not in later.files and n not in later.dead_files)

    def _check_rows(
        self,
        expected: Expected,
        reread: Reread,
        files: Files,
        amounts: Mapping[str, FileAmount],
        out: _Outcome,
    ) -> None:
        name, books = self.sink.name, self.account.books
        owned = files_of_books(books, files.ours, self._topic_ids)
        lost = files_of_books(books, files.missing, self._topic_ids)
        differing = dict(differing_books(expected, owned, amounts))
        named = set(lost)
        for index in differing:
            broken = [n for n in owned.get(index, ()) if self._name_unreadable(files, n, out)]
            named |= {index} if broken else set()
        for index in differing.keys() - named:
            if expected.measures[index] is None:
                wanted = expected.amount(index)
                out.findings.append(differing_book(name, books[index], wanted, differing[index]))
        open_ = {i for i in differing.keys() - named if expected.measures[i] is not None}
        if open_:
            self._compare_rows(expected, reread, files, {i: owned.get(i, ()) for i in open_}, out)

    def _name_unreadable(self, files: Files, name: str, out: _Outcome) -> bool:
        known = sum(1 for f in out.findings if f.kind == "file-unreadable")
        if known >= LISTED:
            return False
        reason = self.lake.unreadable(files.ours[name])
        if reason is not None:
            claim = span_of(name, self._topic_ids)
            out.findings.append(unreadable_file(self.sink.name, name, claim, reason))
        return reason is not None

    def _compare_rows(
        self,
        expected: Expected,
        reread: Reread,
        files: Files,
        owned: Mapping[int, tuple[str, ...]],
        out: _Outcome,
    ) -> None:
        cells = [cell for cell in expected.cells if expected.scopes.get(cell.number) in owned]
        scopes = [(cell.number, expected.scopes[cell.number]) for cell in cells]
        spark = reread.spark
        of_cell = spark.createDataFrame(scopes, "cell int, scope int")
        wanted = reread.hashes_by_cell(cells).join(F.broadcast(of_cell), "cell")
        names = [(name, index) for index, mine in owned.items() for name in mine]
        of_file = spark.createDataFrame(names, "place string, scope int")
        rows = self.lake.hashes(only(files.ours, [name for name, _ in names]))
        diff = difference(
            wanted.select("scope", "hash", "partition", "offset"),
            rows.join(F.broadcast(of_file), "place").select("scope", "hash", "place"),
        )
        findings, more = differing_rows(self.sink.name, diff, owned)
        out.findings += findings
        out.more += more

    def _check_letters(self, expected: Expected, out: _Outcome) -> None:
        found = DeadFiles(self.lake, self._told, self._path).check(
            self.sink.name, expected, self._unnamed
        )
        self.unpublished |= found.unpublished
        out.findings += found.findings
