"""What one message holds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Described

from yeoul_stream.pipeline.base import Model
from yeoul_stream.pipeline.scalars import FieldName, FieldType, TimeZone


class Field(Model):
    """One key of the JSON record and its type."""

    name: FieldName
    """The key in the JSON object, case-sensitive. It is also the column's name."""
    type: FieldType
    """`string`, `int` (32 bits), `long` (64 bits), `double`, `boolean`, `timestamp`, `date` or
    `decimal(precision,scale)`."""
    nullable: bool = True
    """Whether the value may be null or missing. A record that lacks a required value (`false`)
    becomes a dead letter."""


class Record(Model):
    """What one Kafka message holds."""

    format: Literal["json"]
    """The format of the message's value: one JSON object."""
    time_zone: TimeZone = "UTC"
    """The IANA time zone of timestamps that carry none."""
    fields: Annotated[tuple[Field, ...], Described(min_length=1, strict=False)]
    """The declared keys. Other keys of a record are ignored and counted."""

    @property
    def names(self) -> tuple[str, ...]:
        """The declared fields' names, in order."""
        return tuple(field.name for field in self.fields)
