"""Removing what a pipeline's sinks hold: positions, books, dead letters, and data that is theirs.

Whatever is gone already is no failure, so it can be repeated until nothing is left. One line a
sink tells what was removed and what stays.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from yeoul_stream.job import EXIT_FAILED, EXIT_OK, Settings, identity
from yeoul_stream.last_words import leave
from yeoul_stream.pipeline import Hdfs, Postgres, Sink, StreamPipeline
from yeoul_stream.secrets import SecretError, read_postgres_secret, secrets_directory
from yeoul_stream.sinks.hdfs import erase as lake
from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder
from yeoul_stream.sinks.hdfs.sink import home_of
from yeoul_stream.sinks.iceberg import erase as iceberg
from yeoul_stream.sinks.iceberg.sink import open_table
from yeoul_stream.sinks.postgres import erase as database
from yeoul_stream.sinks.postgres.connection import connect
from yeoul_stream.spark import build_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Line:
    """What came of one sink."""

    sink: str
    text: str
    failed: bool = False

    def __str__(self) -> str:
        return f"{self.sink}: {self.text}"


def erase(pipeline: StreamPipeline, settings: Settings, *, count: bool = False) -> int:
    """Erase the sinks, print a line for each, and return the exit code: 0 when all is gone.

    `count`: only say what there is. `YEOUL_MESSAGE_FILE`: where the lines go as well.
    """
    eraser, lines = _Eraser(pipeline, settings, count=count), []
    for line in eraser.lines():
        print(line, flush=True)
        lines.append(line)
    eraser.stop()
    leave("\n".join(map(str, sorted(lines, key=lambda line: not line.failed))))
    return EXIT_FAILED if any(line.failed for line in lines) else EXIT_OK


@dataclass
class _Eraser:
    pipeline: StreamPipeline
    settings: Settings
    count: bool

    def lines(self) -> Iterator[Line]:
        """Erase one sink after the other; what fails does not keep the others."""
        seen: set[str] = set()
        for sink in self.pipeline.spec.sinks:
            try:
                match sink:
                    case Sink(postgres=Postgres() as table):
                        yield from self._database(sink, table, seen)
                    case Sink(hdfs=Hdfs(format="iceberg") as folder):
                        yield Line(sink.name, self._iceberg(sink, folder))
                    case Sink(hdfs=Hdfs() as folder):
                        yield Line(sink.name, self._lake(sink, folder))
                    case _:
                        yield Line(sink.name, "holds nothing")
            except SecretError as error:
                # Whoever has never run it may never have had the secret.
                text = f"left as it is: {error}" if not sink.enabled else str(error)
                yield Line(sink.name, text, failed=sink.enabled)
            except Exception as error:
                _log.debug("%s", sink.name, exc_info=True)
                yield Line(sink.name, f"{type(error).__name__}: {_first_line(error)}", failed=True)

    def _database(self, sink: Sink, table: Postgres, seen: set[str]) -> Iterator[Line]:
        """Erase all sinks of the pipeline that the sink's database knows."""
        if table.secret_ref in seen:
            return
        seen.add(table.secret_ref)
        who = identity(self.settings, self.pipeline, sink)
        secret = read_postgres_secret(table.secret_ref, secrets_directory())
        owner = database.Owner(who.installation, who.pipeline)
        with connect(secret, f"yeoul {who.query}") as connection:
            if self.count:
                found = database.look(connection, owner)
            else:
                found = database.remove(connection, owner, self.settings.epoch_floor)
        mine = [
            other.name
            for other in self.pipeline.spec.sinks
            if other.postgres is not None and other.postgres.secret_ref == table.secret_ref
        ]
        for name in dict.fromkeys([*mine, *found]):
            yield Line(name, self._told(found.get(name)))

    def _told(self, held: database.Holdings | None) -> str:
        if held is None:
            return "holds nothing"
        words = "holds" if self.count else "removed"
        text = (
            f"{words} {held.positions} positions, {held.books} books and {held.dead_letters} dead "
            "letters"
        )
        will = "would be dropped" if self.count else "dropped"
        for table in held.tables:
            text += f"; table {table} " + (f"stays: {table.stays}" if table.stays else will)
        return text if held.tables else f"{text}; its table stays: no record says who created it"

    def _lake(self, sink: Sink, folder: Hdfs) -> str:
        who = identity(self.settings, self.pipeline, sink)
        checkpoint = HadoopFolder(self._spark, folder.checkpoint) if folder.checkpoint else None
        place = lake.Lake(HadoopFolder(self._spark, folder.path), home_of(who), checkpoint)
        if self.count:
            held = lake.look(place)
        else:
            held = lake.remove(place, sink.name, self.settings.epoch_floor)
        if not (held.has_log or held.files or held.dead_files):
            return "holds nothing"
        words = "holds" if self.count else "removed"
        text = f"{words} {len(held.files)} files, {held.dead_files} of dead letters, and its log"
        if not held.set_aside:
            return text
        return f"{text}; {held.set_aside} files stay that verify has moved to {place.home}/removed"

    def _iceberg(self, sink: Sink, folder: Hdfs) -> str:
        who = identity(self.settings, self.pipeline, sink)
        checkpoint = HadoopFolder(self._spark, folder.checkpoint) if folder.checkpoint else None
        place = iceberg.Place(
            open_table(self._spark, folder),
            HadoopFolder(self._spark, folder.path),
            home_of(who),
            who.owner,
            checkpoint,
        )
        if self.count:
            held = iceberg.look(place)
        else:
            held = iceberg.remove(place, sink.name, self.settings.epoch_floor)
        if held.foreign:
            return f"holds nothing: the table in {folder.path} is written by {held.foreign}"
        if not (held.table or held.dead_files):
            return "holds nothing"
        words = "holds" if self.count else "removed"
        return (
            f"{words} an Iceberg table of {held.files} files, and {held.dead_files} of dead letters"
        )

    def stop(self) -> None:
        """Stop Spark where it was needed."""
        if "_spark" in self.__dict__:
            self._spark.stop()

    @cached_property
    def _spark(self) -> SparkSession:
        return build_session(self.pipeline, alone=True)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # What Java said stands on the second line of a report by py4j.
    return ": ".join(lines[:2])[:500]
