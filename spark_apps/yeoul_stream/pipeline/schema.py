"""The JSON schema of a pipeline, for editors: `python -m yeoul_stream.pipeline.schema`."""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic import BaseModel

from yeoul_stream.pipeline.fields import keys, mappings
from yeoul_stream.pipeline.model import StreamPipeline

DRAFT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def pipeline_schema() -> Schema:
    """The schema as plain data, definitions under `$defs`.

    It describes each document by itself; what several fields say together, and SQL, only
    `parse_pipeline` checks.
    """
    schema = StreamPipeline.model_json_schema(by_alias=True)
    definitions = schema.pop("$defs")
    for _, model in mappings():
        part = definitions.get(model.__name__, schema)
        part["description"] = _one_line(part["description"])
        part.pop("title")
        for key, entry in part["properties"].items():
            part["properties"][key] = _property(model, key, entry)
    definitions["Sink"]["oneOf"] = [
        {"required": [kind]} for kind in ("console", "postgres", "hdfs", "deadLetters")
    ]
    schema["required"] = ["apiVersion", "kind", *schema["required"]]
    return {"$schema": DRAFT, "title": "StreamPipeline", **schema, "$defs": definitions}


def schema_text() -> str:
    """The schema as a file."""
    return json.dumps(pipeline_schema(), indent=2, ensure_ascii=False) + "\n"


def _property(model: type[BaseModel], key: str, entry: Schema) -> Schema:
    result = {name: value for name, value in entry.items() if name not in {"title", "default"}}
    result["description"] = _one_line(keys(model)[key].description or "")
    default = default_value(model, key)
    return result if default is None else result | {"default": default}


def default_value(model: type[BaseModel], key: str) -> Any:
    """The default of a key as it would stand in a file; None where there is none, or it is null."""
    field = keys(model)[key]
    if field.is_required():
        return None
    name = next(name for name, known in model.model_fields.items() if known is field)
    defaults = model.model_construct(**{name: field.get_default(call_default_factory=True)})
    return defaults.model_dump(mode="json", include={name})[key]


def _one_line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    sys.stdout.write(schema_text())
