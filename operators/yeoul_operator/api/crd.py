"""The CustomResourceDefinitions, made from the models. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pydantic import BaseModel

from yeoul_operator.api.application import (
    API_VERSION,
    SparkApplication,
    SparkApplicationSpec,
)
from yeoul_operator.api.rules.cross import RULES, CrossRule
from yeoul_operator.api.rules.names import LONGEST_NAME, LONGEST_SCHEDULE_NAME
from yeoul_operator.api.scheduled import ScheduledSparkApplication
from yeoul_operator.api.shapes import Shape, fields
from yeoul_operator.api.status import Condition

Schema = dict[str, Any]
Crd = dict[str, Any]

GROUP, VERSION = API_VERSION.split("/")
OWNER_LABEL = ("app.kubernetes.io/part-of", "yeoul")
"""The label by which the operator knows its own CRDs from those of another installation."""
DIGEST_ANNOTATION = "yeoul.dev/schema-digest"
"""The annotation that says which schema a CRD of ours holds."""

_APPROVED = {
    # The API server wants it of every group below k8s.io; this is the approval of the API.
    "api-approved.kubernetes.io": "https://github.com/kubeflow/spark-operator/pull/1298"
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `kubectl get`."""

    name: str
    type: str
    path: str


@dataclass(frozen=True, slots=True)
class Resource:
    """What a CRD says about a kind besides its fields."""

    model: type[BaseModel]
    kind: str
    plural: str
    short: str
    longest_name: int
    spec_at: tuple[str, ...]
    columns: tuple[Column, ...]


_AGE = Column("Age", "date", ".metadata.creationTimestamp")
APPLICATIONS = Resource(
    SparkApplication,
    "SparkApplication",
    "sparkapplications",
    "sparkapp",
    LONGEST_NAME,
    ("spec",),
    (
        Column("Suspend", "boolean", ".spec.suspend"),
        Column("Status", "string", ".status.applicationState.state"),
        Column("Attempts", "string", ".status.executionAttempts"),
        Column("Start", "string", ".status.lastSubmissionAttemptTime"),
        Column("Finish", "string", ".status.terminationTime"),
        _AGE,
    ),
)
SCHEDULES = Resource(
    ScheduledSparkApplication,
    "ScheduledSparkApplication",
    "scheduledsparkapplications",
    "scheduledsparkapp",
    LONGEST_SCHEDULE_NAME,
    ("spec", "template"),
    (
        Column("Schedule", "string", ".spec.schedule"),
        Column("TimeZone", "string", ".spec.timeZone"),
        Column("Suspend", "string", ".spec.suspend"),
        Column("Last Run", "date", ".status.lastRun"),
        Column("Last Run Name", "string", ".status.lastRunName"),
        _AGE,
    ),
)


def crd(resource: Resource) -> Crd:
    """The CustomResourceDefinition of a kind."""
    schema = root_schema(resource)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{resource.plural}.{GROUP}",
            "labels": dict([OWNER_LABEL]),
            "annotations": {**_APPROVED, DIGEST_ANNOTATION: digest(schema)},
        },
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": resource.kind,
                "listKind": f"{resource.kind}List",
                "plural": resource.plural,
                "singular": resource.kind.lower(),
                "shortNames": [resource.short],
                "categories": ["spark"],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [
                        {"name": column.name, "type": column.type, "jsonPath": column.path}
                        for column in resource.columns
                    ],
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }


def digest(schema: Schema) -> str:
    """Twelve hexadecimal digits that change with the schema."""
    return sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()[:12]


def is_ours(found: Mapping[str, Any]) -> bool:
    """Whether a CRD in a cluster was installed by this project, in whatever version."""
    key, value = OWNER_LABEL
    labels = found.get("metadata", {}).get("labels") or {}
    return bool(labels.get(key) == value)


