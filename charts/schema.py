"""`values.schema.json`: what Helm accepts as values. Pure."""

from __future__ import annotations

import json
from typing import Any

from charts.options.base import NameRef, Values
from charts.options.kafka import Topic
from charts.options.root import Root
from charts.walk import meaning

# The draft that every Helm 3 knows.
DRAFT = "http://json-schema.org/draft-07/schema#"

# Of lists, for which values.yaml has no defaults that a user's values are laid over.
_ITEMS = (NameRef, Topic)

Schema = dict[str, Any]


def values_schema() -> Schema:
    """The schema as plain data; mappings that are used several times lie under `$defs`."""
    schema = Root.model_json_schema(by_alias=True)
    definitions = schema.pop("$defs")
    models = {model.__name__: model for model in _models(Values)}
    for name, part in definitions.items():
        _describe(models[name], part)
    _describe(Root, schema)
    return {"$schema": DRAFT, **schema, "$defs": definitions}


def schema_text() -> str:
    """The schema as a file."""
    return json.dumps(values_schema(), indent=2, ensure_ascii=False) + "\n"


def _describe(model: type[Values], part: Schema) -> None:
    """Keep what is checked and what it means. Defaults stand in values.yaml, part by part."""
    part.pop("title", None)
    if model not in _ITEMS:
        part.pop("required", None)
    part["description"] = " ".join((model.__doc__ or "").split())
    for name, field in model.model_fields.items():
        key = field.alias or name
        entry = {k: v for k, v in part["properties"][key].items() if k not in {"title", "default"}}
        part["properties"][key] = {**entry, "description": meaning(model, name)}


def _models(model: type[Values]) -> list[type[Values]]:
    found = [model]
    for child in model.__subclasses__():
        found += _models(child)
    return found
