"""Looking at single rows of a table that does not hold what it should. Runs only then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from yeoul_stream.records.digest import add
from yeoul_stream.verify.buckets import Exactly, Suspects
from yeoul_stream.verify.check_kafka import Expected
from yeoul_stream.verify.check_table import Evidence
from yeoul_stream.verify.facts import Amount, Cell
from yeoul_stream.verify.finding import LISTED
from yeoul_stream.verify.multiset import Difference, Missing, difference
from yeoul_stream.verify.reread import Reread
from yeoul_stream.verify.table import Snapshot, TableReader, TableSeen
from yeoul_stream.verify.table_rows import SUSPECT_DDL, SuspectStage
from yeoul_stream.verify.values import Altered, Texts, pair, texts

# How far beyond a sink's position rows that it has not committed are looked for, in offsets.
_AHEAD = 1_000_000
# How many unknown rows are looked at, one by one, for what became of a missing one.
_CANDIDATES = 1_000
# How many differing hashes are told apart from others in their buckets.
_SUSPECTS = 10_000


@dataclass(frozen=True)
class Inspection:
    """What is needed to look at the rows of a table."""

    snapshot: Snapshot
    reader: TableReader
    reread: Reread
    expected: Expected
    seen: TableSeen

    def evidence(self) -> Evidence:
        """Return what the rows show."""
        scope = F.lit(0).alias("scope")
        only, chunks = self._suspects()
        wanted = self.reread.hashes(self.expected.cells, only)
        found = self.reader.hashes(only, chunks)
        diff = difference(
            wanted.select(scope, "hash", "partition", "offset"),
            found.select(scope, "hash", "place"),
            _CANDIDATES,
        )
        altered = self._altered(diff)
        rest = diff.unknown.rows - len(altered) - self.expected.attested_amount.rows
        ahead, number = self._uncommitted(wanted, found) if rest > 0 else ((), 0)
        attested = self._attested(wanted, found) if self._by_lineage else None
        return Evidence(diff, altered, ahead, number, attested)

    def _suspects(self) -> tuple[Suspects | None, set[int] | None]:
        """Return among which rows those that differ are, and the chunks of the table they are in.

        None stands for all.
        """
        cells = self.expected.cells
        only = self.reread.differing(cells, self.seen.sums)
        if only is None or self.seen.kept is None:
            return only, None
        wanted = self.reread.hashes(cells, only).groupBy("hash").agg(F.count("*").alias("wanted"))
        found = (
            self.seen.kept.mapInArrow(cast("Any", SuspectStage(only)), SUSPECT_DDL)
            .groupBy("hash")
            .agg(F.count("*").alias("there"), F.collect_set("chunk").alias("chunks"))
        )
        # A null is equal to nothing, so what has no hash differs, too.
        differing = wanted.join(found, "hash", "full_outer").where(
            "coalesce(wanted, 0) <> coalesce(there, 0)"
        )
        rows = differing.limit(_SUSPECTS + 1).collect()
        if len(rows) > _SUSPECTS:
            return only, None
        hashes = np.array([row["hash"] for row in rows if row["hash"] is not None], np.int64)
        chunks = {chunk for row in rows for chunk in row["chunks"] or ()}
        return Exactly(hashes.view(np.uint64)), chunks

    @property
    def _by_lineage(self) -> bool:
        """Whether rows tell their offsets, and an offset means one record only."""
        topics = {book.topic_id for book in self.expected.books}
        attested = self.expected.attested_amount.rows
        return bool(attested) and self.reader.lineage is not None and len(topics) == 1

    def _altered(self, diff: Difference) -> dict[tuple[int, int], Altered]:
        topic = self.reread.topic_id
        places = [row.place for row in diff.unknown_shown if row.place]
        looked_at = sum(row.rows for row in diff.unknown_shown)
        # Among some of the candidates the most similar one may be a row that nobody touched.
        if looked_at < diff.unknown.rows:
            return {}
        if topic is None or not diff.missing or not places:
            return {}
        records = [(row.partition, row.offset) for row in diff.missing]
        missing = self.reread.texts(topic, records)
        names = [column.name for column in self.reader.columns]
        return pair(names, missing, self._strange(places))

    def _strange(self, places: list[str]) -> dict[str, Texts]:
        scan = self.reader.scan()
        types = [column.type for column in self.reader.columns]
        result = {}
        with self.snapshot.connection.cursor() as cursor:
            for place in places:
                for row in texts(scan.at(cursor, place), types):
                    result[place] = row
        return result

    def _uncommitted(self, wanted: DataFrame, found: DataFrame) -> tuple[tuple[Missing, ...], int]:
        """Return rows of records behind the sink's position: another writer was at work."""
        cells = self._ahead()
        if not cells:
            return (), 0
        ahead = (
            self.reread.hashes(cells)
            .groupBy("hash")
            .agg(F.min(F.struct("partition", "offset")).alias("record"))
        )
        strange = found.join(wanted, "hash", "left_anti").groupBy("hash").count()
        rows = strange.join(ahead, "hash").persist()
        try:
            number = int(rows.agg(F.sum("count")).collect()[0][0] or 0)
            shown = rows.orderBy("record").limit(LISTED).collect()
        finally:
            rows.unpersist()
        records = tuple(
            Missing(0, row["record"]["partition"], row["record"]["offset"], row["count"], 0)
            for row in shown
        )
        return records, number

    def _ahead(self) -> tuple[Cell, ...]:
        state = self.reread.topic
        if state is None:
            return ()
        reached: dict[int, int] = {}
        for book in self.expected.books:
            if book.topic_id == state.topic_id:
                reached[book.partition] = max(reached.get(book.partition, 0), book.end)
        return tuple(
            Cell(
                number, state.topic_id, partition, start, min(state.end[partition], start + _AHEAD)
            )
            for number, (partition, start) in enumerate(sorted(reached.items()))
            if partition in state.end and start < state.end[partition]
        )

    def _attested(self, wanted: DataFrame, found: DataFrame) -> dict[int, Amount]:
        """Return index of attested book -> its rows in the table, by their lineage columns."""
        books = [
            (index, book.partition, book.start, book.end)
            for index, book in enumerate(self.expected.books)
            if self.expected.measures[index] is None
        ]
        spark = self.reread.spark
        ranges = spark.createDataFrame(books, "book int, part int, first bigint, stop bigint")
        inside = (
            (F.col("part") == F.col("partition"))
            & (F.col("offset") >= F.col("first"))
            & (F.col("offset") < F.col("stop"))
        )
        strange = found.join(wanted.select("hash"), "hash", "left_anti")
        sums = (
            strange.join(F.broadcast(ranges), inside)
            .groupBy("book")
            .agg(
                F.count("*").alias("rows"),
                F.sum(F.col("hash").cast("decimal(20,0)")).alias("digest"),
            )
        )
        return {
            row["book"]: Amount(row["rows"], add(int(row["digest"] or 0), 0))
            for row in sums.collect()
        }
