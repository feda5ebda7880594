"""An Iceberg table whose past is to be changed; see `lake`.

A file that the sink has written says its offsets by its name, so it goes as a whole. One that a
compaction has put together goes too where it holds rows of records that are taken back, and the
rest of its rows are written anew: which they are, only rows that name their records tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from yeoul_stream.errors import FencedError, PositionError
from yeoul_stream.past.holes import Move as Step
from yeoul_stream.past.lake import (
    Changed,
    Seen,
    Taken,
    aside_of,
    never_ran,
    topic_ids,
    within,
)
from yeoul_stream.past.sinks import PastError
from yeoul_stream.pipeline import Hdfs
from yeoul_stream.sinks.hdfs import log
from yeoul_stream.sinks.hdfs.aside import AsideWriter
from yeoul_stream.sinks.hdfs.parquet import FILE_COLUMN, Layout
from yeoul_stream.sinks.hdfs.sink import publish
from yeoul_stream.sinks.iceberg.sink import data_file, data_path, visible_path
from yeoul_stream.sinks.iceberg.table import Change, Table
from yeoul_stream.sinks.postgres.upsert import OFFSET, PARTITION
from yeoul_stream.start import TopicState
from yeoul_stream.verify.lake import Lake
from yeoul_stream.verify.lake_log import history


@dataclass(frozen=True)
class TablePast:
    """See PastLake. `lineage`: rows name their records."""

    sink: str
    rules: str
    lake: Lake
    layout: Layout
    writer: AsideWriter
    table: Table
    target: Hdfs
    lineage: bool
    # Every version of the metadata repeats the summaries of the snapshots that are kept.
    kept: int = 100

    def look(self) -> Seen:
        """See PastLake.look."""
        if not self.table.load():
            raise never_ran(self.sink, self.target.path)
        entries = self.table.entries()
        if not entries:
            raise never_ran(self.sink, self.target.path)
        publish(self.lake.folder, entries[0])
        return Seen(entries[0], history(entries), self.table.head)

    def claim(self, seen: Seen, token: str, now: datetime) -> bool:
        """See PastLake.claim."""
        return self._append(log.claim(seen.last, 0, token, now), seen, Change())

    def put(self, seen: Seen, changed: Changed, token: str, now: datetime) -> bool:
        """See PastLake.put."""
        taken = changed.taken
        paths = [*self._placed(changed.rows, token), *taken.rewritten]
        change = Change(
            tuple(data_file(self.table, self.lake.folder, self.target, path) for path in paths),
            taken.removed,
            seen.head if taken.removed else None,
        )
        entry = log.change(
            seen.last, changed.books, changed.letters, taken.dropped, token, now,
            files=len(paths) - len(taken.removed), back=changed.back,
        )  # fmt: skip
        if not self._append(entry, seen, change):
            return False
        publish(self.lake.folder, entry)
        return True

    def _append(self, entry: log.Entry, seen: Seen, change: Change) -> bool:
        try:
            self.table.append(lambda _: entry, seen.last, change, self.sink, exactly=True)
        except (FencedError, PositionError):
            return False
        return True

    def _placed(self, rows: Iterable[log.Move], token: str) -> list[str]:
        """Move files into the table's folder, where nobody knows them yet; return where."""
        paths = []
        for move in rows:
            paths.append(data_path(move.visible, token))
            self.lake.folder.rename(move.aside, paths[-1])
        return paths

    def taken(
        self, seen: Seen, topic: TopicState, steps: Sequence[Step], token: str | None
    ) -> Taken:
        """See PastLake.taken."""
        wanted = sum(step.rows for step in steps)
        if not wanted:
            return Taken()
        root = self.lake.folder.uri().rstrip("/") + "/"
        known = {str(file.location()): file for file in self.table.data_files()}
        if sum(int(file.recordCount()) for file in known.values()) == wanted:
            return Taken(removed=tuple(known.values()))
        names = {visible_path(path.removeprefix(root)): path for path in known}
        whole = [names[n] for n in within([n for n in names if n is not None], topic, steps)]
        mixed_rows = wanted - sum(int(known[path].recordCount()) for path in whole)
        if not mixed_rows:
            return Taken(removed=tuple(known[path] for path in whole))
        self._refuse(seen, topic, mixed_rows)
        late = _late(steps)
        rows = self._rows().where(~F.col("_file").isin(whole))
        counted = rows.where(late).groupBy("_file").count().collect()
        if sum(row["count"] for row in counted) != mixed_rows:
            raise _unlike(self.sink)
        if token is None:
            return Taken()
        mixed = [str(row["_file"]) for row in counted]
        stay = rows.where(F.col("_file").isin(mixed)).where(~late)
        return Taken(
            removed=tuple(known[path] for path in (*whole, *mixed)),
            rewritten=self._rewritten(stay.drop("_file"), token),
        )

    def _refuse(self, seen: Seen, topic: TopicState, rows: int) -> None:
        if rows < 0:
            raise _unlike(self.sink)
        if not self.lineage:
            raise PastError(
                f"{self.sink}: {rows:,} rows that would have to go lie in files that a compaction "
                "has put together with others, and they do not name their records (lineage: true), "
                "so nobody can tell which they are. Give the sink another name and folder, with "
                "startingOffsets: earliest"
            )
        if any(one != topic.topic_id for one in topic_ids(seen)):
            raise PastError(
                f"{self.sink}: a compaction has put rows of an earlier topic of this name, whose "
                "offsets look the same, together with those that would have to go. Give the sink "
                "another name and folder"
            )

    def _rows(self) -> DataFrame:
        """Return the rows of the table as it was seen, and the file of each."""
        names = [f"`{name}`" for name in self.table.field_ids()]
        reader = self.lake.spark.read.format("iceberg")
        return reader.load(self.table.metadata_file).select("_file", *names)

    def _rewritten(self, rows: DataFrame, token: str) -> tuple[str, ...]:
        """Write rows into files of the table's folder, which nobody knows yet; return where."""
        aside, folder = aside_of(self.lake, token, 0), self.lake.folder
        layout = Layout(self.layout.folders, self.table.field_ids())
        paths = []
        for number, name in enumerate(self.writer.write_rows(rows, layout, aside)):
            place = "".join(f"{part}/" for part in _folders(name))
            paths.append(f"data/{place}rest-{token}-{number}.parquet")
            folder.rename(f"{aside.path}/{name}", paths[-1])
        return tuple(paths)


def _folders(name: str) -> list[str]:
    """Return the partition folders of a file aside."""
    return [p for p in name.split("/")[:-1] if not p.startswith(f"{FILE_COLUMN}=")]


def _late(steps: Iterable[Step]) -> Column:
    """Return whether a row is of a record that is taken back."""
    conditions: list[Any] = [
        (F.col(PARTITION) == step.partition) & (F.col(OFFSET) >= step.target)
        for step in steps
        if step.back
    ]
    late: Column = F.coalesce(reduce(or_, conditions), F.lit(False))
    return late


def _unlike(sink: str) -> PastError:
    return PastError(
        f"{sink}: the table does not hold the rows that its books tell of: run `yeoul verify` "
        "first. Nothing was changed"
    )
