"""Protobuf messages of a type that the pipeline describes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from yeoul_stream.errors import PermanentError
from yeoul_stream.pipeline import Protobuf, Record
from yeoul_stream.records.text import BadRecord

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WRAPPERS: Final = "google.protobuf."


class DescriptorError(PermanentError):
    """The descriptor does not describe the message."""


class ProtobufReader:
    """Reads messages; a field is found by its name in the .proto file, or by its name in JSON."""

    def __init__(self, record: Record) -> None:
        assert record.protobuf is not None  # noqa: S101 (checked with the pipeline)
        self._message = message_type(record.protobuf)
        fields = self._message.DESCRIPTOR.fields
        by_name = {field.json_name: field for field in fields}
        by_name |= {field.name: field for field in fields}
        self._getters = [(n, _getter(by_name[n])) for n in record.names if n in by_name]
        self._declared = frozenset(by_name[n].number for n in record.names if n in by_name)

    def read(self, value: bytes) -> tuple[Mapping[str, Any], int]:
        """See native.Reader."""
        try:
            message = self._message.FromString(value)
        except DecodeError as error:
            name = self._message.DESCRIPTOR.full_name
            raise BadRecord(f"not a message {name}: {error}") from None
        unknown = sum(1 for field, _ in message.ListFields() if field.number not in self._declared)
        return {name: get(message) for name, get in self._getters}, unknown


@lru_cache(maxsize=16)
def message_type(protobuf: Protobuf) -> Any:
    """Return the class of a message.

    Raises:
        DescriptorError: the set of descriptors does not hold it.
    """
    files = descriptor_pb2.FileDescriptorSet()
    try:
        files.ParseFromString(base64.b64decode(protobuf.descriptor))
        pool = descriptor_pool.DescriptorPool()
        for file in files.file:
            pool.Add(file)
        found = pool.FindMessageTypeByName(protobuf.message)
    except (DecodeError, TypeError, KeyError) as error:
        raise DescriptorError(
            f"record.protobuf.descriptor does not describe {protobuf.message}: {error}. Write it "
            "with protoc --include_imports --descriptor_set_out"
        ) from None
    return message_factory.GetMessageClass(found)


def _getter(field: Any) -> Callable[[Any], Any]:
    name = field.name
    if field.is_repeated:
        return lambda message: list(getattr(message, name)) or None
    convert = _converter(field)
    if field.has_presence:
        return lambda message: convert(getattr(message, name)) if message.HasField(name) else None
    return lambda message: convert(getattr(message, name))


def _converter(field: Any) -> Callable[[Any], Any]:
    if field.enum_type is not None:
        names = field.enum_type.values_by_number
        return lambda value: names[value].name if value in names else value
    if field.message_type is None:
        return lambda value: value
    if field.message_type.full_name == "google.protobuf.Timestamp":
        return _instant
    if field.message_type.full_name.startswith(_WRAPPERS) and (
        [one.name for one in field.message_type.fields] == ["value"]
    ):
        return lambda value: value.value
    return lambda value: {one.name: str(held) for one, held in value.ListFields()}


def _instant(value: Any) -> datetime:
    """Return a Timestamp; what a datetime cannot hold becomes a text that no type accepts."""
    try:
        return _EPOCH + timedelta(seconds=value.seconds, microseconds=value.nanos // 1000)
    except OverflowError:
        return f"{value.seconds} seconds"  # type: ignore[return-value]
