"""Looks at the running parts: the job, the poller, PostgreSQL. None where nothing answers."""

import time
import urllib.request

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.sql import SQL, Composable, Identifier

from yeoul_local.demo.sample import Sample, parse_progress
from yeoul_local.jobs import Job, progress
from yeoul_local.parts.postgres_access import PostgresEndpoint
from yeoul_local.spark import INSTALLATION
from yeoul_stream.pipeline import Sink, StreamPipeline

# The newest rows lie in a table's last pages: 256 of them are 2 MB, some 18,000 rows.
_NEWEST_PAGES = 256
_LATELY_MS = 10_000


def table_sink(pipeline: StreamPipeline) -> Sink:
    """The pipeline's first enabled PostgreSQL sink."""
    return next(sink for sink in pipeline.spec.sinks if sink.enabled and sink.postgres)


class Probe:
    """Takes samples. Connects anew where a connection was lost."""

    def __init__(self, where: PostgresEndpoint, pipeline: StreamPipeline, poller: str) -> None:
        sink = table_sink(pipeline)
        assert sink.postgres is not None  # noqa: S101 - what table_sink chose it for
        self._where = where
        self._key = (INSTALLATION, f"{pipeline.metadata.namespace}/{pipeline.metadata.name}")
        self._sink = sink.name
        self._table = Identifier(*sink.postgres.table.split("."))
        self._poller = poller
        self._connection: Connection | None = None
        self._before = 0

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def remember(self) -> None:
        """Count the rows of earlier runs, so that `rows` are those of this one."""
        self._before = self._written() or 0

    def sample(self, job: Job) -> Sample:
        """What is known now."""
        return Sample(
            at=time.monotonic(),
            sinks=parse_progress(progress(job.record)),
            vehicles=self._vehicles(),
            rows=None if (written := self._written()) is None else written - self._before,
            sent=self._sent(),
        )

    def _written(self) -> int | None:
        if not self._one("SELECT to_regclass('yeoul.books') IS NOT NULL"):
            return None
        return self._one(
            "SELECT coalesce(sum(written), 0)::bigint FROM yeoul.books "
            "WHERE installation = %s AND pipeline = %s AND sink = %s",
            (*self._key, self._sink),
        )

    def _vehicles(self) -> int | None:
        name = ".".join(f'"{part}"' for part in self._table.strings)
        if not self._one("SELECT to_regclass(%s) IS NOT NULL", (name,)):
            return None
        statement = SQL(
            "SELECT count(DISTINCT trmncd) FROM {table} WHERE gpsutctime > %s AND ctid >= "
            "format('(%%s,0)', greatest(pg_relation_size(%s) / 8192 - %s, 0))::tid"
        ).format(table=self._table)
        lately = time.time() * 1000 - _LATELY_MS
        return self._one(statement, (lately, name, _NEWEST_PAGES))

    def _one(self, statement: str | Composable, values: tuple[object, ...] = ()) -> int | None:
        try:
            if self._connection is None:
                self._connection = self._where.connect()
                self._connection.autocommit = True
            with self._connection.cursor() as cursor:
                cursor.execute(statement, values)
                row = cursor.fetchone()
                return int(row[0]) if row else None
        except psycopg2.OperationalError:
            self.close()
            return None

    def _sent(self) -> int | None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self._poller}/metrics", timeout=2) as answer:
                return sent_records(answer.read().decode())
        except OSError:
            return None


def sent_records(metrics: str) -> int | None:
    """What the poller's metrics count as confirmed by Kafka."""
    for line in metrics.splitlines():
        if line.startswith("yeoul_poller_records_sent_total"):
            return int(float(line.rpartition(" ")[2]))
    return None
