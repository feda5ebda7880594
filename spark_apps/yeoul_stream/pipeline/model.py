"""The one definition of a pipeline, as frozen models. No Spark here.

Read pipelines with `load_pipeline` or `parse_pipeline`: they also check what several fields say
together. The descriptions under the fields are what editors and the reference page show.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Described

from yeoul_stream.pipeline.base import Model
from yeoul_stream.pipeline.record import Record
from yeoul_stream.pipeline.runtime import Health, Runtime, Verify
from yeoul_stream.pipeline.scalars import Label
from yeoul_stream.pipeline.sinks import Sink
from yeoul_stream.pipeline.source import Source


class Metadata(Model):
    """What Kubernetes knows the pipeline by."""

    name: Label
    """The pipeline's name: a DNS label. With the namespace it names the pipeline in ledgers, so
    renaming a pipeline starts a new one."""
    namespace: Label = "default"
    """The Kubernetes namespace."""
    labels: dict[str, str] = Described(default_factory=dict)
    """Kubernetes labels."""
    annotations: dict[str, str] = Described(default_factory=dict)
    """Kubernetes annotations."""


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
    verify: Verify | None = None
    """When a cluster proves by itself that the sinks hold what they should. By default nobody does;
    on one machine there is `yeoul verify`."""
    suspend: bool = False
    """Whether to hold the pipeline on a cluster: the driver finishes its batches and ends. `false`
    resumes where the sinks stand. A local run goes on."""
    deletion_policy: Literal["Retain", "Delete"] = "Retain"
    """What the deletion of the resource leaves behind: positions, books and data (`Retain`: a
    pipeline of the same name resumes) or nothing (`Delete`)."""


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
