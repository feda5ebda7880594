"""What tests of faults share: records, the proof, locks, and parts that are elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from psycopg2.extensions import connection as Connection
from pyspark.sql import SparkSession

from fix_database import execute
from fix_stream import INSTALLATION, Stream, connect, record
from fix_verify import document, session
from yeoul_local.parts.postgres_access import PostgresEndpoint
from yeoul_local.platform import Endpoints, Platform
from yeoul_stream.job import Settings
from yeoul_stream.pipeline import parse_pipeline
from yeoul_stream.verify.run import verify

TABLE_ONLY = {"spec": {"sinks": [{"name": "lake", "enabled": False}]}}


def lake_only(form: str) -> dict[str, Any]:
    """The overlay of a stream into nothing but a lake of that format."""
    table, lake = {"name": "table", "enabled": False}, {"name": "lake", "hdfs": {"format": form}}
    return {"spec": {"sinks": [table, lake]}}


class Elsewhere(Platform):
    """A platform whose Kafka or PostgreSQL is another one."""

    def __init__(
        self, of: Platform, kafka: str = "", postgres: PostgresEndpoint | None = None
    ) -> None:
        super().__init__(of.home)
        here = of.endpoints
        self._endpoints = replace(
            here,
            kafka_bootstrap=kafka or here.kafka_bootstrap,
            postgres=postgres or here.postgres,
        )

    @property
    def endpoints(self) -> Endpoints:
        """Where the parts are."""
        return self._endpoints


@pytest.fixture(scope="module")
def spark(platform: Platform) -> Iterator[SparkSession]:
    """A session of this process, in which the proof is made after each fault."""
    with session(platform, parse_pipeline(document(platform, "faults"), "faults")) as started:
        yield started


def records(block: int, count: int = 200) -> list[bytes | None]:
    """Good records that no other block has."""
    return [record(block * 100_000 + number) for number in range(count)]


def holds(made: Stream, spark: SparkSession, *sinks: str) -> None:
    """The proof holds for the sinks, and it covers everything that was produced."""
    pipeline = parse_pipeline(made.document, made.name)
    report = verify(pipeline, Settings(INSTALLATION, made.folder), spark, sinks)
    assert report.verdict == "holds", report.findings.listed
    assert [row.in_kafka for row in report.sinks] == [made.ends()] * len(sinks)


@contextmanager
def locked(made: Stream, statement: str) -> Iterator[Connection]:
    """Hold a lock that stops the sink's transaction at a known statement."""
    holder = connect(made.platform)
    holder.autocommit = False
    try:
        with holder.cursor() as cursor:
            cursor.execute(statement)
        yield holder
    finally:
        holder.close()


def order(made: Stream, *statements: str) -> None:
    """Run statements in the stream's database, each in a transaction of its own."""
    execute(made.platform.endpoints.postgres, *statements)


def error_of(made: Stream, sink: str) -> str:
    """What a sink says went wrong last."""
    return str(made.sink(sink).get("lastError"))
