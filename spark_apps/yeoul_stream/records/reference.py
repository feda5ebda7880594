"""The slow decoder, one record at a time: the definition that every other path must agree with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from yeoul_stream.pipeline import Record
from yeoul_stream.records.convert import Unfit, Value, converter
from yeoul_stream.records.text import BadRecord, Json, parse_object, shown

__all__ = ["BadRecord", "Reference", "Row", "decode_one"]


@dataclass(frozen=True)
class Row:
    """A good record: one value per declared field, in order, and what else it carried.

    `unknown_keys` counts the undeclared keys of the outermost object whose value is not null.
    """

    values: tuple[Value | None, ...]
    unknown_keys: int


class Reference:
    """Decodes messages of one record type."""

    def __init__(self, record: Record) -> None:
        zone = ZoneInfo(record.time_zone)
        self._fields = tuple(
            (field.name, field.nullable, converter(field.type, zone)) for field in record.fields
        )
        self._names = frozenset(field.name for field in record.fields)

    def decode(self, value: bytes | None) -> Row:
        """The record in `value`, a message's bytes; raises BadRecord, and nothing else."""
        return self.row(parse_object(value))

    def row(self, found: dict[str, Json]) -> Row:
        """The record in a parsed object; raises BadRecord that names the first unfit field."""
        values: list[Value | None] = []
        for name, nullable, convert in self._fields:
            raw = found.get(name)
            if raw is None:
                if not nullable:
                    what = "is null" if name in found else "is missing"
                    raise BadRecord(f"{name} {what}, but the field is required")
                values.append(None)
                continue
            try:
                values.append(convert(raw))
            except Unfit as error:
                raise BadRecord(f"{name}: {shown(raw)} is not {error}") from None
        unknown = sum(value is not None for value in self.undeclared(found).values())
        return Row(tuple(values), unknown)

    def undeclared(self, found: dict[str, Json]) -> dict[str, Json]:
        """The undeclared keys of a parsed object."""
        return {key: value for key, value in found.items() if key not in self._names}


@lru_cache(maxsize=16)
def _reference(record: Record) -> Reference:
    return Reference(record)


def decode_one(value: bytes | None, record: Record) -> Row:
    """The record in `value`, a message's bytes; raises BadRecord, and nothing else."""
    return _reference(record).decode(value)
