"""Where records go, and as which columns."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Described

from yeoul_stream.pipeline.base import Model
from yeoul_stream.pipeline.columns import LINEAGE_COLUMNS, METADATA_COLUMNS, bare_column
from yeoul_stream.pipeline.record import Record
from yeoul_stream.pipeline.scalars import (
    CatalogUri,
    HdfsPath,
    IcebergTable,
    Label,
    Seconds,
    SecretName,
    Table,
    Topic,
    TriggerText,
)
from yeoul_stream.pipeline.trigger import Trigger

SinkKind = Literal["console", "postgres", "hdfs", "deadLetters"]


class Console(Model):
    """Print rows to the driver's standard output, for debugging."""

    rows: Annotated[int, Described(ge=1, le=10_000)] = 20
    """The most rows printed for one batch."""


class Partitions(Model):
    """Partition the table by time: partitions are made ahead, and dropped when they are old."""

    by: str
    """The output column with the time (`timestamp` or `date`). A row in which it is null, or lies
    beyond the partitions that are made ahead, is a dead letter."""
    every: Literal["hour", "day", "month"] = "day"
    """How much one partition holds, in UTC."""
    ahead: Annotated[int, Described(ge=1, le=1000)] = 3
    """How many partitions are made ahead of the clock."""
    keep: Seconds | None = None
    """How long rows stay, such as `30 days`: partitions that end before are dropped, and older rows
    that come later are not stored. By default everything stays."""


class Postgres(Model):
    """Append rows to a PostgreSQL table, or keep the newest row of each key, exactly once."""

    secret_ref: SecretName
    """The Secret with `host` (or several, separated by commas: the one that can be written to is
    used), `port`, `dbname`, `username`, `password` and optionally `sslmode` and `ca.crt`, the
    certificate of who signs for the server, or `sslrootcert`, a file of it."""
    table: Table
    """`table` or `schema.table`. It is created when missing."""
    write: Literal["append", "upsert"] = "append"
    """How rows are written: each record adds one row (`append`), or the table holds one row for
    each `key`, that of its newest record (`upsert`, which needs `lineage: true`)."""
    key: Annotated[tuple[str, ...], Described(strict=False)] = ()
    """Output columns that tell rows apart, for `upsert`."""
    order_by: str | None = None
    """For `upsert`, an output column with the time or number by which of two rows of a key the
    newer one is known; null is the oldest. Where it is the same, and by default, the record of the
    higher partition, then of the higher offset, is the newer one."""
    partitions: Partitions | None = None
    """Partitions of the table by time, and how long they are kept."""


class Catalog(Model):
    """Where an Iceberg table is registered, if not in its own folder."""

    type: Literal["rest", "jdbc"]
    """`rest`: a server of Iceberg's REST protocol. `jdbc`: tables of a PostgreSQL database."""
    uri: CatalogUri
    """The server's address, such as `http://catalog:8181`, or `jdbc:postgresql://host:5432/db`."""
    table: IcebergTable
    """The table's name in the catalog: `namespace.table`. It is created when missing."""
    warehouse: str | None = None
    """The warehouse as the catalog knows it."""
    properties: dict[str, str] = Described(default_factory=dict)
    """Further settings of the catalog's client, none of them secret."""
    secret_ref: SecretName | None = None
    """A Secret whose keys are further settings, such as `credential`, `token` or
    `jdbc.password`."""


