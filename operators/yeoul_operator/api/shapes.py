"""The models' fields as data: for the CRD, the checks and the reference."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from yeoul_operator.api.scalars import Scalar

Kind = Literal["text", "int", "bool", "time", "amount", "model", "list", "map", "any"]

_PLAIN: dict[object, Kind] = {str: "text", int: "int", bool: "bool", datetime: "time", Any: "any"}


@dataclass(frozen=True, slots=True)
class Shape:
    """What may stand in a field. `item` is that of a list's entries or of a map's values."""

    kind: Kind
    model: type[BaseModel] | None = None
    item: Shape | None = None
    choices: tuple[str, ...] = ()
    scalar: Scalar | None = None
    least: int | None = None
    most: int | None = None
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class FieldShape:
    """A field: its key in documents, its attribute, what it means, and what may stand there."""

    key: str
    attribute: str
    description: str
    required: bool
    shape: Shape


@cache
def fields(model: type[BaseModel]) -> Mapping[str, FieldShape]:
    """The fields of a model by their keys, in the order of the model."""
    shapes = (_field(name, info) for name, info in model.model_fields.items())
    return types.MappingProxyType({shape.key: shape for shape in shapes})


def shape_at(model: type[BaseModel], location: tuple[str | int, ...]) -> Shape | None:
    """What may stand at a place of a model's document; None where the models know no such place.

    Below a part in Kubernetes' own words anything may stand.
    """
    shape: Shape | None = Shape("model", model=model)
    for step in location:
        if shape is None or shape.kind == "any":
            return shape
        if shape.kind == "model" and shape.model is not None:
            found = fields(shape.model).get(str(step))
            shape = found.shape if found is not None else None
        else:
            shape = shape.item
    return shape


def _field(name: str, info: FieldInfo) -> FieldShape:
    shape = _with(_shape(info.annotation), tuple(info.metadata))
    description = " ".join((info.description or "").split())
    return FieldShape(info.alias or name, name, description, info.is_required(), shape)


def _shape(annotation: Any) -> Shape:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _with(_shape(arguments[0]), arguments[1:])
    if set(arguments) == {int, str}:
        return Shape("amount")
    if origin in {Union, types.UnionType}:
        return _shape(next(part for part in arguments if part is not types.NoneType))
    if origin is tuple:
        return Shape("list", item=_shape(arguments[0]))
    if origin is dict:
        return Shape("map", item=_shape(arguments[1]))
    if annotation in _PLAIN:
        return Shape(_PLAIN[annotation])
    if issubclass(annotation, StrEnum):
        return Shape("text", choices=tuple(choice.value for choice in annotation))
    return Shape("model", model=annotation)


def _with(shape: Shape, metadata: tuple[object, ...]) -> Shape:
    for entry in metadata:
        if isinstance(entry, FieldInfo):
            shape = _with(shape, tuple(entry.metadata))
        elif isinstance(entry, Scalar):
            shape = replace(shape, scalar=entry)
        elif isinstance(entry, annotated_types.Ge):
            shape = replace(shape, least=int(str(entry.ge)))
        elif isinstance(entry, annotated_types.Le):
            shape = replace(shape, most=int(str(entry.le)))
        elif isinstance(entry, annotated_types.MaxLen):
            shape = replace(shape, longest=entry.max_length)
    return shape
