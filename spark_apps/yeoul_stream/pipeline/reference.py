"""The tables of `docs/pipeline.md`, one a mapping of the document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from yeoul_stream.pipeline.fields import keys, mappings
from yeoul_stream.pipeline.generating import between
from yeoul_stream.pipeline.schema import Schema, pipeline_schema

BEGIN = "<!-- fields: begin (written by python -m yeoul_stream.pipeline.generate) -->"
END = "<!-- fields: end -->"


def with_reference(page: str) -> str:
    """`page` with the tables between its two marks renewed; ValueError when it lacks a mark."""
    return between(page, BEGIN, END, reference())


def reference() -> str:
    """Every field: path, type, default and meaning, as Markdown."""
    schema = pipeline_schema()
    return "\n".join(line for path, model in mappings() for line in _section(path, model, schema))


def _section(path: str, model: type[BaseModel], schema: Schema) -> Iterator[str]:
    part = schema["$defs"].get(model.__name__, schema)
    yield f"### `{path}`" if path else "### The document"
    yield ""
    yield part["description"]
    yield ""
    yield "| path | type | default | meaning |"
    yield "|---|---|---|---|"
    for key in keys(model):
        entry = part["properties"][key]
        required = key in part.get("required", ())
        cells = (
            f"`{path}.{key}`" if path else f"`{key}`",
            _type(entry),
            "*required*" if required else _default(entry),
            entry["description"],
        )
        yield f"| {' | '.join(cells)} |"
    yield ""


def _type(entry: Schema) -> str:
    """A field's type in words."""
    options = [option for option in entry.get("anyOf", [entry]) if option.get("type") != "null"]
    entry = options[0]
    if "const" in entry:
        return f"`{entry['const']}`"
    if "enum" in entry:
        return ", ".join(f"`{choice}`" for choice in entry["enum"])
    if "$ref" in entry or isinstance(entry.get("properties"), dict):
        return "mapping"
    if entry["type"] == "array":
        return "list of mappings" if "$ref" in entry["items"] else "list of texts"
    return _SCALARS[entry["type"]]


def _default(entry: Schema) -> str:
    default: Any = entry.get("default")
    if default is None or default in ([], {}):
        return ""
    if isinstance(default, dict):
        return "as below"
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


_SCALARS = {
    "string": "text",
    "integer": "whole number",
    "boolean": "`true` or `false`",
    "object": "mapping of texts",
}
