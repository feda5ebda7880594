"""Texts that are not what their field takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from yeoul_operator.api.shapes import Shape, fields
from yeoul_stream.pipeline.document import Location
from yeoul_stream.pipeline.finding import Finding, finding


def check_texts(model: BaseModel, location: Location) -> Iterator[Finding]:
    """Every text below `location` that its field's rule does not accept."""
    for key, field in fields(type(model)).items():
        value = getattr(model, field.attribute)
        if value is not None:
            yield from _check(value, field.shape, (*location, key))


def _check(value: Any, shape: Shape, location: Location) -> Iterator[Finding]:
    if shape.kind == "model":
        yield from check_texts(value, location)
    elif shape.item is not None and _has_rules(shape.item):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for key, entry in entries:
            yield from _check(entry, shape.item, (*location, key))
    elif shape.scalar is not None and not shape.scalar.accepts(value):
        yield finding(location, value, shape.scalar.message)


def _has_rules(shape: Shape) -> bool:
    return shape.kind == "model" or shape.scalar is not None
