"""Rows as texts, and which altered row was which. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

Texts = tuple[str | None, ...]


@dataclass(frozen=True)
class Altered:
    """A row whose values are not the record's. `changes` are (column, found, expected)."""

    place: str
    changes: tuple[tuple[str, str | None, str | None], ...]

    def __str__(self) -> str:
        parts = (f"{name} is {_shown(there)} instead of {_shown(right)}"
                 for name, there, right in self.changes)  # fmt: skip
        return ", ".join(parts)


def texts(rows: pa.RecordBatch | pa.Table, types: Sequence[pa.DataType]) -> list[Texts]:
    """Return each row's first len(types) values as texts, written alike wherever they come from.

    Columns may be in the form that the digest is made of: instants and dates as whole numbers.
    """
    columns = [_column(rows.column(i), type_) for i, type_ in enumerate(types)]
    return list(zip(*columns, strict=True)) if columns else []


def _column(column: pa.Array | pa.ChunkedArray, type_: pa.DataType) -> list[str | None]:
    if pa.types.is_date32(type_) and not pa.types.is_date(column.type):
        column = column.cast(pa.int32(), safe=False).cast(type_)
    elif pa.types.is_timestamp(type_):
        column = column.cast(pa.int64()).cast(type_)
    elif pa.types.is_floating(type_):
        column = column.cast(pa.float64())
    result: list[str | None] = pc.cast(column, pa.string()).to_pylist()
    return result


def pair(
    columns: Sequence[str],
    missing: Mapping[tuple[int, int], Texts],
    strange: Mapping[str, Texts],
) -> dict[tuple[int, int], Altered]:
    """Return which missing record became which strange row: the one with most values in common.

    `missing` goes by (partition, offset), `strange` by place. At least half of the values have to
    be the same, and each row is taken once.
    """
    scores = sorted(
        (
            (-sum(a == b for a, b in zip(right, there, strict=True)), record, place)
            for record, right in missing.items()
            for place, there in strange.items()
        ),
    )
    result: dict[tuple[int, int], Altered] = {}
    taken: set[str] = set()
    for score, record, place in scores:
        if -2 * score < len(columns) or record in result or place in taken:
            continue
        changes = tuple(
            (name, there, right)
            for name, there, right in zip(columns, strange[place], missing[record], strict=True)
            if there != right
        )
        result[record] = Altered(place, changes)
        taken.add(place)
    return result


def _shown(text: str | None) -> str:
    return "null" if text is None else repr(text) if not text or " " in text else text
