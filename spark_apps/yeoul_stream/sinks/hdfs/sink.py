"""The lake sink as the driver sees it: Parquet files aside, a log entry, then renames.

Layout under the sink's path (names beginning with `_` are hidden from Spark, Hive, Trino, Arrow):

    <partition folders>/<topic>-<id>-<partition>-<start>-<end>.parquet    what readers see
    _yeoul/<sink>/log/<number>.json                                       commits, books, state
    _yeoul/<sink>/aside/<attempt>/...                                     files before their commit
    _yeoul/<sink>/dead/<topic>-<id>-<partition>-<start>-<end>.parquet     dead letters
    _yeoul/<sink>/replayed/...                                            what was dead once
    _yeoul/<sink>/merging/<token>/...                 what compactions and changes of the past write
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from yeoul_stream.claim import Claimant
from yeoul_stream.errors import TargetMismatchError, erased
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.pipeline import Hdfs, Record, Sink
from yeoul_stream.rows import SinkRows
from yeoul_stream.sinks.hdfs import log
from yeoul_stream.sinks.hdfs.aside import Aside, AsideWriter
from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder
from yeoul_stream.sinks.hdfs.parquet import Layout
from yeoul_stream.sinks.protocol import Opened, Written, local_checkpoint
from yeoul_stream.start import BatchExtent, Start, TopicState, continue_from

_HOME = "_yeoul"
_ENTRIES_KEPT = 1000
_CLEAN_EVERY = 200


class HdfsSink:
    """Appends Parquet files to one folder, exactly once for any reader."""

    kind = "hdfs"

    def __init__(
        self,
        who: SinkIdentity,
        record: Record,
        sink: Sink,
        target: Hdfs,
        raw: DataFrame,
        *,
        scratch: Path,
        epoch_floor: int = 0,
    ) -> None:
        """`raw` is an empty frame with the raw Kafka columns, to resolve types on."""
        self._who, self._name = who, sink.name
        self._target = target
        self._scratch, self._floor = scratch, epoch_floor
        self._rows = SinkRows(record, sink, raw)
        self._spark: SparkSession = raw.sparkSession
        self._writer = AsideWriter(self._spark, self._rows)
        self._home = home_of(who)
        self._folder: HadoopFolder | None = None
        self._last = log.EMPTY

    @property
    def _files(self) -> HadoopFolder:
        if self._folder is None:
            self._folder = HadoopFolder(self._spark, self._target.path)
        return self._folder

    def open(self, topic: TopicState, claimant: Claimant) -> Opened:
        """See StreamSink.open."""
        self._refuse_foreign_folder()
        self._last = read_last_entry(self._files, self._home)
        claimant.follow(self._who.sink, self._last.held)
        if not self._last.sequence:
            # Here only: no entry can be written into a log that was erased.
            self._files.make(f"{self._home}/log")
        publish(self._files, self._last)
        token, name, now = uuid.uuid4().hex, claimant.name, datetime.now(UTC)
        self._append(lambda last: log.claim(last, self._floor, token, now, name))
        self._files.delete(f"{self._home}/aside")
        return Opened(
            self._last.epoch,
            log.positions(self._last, topic),
            log.totals(self._last),
            self._last.files,
        )

    def _refuse_foreign_folder(self) -> None:
        others = [name for name in self._files.names(_HOME) if name != self._who.owner]
        if others:
            raise TargetMismatchError(
                f"hdfs path {self._target.path} is written by {', '.join(others)} "
                f"(installation.namespace.pipeline.sink), this is {self._who.owner}: two sinks "
                "cannot share a folder. Give this sink a path of its own"
            )

    def _append(self, follow: Callable[[log.Entry], log.Entry]) -> None:
        """Write the entry that follows the last one; exactly one writer can.

        A compaction or a change of the past may have written the next one meanwhile: then this
        follows that.

        Raises:
            FencedError: a newer epoch wrote it.
            PositionError: somebody else wrote it.
        """
        while True:
            entry = follow(self._last)
            theirs = put_entry(self._files, self._home, entry)
            if theirs is None or theirs.token == entry.token:
                self._last = entry
                return
            if not theirs.sequence:
                raise erased(self._who.sink)
            if not log.leads_on(theirs, self._last):
                raise log.refuse(self._who.sink, entry, theirs)
            publish(self._files, theirs)
            self._last = theirs

    def record_start(self, topic: TopicState, starts: tuple[Start, ...]) -> None:
        """See StreamSink.record_start."""
        token, now = uuid.uuid4().hex, datetime.now(UTC)
        if log.start(self._last, topic, starts, token, now) is not None:
            self._append(lambda last: log.start(last, topic, starts, token, now) or last)

    def write(self, batch: DataFrame, extent: BatchExtent) -> Written:
        """See StreamSink.write."""
        attempt = uuid.uuid4().hex
        positions = continue_from(extent, self._committed(extent.topic))
        first = log.first_number(self._last.turn)
        aside = Aside(self._files, f"{self._home}/aside/{attempt}", f"{self._home}/dead", first)
        layout = Layout(self._target.partition_by)
        written = self._writer.write(batch, extent, positions, layout, aside, attempt)
        books, found, now = written.books, written.moves, datetime.now(UTC)
        self._append(lambda last: log.commit(last, books, found, attempt, now))
        publish(self._files, self._last)
        self._files.delete(aside.path)
        if self._last.sequence % _CLEAN_EVERY == 0:
            self._clean()
        shown = sum(not move.visible.startswith(self._home) for move in found)
        return Written(self._last.books, self._committed(extent.topic), shown)

    def _committed(self, topic: TopicState) -> Mapping[int, int]:
        return log.positions(self._last, topic).next_offsets

    def _clean(self) -> None:
        """Remove log entries beyond the newest ones; the state they led to is in every entry."""
        for name in self._files.names(f"{self._home}/log"):
            sequence = log.sequence_of(name)
            if sequence is not None and sequence <= self._last.sequence - _ENTRIES_KEPT:
                self._files.delete(f"{self._home}/log/{name}")

    def checkpoint(self) -> str:
        """See StreamSink.checkpoint.

        Inside the folder that the pipeline names, hidden from readers; old ones are removed.
        """
        return fresh_checkpoint(
            self._spark, self._target.checkpoint, self._last.epoch, self._scratch, self._name
        )

    def close(self) -> None:
        """See StreamSink.close."""
        self._folder = None


def home_of(who: SinkIdentity) -> str:
    """Return the hidden folder of a sink's bookkeeping, relative to its path."""
    return f"{_HOME}/{who.owner}"


