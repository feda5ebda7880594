"""Dead letters for people: `python -m yeoul_stream.verify.letters --pipeline FILE --sink NAME`.

Those of a PostgreSQL sink are read without Spark; those of an HDFS sink are files in its folder.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yeoul_stream.identity import SinkIdentity
from yeoul_stream.pipeline import Sink, StreamPipeline, load_pipeline
from yeoul_stream.secrets import PostgresSecret
from yeoul_stream.sinks.postgres.connection import connect

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class DeadLetter:
    """One record that could not be written, and why."""

    sink: str
    partition: int
    offset: int
    kafka_time: datetime | None
    reason: str
    detail: str
    key: bytes | None
    payload: bytes | None

    def document(self) -> dict[str, Any]:
        """Return JSON-ready data; bytes that are not UTF-8 come in base64 under another key."""
        return {
            "sink": self.sink,
            "partition": self.partition,
            "offset": self.offset,
            "kafkaTime": self.kafka_time.isoformat() if self.kafka_time else None,
            "reason": self.reason,
            "detail": self.detail,
            **_bytes("key", self.key),
            **_bytes("payload", self.payload),
        }

    @classmethod
    def parse(cls, data: dict[str, Any]) -> DeadLetter:
        """Return the letter of a `document`."""
        time = data["kafkaTime"]
        return cls(
            data["sink"], data["partition"], data["offset"],
            datetime.fromisoformat(time) if time else None,
            data["reason"], data["detail"], _parsed("key", data), _parsed("payload", data),
        )  # fmt: skip


@dataclass(frozen=True)
class Letters:
    """The newest dead letters, and how many there are of each reason."""

    shown: tuple[DeadLetter, ...]
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """All that match, shown or not."""
        return sum(self.counts.values())

    def plus(self, other: Letters) -> Letters:
        """Return both together."""
        return Letters(
            (*self.shown, *other.shown), dict(Counter(self.counts) + Counter(other.counts))
        )

    def document(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return {
            "total": self.total,
            "byReason": self.counts,
            "letters": [letter.document() for letter in self.shown],
        }

    @classmethod
    def parse(cls, data: dict[str, Any]) -> Letters:
        """Return the letters of a `document`."""
        shown = tuple(DeadLetter.parse(letter) for letter in data["letters"])
        return cls(shown, dict(data["byReason"]))


@dataclass(frozen=True)
class Wanted:
    """Which letters: of one reason or all, the newest `limit` of them."""

    reason: str | None = None
    limit: int = 20


def _bytes(name: str, value: bytes | None) -> dict[str, str | None]:
    try:
        return {name: None if value is None else value.decode()}
    except UnicodeDecodeError:
        return {f"{name}Base64": base64.b64encode(value or b"").decode()}


def _parsed(name: str, data: dict[str, Any]) -> bytes | None:
    if f"{name}Base64" in data:
        return base64.b64decode(data[f"{name}Base64"])
    return None if data[name] is None else str(data[name]).encode()


def letters_of_table(secret: PostgresSecret, who: SinkIdentity, wanted: Wanted) -> Letters:
    """Return the dead letters of a PostgreSQL sink, the newest first.

    Raises:
        psycopg2.OperationalError: the server cannot be reached.
    """
    of_reason = "" if wanted.reason is None else " AND reason = %s"
    keys = (*who.key, *(() if wanted.reason is None else (wanted.reason,)))
    with connect(secret, f"yeoul dead-letters {who.query}") as session, session.cursor() as cursor:
        cursor.execute("SELECT to_regclass('yeoul.dead_letters')")
        if cursor.fetchone() == (None,):
            return Letters((), {})
        cursor.execute(_COUNTS + of_reason + " GROUP BY reason ORDER BY reason", keys)
        counts = {str(reason): int(count) for reason, count in cursor.fetchall()}
        cursor.execute(_LETTERS + of_reason + _NEWEST, (*keys, wanted.limit))
        shown = tuple(
            DeadLetter(who.sink, p, o, time, reason, detail, _raw(key), _raw(payload))
            for p, o, time, reason, detail, key, payload in cursor.fetchall()
        )
    return Letters(shown, counts)


def _raw(value: memoryview | None) -> bytes | None:
    return None if value is None else bytes(value)


def letters_of_lake(spark: SparkSession, path: str, who: SinkIdentity, wanted: Wanted) -> Letters:
    """Return the dead letters of an HDFS sink, the newest first."""
    from pyspark.sql import functions as F

    from yeoul_stream.sinks.hdfs.account import DEAD_DDL
    from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder
    from yeoul_stream.verify.lake import home_of

    folder, home = HadoopFolder(spark, path), f"{home_of(who)}/dead"
    files = [folder.uri(f"{home}/{name}") for name in folder.names(home)]
    if not files:
        return Letters((), {})
    name = F.col("_metadata.file_name")
    frame = (
        spark.read.schema(DEAD_DDL)
        .parquet(*files)
        .withColumn(
            "partition",
            F.regexp_extract(name, r"-(\d+)-\d{20}-\d{20}(-\d+)?\.parquet$", 1).cast("int"),
        )
    )
    if wanted.reason is not None:
        frame = frame.where(F.col("reason") == wanted.reason)
    counts = {row["reason"]: row["count"] for row in frame.groupBy("reason").count().collect()}
    newest = frame.orderBy(F.desc_nulls_last("kafka_time"), "partition", F.desc("offset"))
    shown = tuple(
        DeadLetter(
            who.sink, row["partition"], row["offset"],
            row["kafka_time"] and row["kafka_time"].astimezone(UTC),  # collected in local time
            row["reason"], row["detail"], _raw(row["key"]), _raw(row["payload"]),
        )
        for row in newest.limit(wanted.limit).collect()
    )  # fmt: skip
    return Letters(shown, dict(sorted(counts.items())))


def sink_of(pipeline: StreamPipeline, name: str) -> Sink | None:
    """Return the sink of that name, None where there is none."""
    return next((sink for sink in pipeline.spec.sinks if sink.name == name), None)


_MINE = "FROM yeoul.dead_letters WHERE installation = %s AND pipeline = %s AND sink = %s"
_COUNTS = f"SELECT reason, count(*) {_MINE}"
_LETTERS = f'SELECT "partition", "offset", kafka_time, reason, detail, key, payload {_MINE}'
_NEWEST = ' ORDER BY kafka_time DESC NULLS LAST, "partition", "offset" DESC LIMIT %s'


def main(arguments: list[str] | None = None) -> int:
    """Print the dead letters of one HDFS sink as a JSON document."""
    parser = argparse.ArgumentParser(prog="python -m yeoul_stream.verify.letters")
    parser.add_argument("--pipeline", type=Path, required=True)
    parser.add_argument("--sink", required=True)
    parser.add_argument("--reason")
    parser.add_argument("--limit", type=int, default=20)
    options = parser.parse_args(arguments)
    pipeline = load_pipeline(options.pipeline)
    sink = sink_of(pipeline, options.sink)
    if sink is None or sink.hdfs is None:
        print(f"{options.sink} is no HDFS sink of {options.pipeline}", file=sys.stderr)
        return 2
    from yeoul_stream.job import Settings, identity
    from yeoul_stream.spark import build_session

    who = identity(Settings.from_environment(os.environ), pipeline, sink)
    spark = build_session(pipeline)
    try:
        wanted = Wanted(options.reason, options.limit)
        found = letters_of_lake(spark, sink.hdfs.path, who, wanted)
    finally:
        spark.stop()
    print(json.dumps(found.document()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
