"""Which keys a pipeline's document has, read from the models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from yeoul_stream.pipeline.document import Location
from yeoul_stream.pipeline.model import StreamPipeline


def keys(model: type[BaseModel] | None) -> dict[str, FieldInfo]:
    """A model's fields by the names they have in files."""
    if model is None:
        return {}
    return {field.alias or name: field for name, field in model.model_fields.items()}


def fields_at(location: Location) -> dict[str, FieldInfo]:
    """The keys that the mapping at `location` accepts; empty where any key is accepted."""
    model: type[BaseModel] | None = StreamPipeline
    for part in location:
        if isinstance(part, str):
            below = keys(model).get(part)
            model = model_below(below) if below is not None else None
    return keys(model)


def mappings(
    model: type[BaseModel] = StreamPipeline, path: str = ""
) -> Iterator[tuple[str, type[BaseModel]]]:
    """Every mapping of a document, outer before inner: its path and its model.

    Entries of lists stand as `spec.sinks[]`.
    """
    yield path, model
    for key, field in keys(model).items():
        below = model_below(field)
        if below is not None:
            entry = "[]" if "tuple" in str(field.annotation) else ""
            yield from mappings(below, f"{path}.{key}{entry}".lstrip("."))


def model_below(field: FieldInfo) -> type[BaseModel] | None:
    """The model of a field's value, or of its entries; None where it holds a scalar."""
    return _model_in(field.annotation)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(argument) for argument in get_args(annotation))
    return next((model for model in found if model is not None), None)