def fresh_checkpoint(
    spark: SparkSession, folder: str | None, epoch: int, scratch: Path, sink: str
) -> str:
    """Return where Spark's checkpoint of this epoch goes; removes those before it."""
    if folder is None:
        return local_checkpoint(scratch, sink)
    place = HadoopFolder(spark, folder)
    for name in place.names(""):
        if name.startswith("_epoch-"):
            place.delete(name)
    return place.uri(f"_epoch-{epoch:08d}")


def read_last_entry(files: HadoopFolder, home: str) -> log.Entry:
    """Return the newest entry of a sink's log; `log.EMPTY` where there is none."""
    known = [log.sequence_of(name) for name in files.names(f"{home}/log")]
    newest = max((sequence for sequence in known if sequence is not None), default=None)
    if newest is None:
        return log.EMPTY
    path = f"{home}/log/{log.entry_name(newest)}"
    return log.Entry.model_validate_json(files.read_text(path))


def put_entry(files: HadoopFolder, home: str, entry: log.Entry) -> log.Entry | None:
    """Write an entry into a sink's log; return the one that is there instead, None where none is.

    `log.EMPTY` stands for a log that was erased. A rename whose answer was lost on the way is found
    by the entry's own token.
    """
    path = f"{home}/log/{log.entry_name(entry.sequence)}"
    text = entry.model_dump_json()
    if files.put_if_absent(path, f"{home}/unfinished/{entry.token}", text):
        return None
    if not files.exists(f"{home}/log"):
        return log.EMPTY
    return log.Entry.model_validate_json(files.read_text(path))


def publish(files: HadoopFolder, entry: log.Entry) -> None:
    """Move the files of a committed entry to their visible names; repeating it changes nothing.

    What was replaced or taken back goes first: for a moment a reader misses rows, and never sees
    them twice.
    """
    for name in entry.replaces:
        files.delete(name)
    for move in entry.moves:
        if not files.rename(move.aside, move.visible) and not files.exists(move.visible):
            raise FileNotFoundError(
                f"{files.uri(move.aside)} is committed in the log but gone, and so is "
                f"{files.uri(move.visible)}: run `yeoul verify` to see which offsets it held"
            )
