"""What one message holds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Described

from yeoul_stream.pipeline.base import Model
from yeoul_stream.pipeline.scalars import (
    Base64,
    FieldName,
    FieldType,
    ProtobufMessage,
    RegistryUrl,
    SecretName,
    TimeZone,
)


class Field(Model):
    """One key of the record and its type."""

    name: FieldName
    """The key in the JSON object, or the field of the Avro record or Protobuf message,
    case-sensitive. It is also the column's name."""
    type: FieldType
    """`string`, `int` (32 bits), `long` (64 bits), `double`, `boolean`, `timestamp`, `date` or
    `decimal(precision,scale)`."""
    nullable: bool = True
    """Whether the value may be null or missing. A record that lacks a required value (`false`)
    becomes a dead letter."""
    key: bool = False
    """Whether the value is the message's key, as text, instead of something in the message."""
    header: Annotated[str, Described(min_length=1)] | None = None
    """The message's header that holds the value, as text; of several of that name the last."""

    @property
    def outer(self) -> bool:
        """Whether the value stands beside the message's own."""
        return self.key or self.header is not None


class SchemaRegistry(Model):
    """A schema registry with Confluent's interface."""

    url: RegistryUrl
    """Its address, such as `http://registry:8081`; with a path where the interface has one."""
    secret_ref: SecretName | None = None
    """A Secret with `username` and `password`, or `token`, and optionally `ca.crt`."""


class Protobuf(Model):
    """The type of a Protobuf message."""

    message: ProtobufMessage
    """The message's full name, such as `cars.v1.Position`."""
    descriptor: Base64
    """The set of file descriptors that describes it, in Base64:
    `protoc --include_imports --descriptor_set_out=/dev/stdout car.proto | base64 -w0`."""


class Record(Model):
    """What one Kafka message holds."""

    format: Literal["json", "json-schema", "avro", "protobuf"]
    """The format of the message's value. `json`: one JSON object. `json-schema` and `avro`: with
    the id of its schema in front, as Confluent's serializers write it. `protobuf`: one message."""
    schema_registry: SchemaRegistry | None = None
    """Where the schemas of `json-schema` and `avro` are."""
    protobuf: Protobuf | None = None
    """The type of the messages of `protobuf`."""
    time_zone: TimeZone = "UTC"
    """The IANA time zone of timestamps that carry none."""
    fields: Annotated[tuple[Field, ...], Described(min_length=1, strict=False)]
    """The declared keys. Other keys of a record are ignored and counted."""

    @property
    def headers(self) -> bool:
        """Whether the messages' headers are needed."""
        return any(field.header is not None for field in self.fields)

    @property
    def names(self) -> tuple[str, ...]:
        """The declared fields' names, in order."""
        return tuple(field.name for field in self.fields)
