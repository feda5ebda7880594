"""Compaction of an Iceberg table, by Iceberg's own actions.

A stream may go on meanwhile: rewriting conflicts with nothing that only appends. Old snapshots
expire, but for the one that tells the sink's position, which a tag holds. Orphans are looked for in
`data` and `metadata` only, where nobody but Iceberg and this sink write: a checkpoint, dead letters
and files of others are never even listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pyspark.sql import SparkSession

from yeoul_stream.compact.settings import Outcome, Settings
from yeoul_stream.sinks.iceberg.table import Table

_FOLDERS: Final = ("data", "metadata")


@dataclass(frozen=True)
class TableCompaction:
    """A compaction of one sink's table. `now` is in seconds since 1970."""

    spark: SparkSession
    table: Table
    sink: str
    settings: Settings
    now: float

    def run(self) -> Outcome:
        """Rewrite, expire, remove; return what came of it."""
        before, size = self._files()
        # Few rows are looked at: Spark's 200 tasks a shuffle would cost more than the work.
        shuffle = "spark.sql.shuffle.partitions"
        usual = self.spark.conf.get(shuffle)
        self.spark.conf.set(shuffle, 4)
        try:
            rewritten, added = self._rewrite()
            self._action("rewriteManifests").execute()
            expired = self._expire()
            removed = sum(self._remove_orphans(folder) for folder in _FOLDERS)
        finally:
            self.spark.conf.set(shuffle, usual or "200")
        self.table.refresh()
        after, size_after = self._files()
        return Outcome(
            self.sink, before, after, size, size_after, rewritten, added, expired, removed
        )

    def _files(self) -> tuple[int, int]:
        frame = self.spark.read.format("iceberg").load(f"{self.table.metadata_file}#files")
        row = frame.selectExpr("count(*) AS files", "sum(file_size_in_bytes) AS bytes").collect()[0]
        return int(row["files"]), int(row["bytes"] or 0)

    def _action(self, name: str) -> Any:
        self.table.refresh()
        jvm: Any = self.spark._jvm
        actions = jvm.org.apache.iceberg.spark.actions.SparkActions.get(self.spark._jsparkSession)
        return getattr(actions, name)(self.table.java)

    def _rewrite(self) -> tuple[int, int]:
        action = self._action("rewriteDataFiles").binPack()
        action = action.option("target-file-size-bytes", str(self.settings.target))
        # Files of one trigger are small, and an hour's worth of them is what this is for.
        action = action.option("min-input-files", "2")
        result = action.execute()
        return int(result.rewrittenDataFilesCount()), int(result.addedDataFilesCount())

    def _expire(self) -> int:
        before = self._snapshots()
        then = int((self.now - self.settings.keep) * 1000)
        self._action("expireSnapshots").expireOlderThan(then).retainLast(1).execute()
        self.table.refresh()
        return max(before - self._snapshots(), 0)

    def _snapshots(self) -> int:
        return int(self.table.java.operations().current().snapshots().size())

    def _remove_orphans(self, folder: str) -> int:
        action = self._action("deleteOrphanFiles").location(f"{self.table.location}/{folder}")
        action = action.olderThan(int((self.now - self.settings.orphans) * 1000))
        return sum(1 for _ in action.execute().orphanFileLocations())
