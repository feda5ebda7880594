"""The CustomResourceDefinition of StreamPipelines, made from the models of both sides. Pure."""

from __future__ import annotations

from typing import Any

from yeoul_operator.api.crd import DIGEST_ANNOTATION, OWNER_LABEL, Column, digest
from yeoul_operator.api.status import Condition
from yeoul_operator.pipeline.rules import BOUNDS, RULES
from yeoul_operator.pipeline.status import PipelineStatus
from yeoul_stream.pipeline.naming import LABEL
from yeoul_stream.pipeline.schema import pipeline_schema

Schema = dict[str, Any]

GROUP, VERSION, PLURAL = "yeoul.dev", "v1alpha1", "streampipelines"
LONGEST_NAME = 52
"""Room for what Spark and we append to it in names of pods, services and ConfigMaps."""

COLUMNS = (
    Column("Phase", "string", ".status.phase"),
    Column("Lag", "string", ".status.lag"),
    Column("Rows/s", "number", ".status.rowsPerSecond"),
    Column("Dead", "integer", ".status.rowsDead"),
    Column("Batch age", "date", ".status.lastBatchAt"),
    Column("Revision", "string", ".status.revision"),
    Column("Age", "date", ".metadata.creationTimestamp"),
)

_SCALE = {
    "specReplicasPath": ".spec.runtime.executors.instances",
    "statusReplicasPath": ".status.executors",
    "labelSelectorPath": ".status.selector",
}


def crd() -> Schema:
    """Return the definition."""
    schema = root_schema()
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{PLURAL}.{GROUP}",
            "labels": dict([OWNER_LABEL]),
            "annotations": {DIGEST_ANNOTATION: digest(schema)},
        },
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": "StreamPipeline",
                "listKind": "StreamPipelineList",
                "plural": PLURAL,
                "singular": "streampipeline",
                "shortNames": ["sp"],
                "categories": ["spark"],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}, "scale": _SCALE},
                    "additionalPrinterColumns": [
                        {"name": column.name, "type": column.type, "jsonPath": column.path}
                        for column in COLUMNS
                    ],
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }


def root_schema() -> Schema:
    """Return the schema: structural, so that what it does not know is pruned."""
    source = pipeline_schema()
    name = {"type": "string", "maxLength": LONGEST_NAME, "pattern": f"^{LABEL}$"}
    return {
        "type": "object",
        "description": source["description"],
        "required": ["metadata", "spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object", "properties": {"name": name}},
            "spec": _structural(source["$defs"]["PipelineSpec"], source["$defs"], "spec"),
            "status": _status(),
        },
    }


def _status() -> Schema:
    """Return the status's schema, without bounds: another version may write other words."""
    source = PipelineStatus.model_json_schema(by_alias=True)
    schema = _without(_structural(source, source["$defs"], "status"), ("enum", "required"))
    conditions = schema["properties"]["conditions"]
    conditions["items"]["required"] = [
        field.alias or name for name, field in Condition.model_fields.items() if field.is_required()
    ]
    conditions["x-kubernetes-list-type"] = "map"
    conditions["x-kubernetes-list-map-keys"] = ["type"]
    return schema


def _structural(node: Schema, definitions: dict[str, Schema], path: str) -> Schema:
    """Return a JSON schema in the words that the API server takes, with our rules added.

    `path` names the place as in `rules`, entries of lists as `[]`.
    """
    merged = _resolved(node, definitions)
    schema = _plain(merged)
    match merged.get("type"):
        case "object" if "properties" in merged:
            schema["properties"] = {
                key: _structural(below, definitions, f"{path}.{key}")
                for key, below in merged["properties"].items()
            }
        case "object":
            schema["additionalProperties"] = _structural(
                merged["additionalProperties"], definitions, f"{path}[]"
            )
        case "array":
            schema["items"] = _structural(merged["items"], definitions, f"{path}[]")
    rules = [rule.document() for rule in RULES.get(path, ())]
    return schema | BOUNDS.get(path, {}) | ({"x-kubernetes-validations": rules} if rules else {})


_KEPT = (
    "type",
    "description",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "enum",
    "nullable",
    "required",
)


def _plain(merged: Schema) -> Schema:
    """Return what a part says of itself, without its parts."""
    schema = {key: merged[key] for key in _KEPT if merged.get(key)}
    if "description" in schema:
        schema["description"] = " ".join(schema["description"].split())
    if "const" in merged:
        schema["enum"] = [merged["const"]]
    if merged.get("type") == "integer":
        schema["format"] = "int64"
    if merged.get("format") == "date-time":
        schema["format"] = "date-time"
    return schema


def _resolved(node: Schema, definitions: dict[str, Schema]) -> Schema:
    """Return the node with what it refers to laid under it, and null as `nullable`."""
    if "$ref" in node:
        target = definitions[node["$ref"].rpartition("/")[2]]
        return {**_resolved(target, definitions), **_given(node)}
    if "anyOf" not in node:
        return node
    [option] = [one for one in node["anyOf"] if one.get("type") != "null"]
    merged = {**_resolved(option, definitions), **_given(node)}
    # A part that is there or not needs no third state.
    return merged if "$ref" in option else {**merged, "nullable": True}


def _given(node: Schema) -> Schema:
    return {key: value for key, value in node.items() if key not in ("$ref", "anyOf")}


def _without(schema: Schema, dropped: tuple[str, ...]) -> Schema:
    return {
        key: _without(value, dropped) if isinstance(value, dict) else value
        for key, value in schema.items()
        if not (key in dropped and isinstance(value, list))
    }
