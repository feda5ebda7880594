"""The one definition of a pipeline, as frozen models. No Spark here.

Read pipelines with `yeoul_stream.pipeline.load_pipeline` or `parse_pipeline`: they also check what
several fields say together. The descriptions below are what editors and the reference page show.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic import Field as Described
from pydantic.alias_generators import to_camel

from yeoul_stream.pipeline import naming
from yeoul_stream.pipeline.columns import LINEAGE_COLUMNS, METADATA_COLUMNS
from yeoul_stream.pipeline.expressions import bare_column
from yeoul_stream.pipeline.trigger import (
    AS_FAST_AS_POSSIBLE,
    AVAILABLE_NOW,
    DURATION_PATTERN,
    Trigger,
    format_duration,
    parse_duration,
)
from yeoul_stream.pipeline.types import TYPE_PATTERN, canonical_type

SinkKind = Literal["console", "postgres", "hdfs"]


def _trigger(value: object) -> Trigger:
    if isinstance(value, Trigger):
        return value
    return Trigger.parse(value if isinstance(value, str) else "")


def _seconds(value: object) -> float:
    return parse_duration(value if isinstance(value, str) else "")


Label = Annotated[str, AfterValidator(naming.label)]
SecretName = Annotated[str, AfterValidator(naming.secret_name)]
HdfsPath = Annotated[str, AfterValidator(naming.hdfs_path)]
Memory = Annotated[str, AfterValidator(naming.memory), Described(pattern=None)]
Seconds = Annotated[
    float,
    BeforeValidator(_seconds),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": f"^{DURATION_PATTERN}$"}),
]
TriggerText = Annotated[
    Trigger,
    BeforeValidator(_trigger),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^({DURATION_PATTERN}|{AVAILABLE_NOW}|{AS_FAST_AS_POSSIBLE})$",
        }
    ),
]


class Model(BaseModel):
    """Frozen, strict about types, and unknown keys are errors; camelCase in files."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )


class Metadata(Model):
    """What Kubernetes knows the pipeline by."""

    name: Label
    """The pipeline's name: a DNS label. With the namespace it names the pipeline in ledgers, so
    renaming a pipeline starts a new one."""
    namespace: Label = "default"
    """The Kubernetes namespace."""
    labels: dict[str, str] = {}
    """Kubernetes labels."""
    annotations: dict[str, str] = {}
    """Kubernetes annotations."""


class KafkaSource(Model):
    """The topic to read, and how."""

    bootstrap_servers: Annotated[str, AfterValidator(naming.bootstrap_servers)]
    """Brokers to ask first: `host:port`, several separated by commas."""
    topic: Annotated[str, AfterValidator(naming.topic)]
    """The one topic to read."""
    starting_offsets: Literal["latest", "earliest"] = "latest"
    """Where a sink begins that has no position yet: after the newest record (`latest`) or at the
    oldest that Kafka holds (`earliest`). A sink that has a position continues there."""
    max_offsets_per_trigger: Annotated[int, Described(ge=1)] | None = 1_000_000
    """The most offsets one batch may take over all partitions, which bounds its memory and how long
    a drain takes. `null` means no bound."""
    on_data_loss: Literal["stop", "continue"] = "stop"
    """What to do when Kafka has deleted records that were not read yet: `stop` with an error that
    counts them, or record the loss, count it, and `continue`."""
    options: dict[str, str] = {}
    """Settings of Kafka's consumer, each with the prefix `kafka.`, such as
    `kafka.security.protocol`. Settings that Yeoul decides itself, and passwords, are refused."""
    secret_ref: SecretName | None = None
    """A Secret whose keys are further `kafka.` settings, such as `kafka.sasl.jaas.config`."""


class Source(Model):
    """Where records come from."""

    kafka: KafkaSource
    """A Kafka topic."""


class Field(Model):
    """One key of the JSON record and its type."""

    name: Annotated[str, AfterValidator(naming.field_name)]
    """The key in the JSON object, case-sensitive. It is also the column's name."""
    type: Annotated[
        str,
        AfterValidator(canonical_type),
        WithJsonSchema({"type": "string", "pattern": TYPE_PATTERN}),
    ]
    """`string`, `int` (32 bits), `long` (64 bits), `double`, `boolean`, `timestamp`, `date` or
    `decimal(precision,scale)`."""
    nullable: bool = True
    """Whether the value may be null or missing. A record that lacks a required value (`false`)
    becomes a dead letter."""