class Hdfs(Model):
    """Write rows as files in HDFS, exactly once for any reader."""

    path: HdfsPath
    """The folder for the files: absolute, or `hdfs://host:port/folder`. Of an Iceberg table it is
    the table's own folder: to a Hadoop catalog `warehouse/namespace/table`."""
    checkpoint: HdfsPath | None = None
    """Where Spark keeps its checkpoint. Nothing depends on it: the position is read from the files.
    By default it lies on the driver's own disk."""
    format: Literal["parquet", "iceberg"] = "parquet"
    """`parquet`: a folder of files. `iceberg`: an Iceberg table, created when missing. The files
    are Parquet, compressed with zstd, in both."""
    partition_by: Annotated[tuple[str, ...], Described(strict=False)] = ()
    """Output columns that become folders (`column=value`) instead of columns in the files. In
    Iceberg they are the table's identity partitions."""
    catalog: Catalog | None = None
    """The catalog that holds the Iceberg table. By default the folder is the catalog, as Iceberg's
    Hadoop catalog has it."""


class DeadLetters(Model):
    """Send records that cannot be written to a topic of the same Kafka; good ones go nowhere.

    For pipelines without PostgreSQL, whose sinks keep dead letters themselves.
    """

    topic: Topic
    """The topic for the letters; it has to be there, compacted or with long retention. A letter's
    key is the record's topic id, partition and offset, its value the record's, and headers
    (`yeoul.reason`, `yeoul.detail`, ...) tell the rest."""


class Sink(Model):
    """One destination: exactly one of `console`, `postgres`, `hdfs` and `deadLetters`.

    Each sink is a streaming query of its own, with its own trigger, position and restarts.
    """

    name: Label
    """The sink's name, unique in the pipeline. It names the sink in ledgers, so renaming a sink
    starts a new one."""
    enabled: bool = True
    """Whether the sink runs."""
    trigger: TriggerText = Trigger()
    """When the next batch starts: an interval such as `5 seconds` or `1 minute`; `available now`,
    which takes everything that is there and ends; or `as fast as possible`."""
    select: Annotated[dict[str, str], Described(min_length=1)] | None = None
    """Output columns in order: each a name and a Spark SQL expression over the record's fields.
    By default all fields under their own names. Kubernetes sorts the keys of every mapping: there
    a table or file that is created has its columns in alphabetical order."""
    where: str | None = None
    """A Spark SQL condition over the record's fields; only rows for which it is true are
    written, the others are counted as filtered."""
    lineage: bool = False
    """Add the columns `_topic_partition` (int) and `_offset` (long) last, so that every row names
    the Kafka record it came from."""
    console: Console | None = None
    """Print rows, for debugging."""
    postgres: Postgres | None = None
    """Write rows to a PostgreSQL table."""
    hdfs: Hdfs | None = None
    """Write files to HDFS."""
    dead_letters: DeadLetters | None = None
    """Send dead letters to a Kafka topic."""

    @property
    def kind(self) -> SinkKind:
        """Which of the targets the sink has."""
        if self.dead_letters is not None:
            return "deadLetters"
        if self.postgres is not None:
            return "postgres"
        return "hdfs" if self.hdfs is not None else "console"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The Secrets that the sink names."""
        catalog = self.hdfs.catalog if self.hdfs is not None else None
        named = (
            self.postgres.secret_ref if self.postgres is not None else None,
            catalog.secret_ref if catalog is not None else None,
        )
        return tuple(name for name in named if name)

    def output_columns(self, record: Record) -> tuple[str, ...]:
        """The names of the columns this sink writes, in order, lineage columns last."""
        names = tuple(self.select) if self.select is not None else record.names
        return names + (tuple(LINEAGE_COLUMNS) if self.lineage else ())

    def plain_select(self, record: Record) -> dict[str, str] | None:
        """{output column: field or metadata column} when nothing is computed, else None.

        The keys are `output_columns`. None means that the rows need Spark SQL.
        """
        if self.where is not None:
            return None
        known = {*record.names, *METADATA_COLUMNS}
        select = self.select or {name: f"`{name.replace('`', '``')}`" for name in record.names}
        plain = {output: bare_column(expression) for output, expression in select.items()}
        if self.lineage:
            plain |= {name: name for name in LINEAGE_COLUMNS}
        result = {output: column for output, column in plain.items() if column in known}
        return result if len(result) == len(plain) else None
