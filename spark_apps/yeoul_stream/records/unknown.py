"""Undeclared keys, learned so that records which carry them need not take the slow path.

Arrow's reader must be told of every key. Keys are learned, with the shape of their values, from
records that the reference has read. How many is bounded: a sender of ever new keys costs time, not
memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from yeoul_stream.records.arrays import mask
from yeoul_stream.records.checks import not_finite
from yeoul_stream.records.text import Json, Number

_MOST_LEAVES: Final = 128


class UnknownKeys:
    """The undeclared keys seen so far, as fields of the reader's schema."""

    def __init__(self) -> None:
        self._types: dict[str, pa.DataType] = {}

    @property
    def fields(self) -> list[pa.Field]:
        """One field per learned key."""
        return [pa.field(name, kind) for name, kind in self._types.items()]

    def learn(self, unknown: Mapping[str, Json]) -> None:
        """Learn the undeclared keys of one record, nulls included."""
        for key, value in unknown.items():
            try:
                key.encode()
                self._types[key] = _merged(self._types.get(key, pa.null()), _type(value))
            except (UnicodeEncodeError, _Unlike):
                continue
        if sum(map(_leaves, self._types.values())) > _MOST_LEAVES:
            self._types = {}

    def count(self, table: pa.Table) -> npt.NDArray[np.int64] | None:
        """How many learned keys have a value, per row; None where some value may not be JSON."""
        counts = np.zeros(table.num_rows, np.int64)
        for name in self._types:
            column = table.column(name).combine_chunks()
            if not _finite(column):
                return None
            if column.null_count < len(column):
                counts += mask(column.is_valid())
        return counts


class _Unlike(ValueError):  # noqa: N818 - not an error: the key stays unknown
    """Two shapes that no type holds both of."""


def _type(value: Json) -> pa.DataType:
    match value:
        case None:
            return pa.null()
        case bool():
            return pa.bool_()
        case Number():
            return pa.float64()
        case str():
            return pa.string()
        case list():
            element = pa.null()
            for one in value:
                element = _merged(element, _type(one))
            return pa.list_(element)
        case dict():
            return pa.struct([pa.field(key, _type(one)) for key, one in value.items()])


def _merged(left: pa.DataType, right: pa.DataType) -> pa.DataType:
    """A type that holds the values of both."""
    if pa.types.is_null(left) or left == right:
        return right
    if pa.types.is_null(right):
        return left
    if pa.types.is_list(left) and pa.types.is_list(right):
        return pa.list_(_merged(left.value_type, right.value_type))
    if pa.types.is_struct(left) and pa.types.is_struct(right):
        fields = {field.name: field.type for field in left}
        for field in right:
            fields[field.name] = _merged(fields.get(field.name, pa.null()), field.type)
        return pa.struct(list(fields.items()))
    raise _Unlike


def _leaves(kind: pa.DataType) -> int:
    """How much of a reader's memory a type takes, in columns."""
    if pa.types.is_list(kind):
        return 1 + _leaves(kind.value_type)
    if pa.types.is_struct(kind):
        return 1 + sum(_leaves(field.type) for field in kind)
    return 1


def _finite(column: pa.Array) -> bool:
    if pa.types.is_floating(column.type):
        return not_finite(column) is None
    if pa.types.is_list(column.type):
        return _finite(column.flatten())
    if pa.types.is_struct(column.type):
        return all(map(_finite, column.flatten()))
    return True