class Record(Model):
    """What one Kafka message holds."""

    format: Literal["json"]
    """The format of the message's value: one JSON object."""
    time_zone: Annotated[str, AfterValidator(naming.time_zone)] = "UTC"
    """The IANA time zone of timestamps that carry none, and of dates and times in expressions."""
    fields: Annotated[tuple[Field, ...], Described(min_length=1, strict=False)]
    """The declared keys. Other keys of a record are ignored and counted."""

    @property
    def names(self) -> tuple[str, ...]:
        """The declared fields' names, in order."""
        return tuple(field.name for field in self.fields)


class Console(Model):
    """Print rows to the driver's standard output, for debugging."""

    rows: Annotated[int, Described(ge=1, le=10_000)] = 20
    """The most rows printed for one batch."""


class Postgres(Model):
    """Append rows to a PostgreSQL table, exactly once."""

    secret_ref: SecretName
    """The Secret with `host`, `port`, `dbname`, `username`, `password` and optionally `sslmode` and
    `sslrootcert`."""
    table: Annotated[str, AfterValidator(naming.table)]
    """`table` or `schema.table`. It is created when missing."""
    write: Literal["append"] = "append"
    """How rows are written: each record adds one row."""


class Hdfs(Model):
    """Write rows as files in HDFS, exactly once for any reader."""

    path: HdfsPath
    """The folder for the files: absolute, or `hdfs://host:port/folder`."""
    checkpoint: HdfsPath | None = None
    """Where Spark keeps its checkpoint. Nothing depends on it: the position is read from the files.
    By default it lies on the driver's own disk."""
    format: Literal["parquet"] = "parquet"
    """The files' format (compressed with zstd)."""
    partition_by: Annotated[tuple[str, ...], Described(strict=False)] = ()
    """Output columns that become folders (`column=value`) instead of columns in the files."""


class Sink(Model):
    """One destination: exactly one of `console`, `postgres` and `hdfs`.

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
    By default all fields under their own names."""
    where: str | None = None
    """A Spark SQL condition over the record's fields; only rows for which it is true are
    written, the others are counted as filtered."""
    lineage: bool = False
    """Add the columns `_topic_partition` (int) and `_offset` (long) last, so that every row names
    the Kafka record it came from."""
    console: Console | None = None
    """Print rows, for debugging."""
    postgres: Postgres | None = None
    """Append rows to a PostgreSQL table."""
    hdfs: Hdfs | None = None
    """Write files to HDFS."""

    @property
    def kind(self) -> SinkKind:
        """Which of the three targets the sink has."""
        if self.postgres is not None:
            return "postgres"
        return "hdfs" if self.hdfs is not None else "console"

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


class Driver(Model):
    """The process that plans batches."""

    cores: Annotated[int, Described(ge=1)] = 1
    """CPU cores."""
    memory: Memory = "1g"
    """The Java heap, such as `512m` or `2g`."""


class Executors(Model):
    """The processes that do the work on a cluster."""

    min: Annotated[int, Described(ge=1)] = 1
    """The fewest executors."""
    max: Annotated[int, Described(ge=1)] = 1
    """The most executors."""
    cores: Annotated[int, Described(ge=1)] = 1
    """CPU cores of each; one core works on one topic partition at a time."""
    memory: Memory = "1g"
    """The Java heap of each, such as `512m` or `2g`."""


class Runtime(Model):
    """How the job runs."""

    log_level: Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR"] = "INFO"
    """The least severe messages that are logged."""
    driver: Driver = Driver()
    """The driver's size."""
    executors: Executors = Executors()
    """The executors' number and size. A local run does the work in the driver."""
    spark_conf: dict[str, str] = {}
    """Further Spark settings (`spark.…`), except those that Yeoul decides itself."""


class Health(Model):
    """When a running pipeline counts as unhealthy."""

    max_batch_age: Seconds = 300.0
    """The longest time since a sink's last batch, or since its trigger was due."""
    max_lag: Seconds = 60.0
    """The longest time by which a sink may be behind the newest record."""


class PipelineSpec(Model):
    """What the pipeline does."""

    source: Source
    """Where records come from."""
    record: Record
    """What a record holds."""
    sinks: Annotated[tuple[Sink, ...], Described(min_length=1, strict=False)]
    """Where records go. A sink that fails neither stops nor delays the others."""
    runtime: Runtime = Runtime()
    """How the job runs."""
    health: Health = Health()
    """When the pipeline counts as unhealthy."""


class StreamPipeline(Model):
    """A stream of records from one Kafka topic into sinks, each record exactly once."""

    api_version: Literal["yeoul.dev/v1alpha1"] = "yeoul.dev/v1alpha1"
    """The version of this format."""
    kind: Literal["StreamPipeline"] = "StreamPipeline"
    """What this document describes."""
    metadata: Metadata
    """The pipeline's name and labels."""
    spec: PipelineSpec
    """What the pipeline does."""
