"""Documents for tests: a small valid pipeline, changed by an overlay, and what is wrong with it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from yeoul_stream.pipeline import PipelineError, Sink, StreamPipeline, apply_overlay, parse_pipeline

FIELDS = [
    {"name": "dataId", "type": "string", "nullable": False},
    {"name": "speed", "type": "double"},
    {"name": "gps time", "type": "timestamp"},
]
MINIMAL: dict[str, Any] = {
    "apiVersion": "yeoul.dev/v1alpha1",
    "kind": "StreamPipeline",
    "metadata": {"name": "minimal"},
    "spec": {
        "source": {"kafka": {"bootstrapServers": "kafka:9092", "topic": "car_info"}},
        "record": {"format": "json", "fields": FIELDS},
        "sinks": [{"name": "out", "console": {}}],
    },
}


def document(overlay: dict[str, Any] | None = None) -> dict[str, Any]:
    """The minimal document with what `overlay` says differently, to be changed as one likes."""
    return deepcopy(apply_overlay(MINIMAL, overlay or {}))


def with_spec(**spec: Any) -> dict[str, Any]:
    """The minimal document with other parts under `spec`."""
    return document({"spec": spec})


def with_kafka(**kafka: Any) -> dict[str, Any]:
    """The minimal document with other keys under `spec.source.kafka`."""
    return with_spec(source={"kafka": kafka})


def with_sink(**sink: Any) -> dict[str, Any]:
    """The minimal document with other keys in its one sink; `None` removes one."""
    return with_spec(sinks=[{"name": "out", **sink}])


def pipeline(changed: dict[str, Any] | None = None) -> StreamPipeline:
    """The pipeline of a document, by default the minimal one."""
    return parse_pipeline(changed or MINIMAL, "test")


def sink(**keys: Any) -> Sink:
    """The minimal pipeline's one sink with other keys."""
    return pipeline(with_sink(**keys)).spec.sinks[0]


def problems(changed: Any) -> dict[str, str]:
    """{path: message} of everything that is wrong with a document; empty when nothing is."""
    try:
        parse_pipeline(changed, "test")
    except PipelineError as error:
        return {problem.path: problem.message for problem in error.problems}
    return {}
