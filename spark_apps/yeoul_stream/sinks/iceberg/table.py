"""One Iceberg table through the driver's JVM: its history, its columns, and commits to it.

A commit can follow only the state that its writer has read. Iceberg's own `commit()` reads the
table anew at every try and goes on from whatever is there then; so here the new snapshot is built,
what it was built upon is judged, and the two are swapped by the catalog's own compare-and-swap: a
commit that came in between makes it fail, and everything is judged again.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from yeoul_stream.errors import PositionError, TargetMismatchError, erased
from yeoul_stream.pipeline import Hdfs
from yeoul_stream.sinks.hdfs import log
from yeoul_stream.sinks.iceberg.catalog import java_name, tables
from yeoul_stream.sinks.iceberg.state import (
    ENTRY,
    OWNER,
    TAG,
    Find,
    Snapshot,
    entries,
    newest,
    summary_of,
)

_TRIES: Final = 20
# Somebody was first; or the answer was lost on the way, and only the table knows who was.
_AGAIN: Final = ("CommitFailedException", "CommitStateUnknownException")
_PROPERTIES: Final = {
    "format-version": "2",
    # Every version of the metadata repeats the summaries of all snapshots that are kept.
    "write.metadata.compression-codec": "gzip",
    "write.parquet.compression-codec": "zstd",
}


@dataclass(frozen=True)
class Change:
    """Data files, as Iceberg's own objects, that a snapshot adds and removes.

    `head`: the snapshot that it must follow; None where any does.
    """

    added: tuple[Any, ...] = ()
    removed: tuple[Any, ...] = ()
    head: int | None = None


class Table:
    """The table of one sink."""

    def __init__(self, spark: SparkSession, target: Hdfs, secret: Mapping[str, str]) -> None:
        jvm: Any = spark._jvm
        self._spark, self._target = spark, target
        self._java, self._iceberg = jvm.java, jvm.org.apache.iceberg
        self._tables = tables(spark, target, secret)
        self.java: Any = None

    def load(self) -> bool:
        """Read the table; return whether there is one."""
        self.java = self._tables.load()
        return self.java is not None

    def create(self, types: T.StructType, owner: str) -> None:
        """Create the table, or load the one that another driver has created meanwhile."""
        schema = self._schema(types)
        builder = self._iceberg.PartitionSpec.builderFor(schema)
        for name in self._target.partition_by:
            builder = builder.identity(name)
        properties = self._java.util.HashMap()
        for key, value in {**_PROPERTIES, OWNER: owner}.items():
            properties.put(key, value)
        self.java = self._tables.create(schema, builder.build(), properties)

    def drop(self) -> None:
        """Remove the table, its history and the files that it knows."""
        self._tables.drop(self.java)

    @property
    def owner(self) -> str | None:
        """The sink that created the table."""
        found = self.java.properties().get(OWNER)
        return None if found is None else str(found)

    @property
    def location(self) -> str:
        """The table's folder."""
        return str(self.java.location())

    @property
    def metadata_file(self) -> str:
        """The file that describes the table as it was read; a reader of it sees that moment."""
        return str(self.java.operations().current().metadataFileLocation())

    def refresh(self) -> None:
        """Read the table's newest state."""
        self.java.refresh()

    def last(self) -> log.Entry:
        """Return the sink's newest entry in the state that was read; `log.EMPTY` without one."""
        return newest(*self._history(self.java.operations().current()))

    def entries(self) -> list[log.Entry]:
        """Return the sink's entries in the state that was read, the newest first."""
        return entries(*self._history(self.java.operations().current()))

    def _history(self, metadata: Any) -> tuple[Find, int | None, int | None, str]:
        def find(number: int) -> Snapshot | None:
            found = metadata.snapshot(number)
            return None if found is None else _snapshot(found)

        head, tag = metadata.currentSnapshot(), metadata.ref(TAG)
        return (
            find,
            None if head is None else head.snapshotId(),
            None if tag is None else tag.snapshotId(),
            self.location,
        )

    @property
    def head(self) -> int | None:
        """The snapshot that the table is at in the state that was read."""
        found = self.java.currentSnapshot()
        return None if found is None else int(found.snapshotId())

    def data_files(self) -> Iterator[Any]:
        """Yield the data files of the state that was read, as Iceberg's own objects."""
        tasks = self.java.newScan().planFiles()
        try:
            for task in tasks.iterator():
                yield task.file()
        finally:
            tasks.close()

    def count_files(self) -> int:
        """Return how many data files the state that was read has."""
        head = self.java.currentSnapshot()
        return 0 if head is None else int(head.summary().get("total-data-files") or 0)

    def field_ids(self) -> dict[str, int]:
        """Return the columns' names and ids."""
        return {str(column.name()): column.fieldId() for column in self.java.schema().columns()}

    def partition_columns(self) -> tuple[str, ...]:
        """Return the identity partitions' columns; other partitions under their own names."""
        schema = self.java.schema()
        return tuple(
            str(schema.findColumnName(part.sourceId()))
            if part.transform().isIdentity() else str(part.name())
            for part in self.java.spec().fields()
        )  # fmt: skip

    def fit(self, types: T.StructType) -> None:
        """Have the table take rows of these types: add columns that it lacks, widen others.

        Raises:
            TargetMismatchError: it cannot.
        """
        wanted, update, changed = self._schema(types), self.java.updateSchema(), False
        for column in wanted.columns():
            there = self.java.schema().findField(column.name())
            if there is None:
                update, changed = update.addColumn(column.name(), column.type()), True
            elif not there.type().equals(column.type()):
                if not self._iceberg.types.TypeUtil.isPromotionAllowed(there.type(), column.type()):
                    raise TargetMismatchError(
                        f"column {column.name()} of {self.location} is {there.type()}, the "
                        f"pipeline writes {column.type()}: cast it in select, or write it under "
                        "another name"
                    )
                update = update.updateColumn(column.name(), column.type().asPrimitiveType())
                changed = True
        if changed:
            update.commit()
            self.refresh()

    def _schema(self, types: T.StructType) -> Any:
        parsed = self._spark._jsparkSession.parseDataType(types.json())
        return self._iceberg.spark.SparkSchemaUtil.convert(parsed)

    def data_file(self, uri: str, partition: Sequence[str | None]) -> Any:
        """Return what the table has to know of a Parquet file: its size, rows and bounds."""
        file = self.java.io().newInputFile(uri)
        config = self._iceberg.MetricsConfig.forTable(self.java)
        metrics = self._iceberg.parquet.ParquetUtil.fileMetrics(file, config)
        builder = self._iceberg.DataFiles.builder(self.java.spec()).withInputFile(file)
        builder = builder.withFormat("PARQUET").withMetrics(metrics)
        if partition:
            values = self._java.util.ArrayList()
            for value in partition:
                values.add(_HIVE_NULL if value is None else value)
            builder = builder.withPartitionValues(values)
        return builder.build()

    def append(
        self,
        follow: Callable[[log.Entry], log.Entry],
        after: log.Entry,
        change: Change,
        sink: str,
        *,
        exactly: bool = False,
    ) -> log.Entry:
        """Add a snapshot with `change` that carries the entry by which `follow` goes on.

        That is from `after`, or from a change of the past that was written meanwhile; `exactly`:
        from `after` only. Returns the entry.

        Raises:
            FencedError: a newer epoch has taken over, or the table was erased.
            PositionError: somebody else has written the entry that follows, or the table is not at
                the snapshot that it must follow any more.
        """
        for attempt in range(_TRIES):
            entry = follow(after)
            try:
                there = self._try_append(entry, after, change)
            except Py4JJavaError as error:
                if java_name(error) == "NoSuchTableException":
                    raise erased(sink) from None
                if java_name(error) not in _AGAIN or attempt == _TRIES - 1:
                    raise
                time.sleep(random.random() * min(2.0, 0.05 * 2**attempt))  # noqa: S311
                continue
            if there.token == entry.token:
                return entry
            if there.token == after.token:
                continue
            if not there.sequence:
                raise erased(sink)
            if exactly or not log.all_lead_on(self.entries(), after):
                raise log.refuse(sink, entry, there)
            after = there
        raise AssertionError

    def _try_append(self, entry: log.Entry, after: log.Entry, change: Change) -> log.Entry:
        """Return the entry that the table is at then: `entry` when it was added."""
        update = self._update(change)
        for key, value in summary_of(entry).items():
            update = update.set(key, value)
        # Reads the table's newest state and builds upon it; nothing is committed.
        snapshot = update.apply()
        operations = self.java.operations()
        base = operations.current()
        there = newest(*self._history(base))
        # The same token: the try before this one succeeded, and its answer was lost.
        if there.token == entry.token or (there.sequence, there.token) != (
            after.sequence,
            after.token,
        ):
            return there
        head = base.currentSnapshot()
        number = None if head is None else head.snapshotId()
        if change.head is not None and number != change.head:
            raise PositionError(f"{self.location} was changed meanwhile; reading it anew")
        if snapshot.parentId() != number:
            return there
        builder = self._iceberg.TableMetadata.buildFrom(base).setBranchSnapshot(snapshot, "main")
        # Some catalogs take nothing but the main branch while a table is empty.
        if head is not None:
            tag = self._iceberg.SnapshotRef.tagBuilder(snapshot.snapshotId()).build()
            builder = builder.setRef(TAG, tag)
        changed = builder.build()
        operations.commit(base, changed)
        return entry

    def _update(self, change: Change) -> Any:
        if not change.removed:
            update = self.java.newAppend()
            for file in change.added:
                update = update.appendFile(file)
            return update
        update = self.java.newOverwrite()
        for file in change.removed:
            update = update.deleteFile(file)
        for file in change.added:
            update = update.addFile(file)
        return update


_HIVE_NULL: Final = "__HIVE_DEFAULT_PARTITION__"


def _snapshot(java: Any) -> Snapshot:
    text = java.summary().get(ENTRY)
    known = {} if text is None else {ENTRY: str(text)}
    return Snapshot(java.snapshotId(), java.sequenceNumber(), java.parentId(), known)
