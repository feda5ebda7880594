"""What a pipeline is: the models, how they are read, and what can be wrong with them. No Spark."""

from yeoul_stream.pipeline.columns import LINEAGE_COLUMNS, METADATA_COLUMNS
from yeoul_stream.pipeline.errors import PipelineError, Problem
from yeoul_stream.pipeline.load import load_document, load_pipeline, parse_pipeline
from yeoul_stream.pipeline.model import Metadata, PipelineSpec, StreamPipeline
from yeoul_stream.pipeline.overlay import apply_overlay
from yeoul_stream.pipeline.record import Field, Protobuf, Record, SchemaRegistry
from yeoul_stream.pipeline.runtime import Driver, Executors, Health, Runtime, Verify
from yeoul_stream.pipeline.sinks import (
    Console,
    DeadLetters,
    Hdfs,
    Partitions,
    Postgres,
    Sink,
    SinkKind,
)
from yeoul_stream.pipeline.source import KafkaSource, Source
from yeoul_stream.pipeline.trigger import Trigger
from yeoul_stream.pipeline.types import decimal_parts

__all__ = [
    "LINEAGE_COLUMNS",
    "METADATA_COLUMNS",
    "Console",
    "DeadLetters",
    "Driver",
    "Executors",
    "Field",
    "Hdfs",
    "Health",
    "KafkaSource",
    "Metadata",
    "Partitions",
    "PipelineError",
    "PipelineSpec",
    "Postgres",
    "Problem",
    "Protobuf",
    "Record",
    "Runtime",
    "SchemaRegistry",
    "Sink",
    "SinkKind",
    "Source",
    "StreamPipeline",
    "Trigger",
    "Verify",
    "apply_overlay",
    "decimal_parts",
    "load_document",
    "load_pipeline",
    "parse_pipeline",
]
