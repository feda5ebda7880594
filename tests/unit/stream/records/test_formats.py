"""Avro, JSON Schema and Protobuf, and what stands beside a message."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import fastavro
import pyarrow as pa
import pytest

from fix_formats import CAR_DESCRIPTOR, car_message
from fix_registry import Registry, framed, serving
from yeoul_stream.pipeline import Record
from yeoul_stream.records.decode import Decoded
from yeoul_stream.records.formats import RecordDecoder
from yeoul_stream.records.protobuf import DescriptorError
from yeoul_stream.records.registry import RegistryError

POSITION = {
    "type": "record", "name": "Position", "fields": [
        {"name": "id", "type": "string"},
        {"name": "speed", "type": ["null", "double"]},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "place", "type": "Place"},
    ],
}  # fmt: skip
PLACE = {"type": "record", "name": "Place", "fields": [{"name": "road", "type": "string"}]}
CAR = {
    "type": "object", "required": ["id"],
    "properties": {"id": {"type": "string"}, "speed": {"type": "number", "maximum": 300}},
}  # fmt: skip
FIELDS: list[dict[str, Any]] = [
    {"name": "id", "type": "string", "nullable": False},
    {"name": "speed", "type": "double"},
    {"name": "at", "type": "timestamp"},
]
MOMENT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    reference = {"name": "Place", "subject": "a/place", "version": 2}
    answers = {
        "/schemas/ids/1": {"schema": json.dumps(POSITION), "references": [reference]},
        "/subjects/a%2Fplace/versions/2": {"schema": json.dumps(PLACE), "id": 9},
        "/schemas/ids/2": {"schemaType": "JSON", "schema": json.dumps(CAR)},
    }
    with serving(answers) as running:
        yield running


def record(form: str, fields: list[dict[str, Any]], **more: Any) -> Record:
    return Record.model_validate({"format": form, "fields": fields, **more})


def registered(form: str, registry: Registry, fields: list[dict[str, Any]] = FIELDS) -> Record:
    return record(form, fields, schemaRegistry={"url": registry.url})


def decode(one: Record, *values: bytes | None, **columns: pa.Array) -> Decoded:
    given = {"value": pa.array(values, pa.binary()), **columns}
    return RecordDecoder(one).decode(pa.RecordBatch.from_pydict(given))


def errors(decoded: Decoded) -> list[str | None]:
    assert decoded.errors is not None
    found: list[str | None] = decoded.errors.to_pylist()
    return found


def avro(**changes: Any) -> bytes:
    value = {"id": "a", "speed": 1.5, "at": MOMENT, "place": {"road": "1"}, **changes}
    out = io.BytesIO()
    named: dict[str, Any] = {}
    fastavro.parse_schema(PLACE, named_schemas=named)
    fastavro.schemaless_writer(out, fastavro.parse_schema(POSITION, named_schemas=named), value)
    return out.getvalue()


def test_avro_records_become_rows(registry: Registry) -> None:
    found = decode(registered("avro", registry), framed(1, avro()), framed(1, avro(speed=None)))
    assert found.errors is None
    assert found.columns.to_pylist() == [
        {"id": "a", "speed": 1.5, "at": MOMENT}, {"id": "a", "speed": None, "at": MOMENT},
    ]  # fmt: skip
    assert found.unknown_keys == 2


def test_bad_avro_is_told_from_its_good_neighbours(registry: Registry) -> None:
    found = decode(
        registered("avro", registry),
        framed(1, avro()), framed(1, avro()[:-1]), framed(1, avro() + b"x"), framed(7, avro()),
        framed(2, avro()), b"plain", None, framed(1, avro(speed=float("nan"))),
    )  # fmt: skip
    first, *others = errors(found)
    assert first is None
    assert [row["id"] for row in found.columns.to_pylist()] == ["a", *[None] * 7]
    for text, part in zip(
        others,
        ["not a record of schema 1", "1 bytes follow", "schema 7 is not in the registry",
         "schema 2 is of type JSON", "does not begin with", "tombstone", "speed: nan is not"],
        strict=True,
    ):  # fmt: skip
        assert part in (text or "")


def test_a_registry_that_is_away_is_no_verdict() -> None:
    away = record("avro", FIELDS, schemaRegistry={"url": "http://127.0.0.1:1"})
    with pytest.raises(RegistryError, match="does not answer"):
        decode(away, framed(1, avro()))


def test_json_has_to_satisfy_its_schema(registry: Registry) -> None:
    found = decode(
        registered("json-schema", registry),
        framed(2, b'{"id": "a", "speed": 1.5}'), framed(2, b'{"id": "b", "speed": 301}'),
        framed(2, b'{"speed": 1}'), framed(2, b"{"), b'{"id": "a"}', None,
    )  # fmt: skip
    first, fast, *rest = errors(found)
    assert first is None
    assert fast == "not of schema 2: 301 is greater than the maximum of 300 (at speed)"
    for text, part in zip(
        rest,
        ['"id" is a required property', "not JSON", "does not begin", "tombstone"],
        strict=True,
    ):
        assert part in (text or "")
    assert found.columns.column("speed").to_pylist() == [1.5, *[None] * 5]


def protobuf(fields: list[dict[str, Any]], message: str = "cars.Car") -> Record:
    return record("protobuf", fields, protobuf={"message": message, "descriptor": CAR_DESCRIPTOR})


CAR_FIELDS: list[dict[str, Any]] = [
    {"name": "carId", "type": "string"},
    {"name": "speed", "type": "double"},
]


def test_protobuf_messages_become_rows() -> None:
    one = protobuf(CAR_FIELDS)
    found = decode(one, car_message("a", 0.0), b"", b"\xff\xff", None)
    assert found.columns.to_pylist() == [
        {"carId": "a", "speed": 0.0}, {"carId": "", "speed": None},
        *[{"carId": None, "speed": None}] * 2,
    ]  # fmt: skip
    assert found.unknown_keys == 1
    assert [text and text[:13] for text in errors(found)] == [
        None, None, "not a message", "the message h",
    ]  # fmt: skip


def test_a_descriptor_without_the_message_is_refused() -> None:
    with pytest.raises(DescriptorError, match=r"does not describe cars\.Bus"):
        RecordDecoder(protobuf(CAR_FIELDS, "cars.Bus"))


BESIDE: list[dict[str, Any]] = [
    {"name": "id", "type": "string"},
    {"name": "car", "type": "string", "key": True},
    {"name": "trace", "type": "long", "header": "trace", "nullable": False},
]
HEADERS = pa.list_(pa.struct([("key", pa.string()), ("value", pa.binary())]))


def test_key_and_headers_are_fields() -> None:
    one = record("json", BESIDE)
    found = decode(
        one,
        *[b'{"id": "x"}'] * 5,
        key=pa.array([b"k", None, b"k", b"\xff", b"k"], pa.binary()),
        headers=pa.array(
            [
                [{"key": "trace", "value": b"1"}, {"key": "trace", "value": b"2"}],
                [{"key": "trace", "value": b"3"}],
                [{"key": "other", "value": b"4"}],
                [{"key": "trace", "value": b"5"}],
                [{"key": "trace", "value": b"x"}],
            ],
            HEADERS,
        ),
    )
    assert found.columns.to_pylist() == [
        {"id": "x", "car": "k", "trace": 2}, {"id": "x", "car": None, "trace": 3},
        *[{"id": None, "car": None, "trace": None}] * 3,
    ]  # fmt: skip
    assert errors(found)[2:4] == [
        "trace: there is no header trace, but the field is required", "car: the key is not UTF-8",
    ]  # fmt: skip
    assert (errors(found)[4] or "").startswith('trace: the header trace "x" is not a whole number')
