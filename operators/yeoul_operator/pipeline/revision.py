"""What decides about a pipeline's run, as the document that the job reads, and its digest. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from yeoul_stream.pipeline import PipelineError, StreamPipeline, parse_pipeline

Document = dict[str, Any]

DIGITS = 8
KEY = "pipeline.yaml"
"""The key of the ConfigMap under which the document is."""

# How the pipeline is looked after, not what it does: a change takes effect without a new driver.
_CARE = {"suspend", "deletion_policy", "health", "verify"}
_SCALE = {"min", "max", "instances"}


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the installation decides where a pipeline does not."""

    image: str
    hadoop_config_map: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """A document and its digest. `pipeline` is the document, parsed."""

    name: str
    document: Document
    pipeline: StreamPipeline


def revision_of(pipeline: StreamPipeline, defaults: Defaults) -> Revision:
    """Return what the pipeline is to run.

    The installation's defaults are filled in, so that a rollback goes back to the old image too.
    What equals the model's defaults is left out: a job of an older image knows no newer fields,
    and a newer operator does not restart everything.
    """
    spec = pipeline.spec.model_dump(
        mode="json",
        by_alias=True,
        exclude_defaults=True,
        exclude={**dict.fromkeys(_CARE, True), "runtime": {"executors": _SCALE}},
    )
    runtime = spec.setdefault("runtime", {})
    runtime.setdefault("image", defaults.image)
    if defaults.hadoop_config_map:
        runtime.setdefault("hadoopConfigMap", defaults.hadoop_config_map)
    if not runtime.get("executors", True):
        del runtime["executors"]
    metadata = {"name": pipeline.metadata.name, "namespace": pipeline.metadata.namespace}
    document = {
        "apiVersion": pipeline.api_version,
        "kind": pipeline.kind,
        "metadata": metadata,
        "spec": spec,
    }
    return of_document(document)


def of_document(document: Mapping[str, Any]) -> Revision:
    """Return the revision that a document is.

    Raises:
        PipelineError: it is none that this version of the operator can read.
    """
    text = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    name = sha256(text).hexdigest()[:DIGITS]
    return Revision(name, dict(document), parse_pipeline(document, f"revision {name}"))


def config_map_name(pipeline: str, revision: str) -> str:
    """Return the name of the ConfigMap that holds a revision."""
    return f"{pipeline}-{revision}"


def config_map(revision: Revision, owner: Document, labels: Mapping[str, str]) -> Document:
    """Return the ConfigMap of a revision. `owner` is an ownerReference.

    The text is JSON, which is YAML, with sorted keys: what the API server would make of them.
    """
    meta = revision.pipeline.metadata
    text = orjson.dumps(revision.document, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": config_map_name(meta.name, revision.name),
            "namespace": meta.namespace,
            "labels": dict(labels),
            "ownerReferences": [owner],
        },
        "immutable": True,
        "data": {KEY: text.decode() + "\n"},
    }


def read_config_map(found: Mapping[str, Any]) -> Revision | None:
    """Return the revision that a ConfigMap holds; None if there is none that can be read."""
    text = (found.get("data") or {}).get(KEY, "")
    try:
        return of_document(orjson.loads(text))
    except (orjson.JSONDecodeError, PipelineError, AttributeError, TypeError):
        return None
