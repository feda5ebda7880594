"""A pipeline's document as the API server gives it, read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yeoul_operator.pipeline.revision import Defaults, Revision, revision_of
from yeoul_stream.pipeline import PipelineError, Problem, StreamPipeline, parse_pipeline


@dataclass(frozen=True, slots=True)
class Read:
    """What a document says. `pipeline` and `desired` are None exactly when there are problems."""

    problems: tuple[Problem, ...] = ()
    pipeline: StreamPipeline | None = None
    desired: Revision | None = None


def read_pipeline(document: Mapping[str, Any], defaults: Defaults) -> Read:
    """Return the pipeline and what it is to run, or every problem."""
    try:
        pipeline = _parsed(document)
    except PipelineError as error:
        return Read(error.problems)
    problems = tuple(_not_served(pipeline, defaults))
    if problems:
        return Read(problems)
    return Read((), pipeline, revision_of(pipeline, defaults))


def problems_of(document: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return what is wrong with a pipeline by itself, whatever the installation."""
    try:
        pipeline = _parsed(document)
    except PipelineError as error:
        return error.problems
    return tuple(_not_served(pipeline, Defaults("any")))


def _parsed(document: Mapping[str, Any]) -> StreamPipeline:
    metadata = document.get("metadata") or {}
    # What Kubernetes adds to it is no part of a pipeline.
    known = ("name", "namespace")
    own = {
        "apiVersion": document.get("apiVersion"),
        "kind": document.get("kind"),
        "metadata": {key: metadata[key] for key in known if metadata.get(key)},
        "spec": document.get("spec"),
    }
    return parse_pipeline(own, str(metadata.get("name") or metadata.get("generateName")))


def _not_served(pipeline: StreamPipeline, defaults: Defaults) -> list[Problem]:
    found = []
    if not (pipeline.spec.runtime.image or defaults.image):
        message = "is required: the operator has no --stream-image"
        found.append(Problem("spec.runtime.image", None, message))
    return found
