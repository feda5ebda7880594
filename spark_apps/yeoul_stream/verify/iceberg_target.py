"""An Iceberg sink under examination.

Its books are in the snapshots' summaries. Which file a row lies in says nothing about its offsets:
a compaction puts rows together as it likes. So all rows are compared with all that were expected,
as in a database's table, and single ones only where the two differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pyspark.sql import functions as F

from yeoul_stream.pipeline import Sink
from yeoul_stream.rows import SinkRows
from yeoul_stream.verify.check_kafka import Expected
from yeoul_stream.verify.check_lake import missing_file
from yeoul_stream.verify.check_table import Evidence, check_table
from yeoul_stream.verify.facts import Account, Amount
from yeoul_stream.verify.finding import Finding
from yeoul_stream.verify.iceberg import IcebergReader
from yeoul_stream.verify.lake import Lake
from yeoul_stream.verify.lake_dead import DeadFiles
from yeoul_stream.verify.lake_log import History, history
from yeoul_stream.verify.lake_rows import FileAmount
from yeoul_stream.verify.multiset import difference
from yeoul_stream.verify.reread import Reread
from yeoul_stream.verify.stage import Integers
from yeoul_stream.verify.target import Examined


class IcebergTarget:
    """The table as its newest snapshot describes it, and its dead letters.

    After `examine`, `held` is what it holds, also of the columns of `projections`, None where that
    cannot be read; `unpublished` has the dead letters that were not renamed yet, visible name ->
    where the file lies.
    """

    def __init__(
        self,
        sink: Sink,
        rows: SinkRows,
        rules: str,
        lake: Lake,
        reader: IcebergReader | None,
        told: History,
        path: str,
    ) -> None:
        """`reader` is None where there is no table yet; `told` is of the moment that it reads."""
        self.sink, self.rows, self.rules = sink, rows, rules
        self.lake, self._reader, self._path = lake, reader, path
        self._told = told
        self.account: Account = self._told.account
        self.projections: tuple[tuple[int, ...], ...] = ()
        self.held: FileAmount | None = None
        self.unpublished: dict[str, str] = {}

    def refused(self, topic_id: str) -> Mapping[int, Integers]:  # noqa: ARG002
        """Return the offsets of refused records: none, files take every row."""
        return {}

    def told(self) -> History:
        """Return what the table tells at this moment."""
        return history(self._reader.entries() if self._reader else [])

    def examine(self, expected: Expected, reread: Reread) -> Examined:
        """Compare the rows with what is expected; single rows are read only on a difference."""
        letters = DeadFiles(self.lake, self._told, self._path).check(
            self.sink.name, expected, self._unnamed
        )
        self.unpublished |= letters.unpublished
        reader = self._reader
        assert reader is not None  # noqa: S101 (else the account is empty)
        files = reader.files()
        unfit = tuple(self._unfit(reader, files))
        if unfit:
            return Examined((*letters.findings, *unfit), files=len(files))
        self.held = reader.amount(files, self.projections)
        found = Amount(self.held.rows, self.held.digest)
        if found == expected.total and not expected.counted:
            return Examined(
                letters.findings,
                rows=found.rows,
                files=len(files),
                digest=found.digest,
                digest_ok=True,
            )
        scope = F.lit(0).alias("scope")
        diff = difference(
            reread.hashes(expected.cells).select(scope, "hash", "partition", "offset"),
            reader.hashes(files).select(scope, "hash", "place"),
        )
        check = check_table(self.sink.name, self._path, expected, Evidence(diff))
        return Examined(
            (*letters.findings, *check.findings),
            check.more,
            rows=found.rows - check.foreign,
            files=len(files),
            foreign=check.foreign,
            digest=found.digest,
            digest_ok=not check.fails and check.unproven is None,
            unproven=check.unproven,
        )

    def _unfit(self, reader: IcebergReader, files: Iterable[str]) -> Iterator[Finding]:
        """Yield why the rows cannot be read at all."""
        name = self.sink.name
        absent = reader.absent_columns()
        if absent:
            text = f"{name}: the table in {self._path} has no column {', '.join(absent)}"
            yield Finding(name, "column-missing", text)
        root = self.lake.folder.uri().rstrip("/") + "/"
        there = {f"data/{file}" for file in self.lake.folder.files("data")}
        for file in files:
            path = file.removeprefix(root)
            # What a table was given from elsewhere is not looked for.
            if path.startswith("data/") and path not in there:
                yield missing_file(name, self._path, path, None)

    def _unnamed(self, strays: Iterable[str]) -> tuple[str, ...]:
        found = tuple(strays)
        later = self.told() if found else self._told
        return tuple(name for name in found if name not in later.dead_files)