def root_schema(resource: Resource) -> Schema:
    """The schema of a kind: structural, so that what it does not know is pruned."""
    model = fields(resource.model)
    name = {"type": "string", "maxLength": resource.longest_name}
    return {
        "type": "object",
        "description": _one_line(resource.model.__doc__),
        "required": ["metadata", "spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object", "properties": {"name": name}},
            "spec": _of_model(model["spec"].shape.model),
            "status": _of_status(model["status"].shape),
        },
    }


def _of_model(
    model: type[BaseModel] | None, holder: tuple[str, ...] = (), *, one: bool = True
) -> Schema:
    """The object that a model describes.

    `holder` is its place below an application's spec. `one` is false below lists and maps: there
    the cost of a CEL rule counts for each of the entries that the API server thinks possible, and
    is over its limit.
    """
    known = fields(model) if model is not None else {}
    if model is SparkApplicationSpec:
        holder = ()
    properties = {
        key: {"description": field.description} | _of_shape(field.shape, (*holder, key), one=one)
        for key, field in known.items()
    }
    schema: Schema = {"type": "object", "properties": properties}
    required = [field.key for field in known.values() if field.required]
    rules = [_cel(rule) for rule in RULES if one and _applies(rule, model, holder)]
    return (
        schema
        | ({"required": required} if required else {})
        | ({"x-kubernetes-validations": rules} if rules else {})
    )


def _applies(rule: CrossRule, model: type[BaseModel] | None, holder: tuple[str, ...]) -> bool:
    return rule.holder == holder and (bool(holder) or model is SparkApplicationSpec)


def _cel(rule: CrossRule) -> Schema:
    missing = "is required" in rule.message
    return {
        "rule": rule.cel,
        "message": rule.message,
        **({"messageExpression": rule.cel_message} if rule.cel_message else {}),
        "fieldPath": f".{rule.key}",
        "reason": "FieldValueRequired" if missing else "FieldValueInvalid",
    }


def _of_shape(shape: Shape, place: tuple[str, ...], *, one: bool) -> Schema:
    """The schema of what may stand in a field."""
    match shape.kind:
        case "model":
            return _of_model(shape.model, place, one=one)
        case "list":
            return {"type": "array", "items": _of_item(shape, place)}
        case "map" if shape.item is not None and shape.item.kind != "any":
            return {"type": "object", "additionalProperties": _of_item(shape, place)}
        case "map":
            return {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        case "amount":
            return {"x-kubernetes-int-or-string": True}
        case "int":
            bounds = {"minimum": shape.least, "maximum": shape.most}
            return {"type": "integer", "format": "int64"} | _given(bounds)
        case "bool":
            return {"type": "boolean"}
        case "time":
            return {"type": "string", "format": "date-time", "nullable": True}
        case _:
            return _of_text(shape, one=one)


def _of_item(shape: Shape, place: tuple[str, ...]) -> Schema:
    return _of_shape(shape.item, place, one=False) if shape.item is not None else {}


def _of_text(shape: Shape, *, one: bool) -> Schema:
    schema: Schema = {"type": "string"} | _given({"maxLength": shape.longest})
    if one and shape.scalar is not None and shape.scalar.cel:
        rule = {"rule": shape.scalar.cel, "message": shape.scalar.message}
        return schema | {"x-kubernetes-validations": [rule]}
    return schema | ({"enum": list(shape.choices)} if shape.choices else {})


def _of_status(shape: Shape) -> Schema:
    """A status without enumerations: another version of the operator may write other words."""
    schema = _lenient(_of_shape(shape, (), one=False))
    conditions: Schema = schema["properties"]["conditions"]
    conditions["items"]["required"] = [
        field.key for field in fields(Condition).values() if field.required
    ]
    conditions["x-kubernetes-list-type"] = "map"
    conditions["x-kubernetes-list-map-keys"] = ["type"]
    return schema


def _lenient(schema: Schema) -> Schema:
    return {
        key: _lenient(value) if isinstance(value, dict) else value
        for key, value in schema.items()
        if not (key == "enum" or (key == "required" and isinstance(value, list)))
    }


def _given(bounds: dict[str, int | None]) -> Schema:
    return {key: value for key, value in bounds.items() if value is not None}


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
