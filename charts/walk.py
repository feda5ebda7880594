"""The values as a tree: every key with its default, its type and what it means. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from charts.options.base import PodOptions, Pods, Values

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Option:
    """A key of the values.

    Attributes:
        path: from the root, such as `("kafka", "provider")`.
        text: what it means, on one line.
        default: as it stands in values.yaml; for a mapping of keys of its own, its members'.
        members: what it holds, where it is such a mapping.
        shared: whether it is one of those that every pod has, and is explained under `pods`.
    """

    path: tuple[str, ...]
    text: str
    default: Any
    members: tuple[Option, ...]
    shared: bool = False


def options(values: Values, path: tuple[str, ...] = ()) -> tuple[Option, ...]:
    """The keys of a mapping, in order, with all that they hold."""
    return tuple(_options(values, path))


def leaves(members: tuple[Option, ...]) -> Iterator[Option]:
    """All options that hold no others, in order."""
    for one in members:
        yield from leaves(one.members) if one.members else (one,)


def meaning(model: type[BaseModel], name: str) -> str:
    """What a field means: its own words, else those of the nearest model that it comes from."""
    for owner in model.__mro__:
        field: FieldInfo | None = getattr(owner, "model_fields", {}).get(name)
        if field is not None and field.description:
            return " ".join(field.description.split())
    raise ValueError(f"{model.__name__}.{name} says nothing about what it means")


def _options(values: Values, path: tuple[str, ...]) -> Iterator[Option]:
    dumped = values.model_dump(mode="json", by_alias=True)
    model = type(values)
    part = issubclass(model, PodOptions) and model is not Pods
    for name in _ordered(model):
        key = model.model_fields[name].alias or name
        here, default = (*path, key), getattr(values, name)
        members = options(default, here) if isinstance(default, Values) else ()
        shared = part and name in PodOptions.model_fields
        yield Option(here, meaning(model, name), dumped[key], members, shared)


def _ordered(model: type[BaseModel]) -> list[str]:
    """The fields, what a part has of its own before what it shares with others."""
    names: dict[str, None] = {}
    for owner in model.__mro__:
        names.update(dict.fromkeys(vars(owner).get("__annotations__", {})))
    return [name for name in names if name in model.model_fields]
