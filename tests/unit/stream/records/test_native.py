"""Values that a library has parsed are judged as if they stood in JSON."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings

from fix_records import batches
from yeoul_stream.pipeline import Record
from yeoul_stream.records.decode import Decoded
from yeoul_stream.records.native import NativeDecoder
from yeoul_stream.records.reference import BadRecord, Row, decode_one


class Parsed:
    """Hands out what json.loads makes of a text."""

    def __init__(self, record: Record) -> None:
        self._names = record.names

    def read(self, value: bytes) -> tuple[Mapping[str, Any], int]:
        found = json.loads(value.decode())
        unknown = sum(v is not None for k, v in found.items() if k not in self._names)
        return found, unknown


class Given:
    """Hands out the records in `found`, by their number."""

    def __init__(self, *found: Mapping[str, Any]) -> None:
        self._found = found

    def read(self, value: bytes) -> tuple[Mapping[str, Any], int]:
        return self._found[int(value)], 0


def record(*fields: tuple[str, str], nullable: bool = True) -> Record:
    return Record.model_validate(
        {"format": "json", "timeZone": "Asia/Seoul",
         "fields": [{"name": n, "type": t, "nullable": nullable} for n, t in fields]},
    )  # fmt: skip


def decode(type_name: str, *values: Any, nullable: bool = True) -> Decoded:
    one = record(("x", type_name), nullable=nullable)
    reader = Given(*({"x": value} for value in values))
    numbers = [str(number).encode() for number in range(len(values))]
    return NativeDecoder(one, reader).decode(pa.array(numbers, pa.binary()))


def values(decoded: Decoded) -> list[Any]:
    found: list[Any] = decoded.columns.column("x").to_pylist()
    return found


@settings(max_examples=settings().max_examples // 2)
@given(batches())
def test_the_verdicts_are_those_of_json(batch: tuple[Record, list[bytes | None]]) -> None:
    one, messages = batch
    # Python's numbers are not the tokens that stood in the text: whole ones and texts are.
    plain = [m for m in messages if m is not None and _plain(m)]
    decoded = NativeDecoder(one, Parsed(one)).decode(pa.array(plain, pa.binary()))
    errors = (decoded.errors or pa.nulls(len(plain))).to_pylist()
    for row, message in enumerate(plain):
        wanted = _verdict(message, one)
        if isinstance(wanted, str):
            assert errors[row] == wanted
        else:
            assert errors[row] is None
            types = decoded.columns.schema.types
            assert [column[row] for column in decoded.columns.columns] == [
                pa.scalar(value, type_) for value, type_ in zip(wanted.values, types, strict=True)
            ]


def _verdict(message: bytes, one: Record) -> Row | str:
    try:
        return decode_one(message, one)
    except BadRecord as bad:
        return bad.detail


def _plain(message: bytes) -> bool:
    try:
        text = message.decode()
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    scalars = found.values() if isinstance(found, dict) else [[]]
    simple = all(v is None or type(v) in (str, bool, int) for v in scalars)
    return simple and "\\u" not in text and "-0" not in text


def test_values_of_the_own_type_are_taken_as_they_are() -> None:
    moment = datetime(2026, 11, 23, 3, 0, 0, 500_000, UTC)
    assert values(decode("timestamp", moment, None)) == [moment, None]
    assert values(decode("date", date(2026, 11, 23))) == [date(2026, 11, 23)]
    assert values(decode("decimal(10,2)", Decimal("12.5"))) == [Decimal("12.50")]


def test_a_naive_time_is_local() -> None:
    found = values(decode("timestamp", datetime(2026, 11, 23, 12, 0)))
    assert found == [datetime(2026, 11, 23, 3, 0, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("type_name", "value", "fitted"),
    [("string", 7, "7"), ("int", "7", 7), ("double", 7, 7.0), ("long", 7.0, 7),
     ("decimal(4,1)", 7, Decimal("7.0")), ("string", datetime(2026, 1, 1, tzinfo=UTC),
     "2026-01-01 00:00:00+00:00")],
)  # fmt: skip
def test_leniency_is_that_of_json(type_name: str, value: Any, fitted: Any) -> None:
    assert values(decode(type_name, value)) == [fitted]


@pytest.mark.parametrize(
    ("type_name", "value"),
    [("double", math.nan), ("double", -math.inf), ("int", 2**31), ("int", 1.5), ("string", b"x"),
     ("string", True), ("string", {"a": 1}), ("int", [1]), ("decimal(4,1)", Decimal("1.25")),
     ("boolean", 1), ("timestamp", date(2026, 1, 1)), ("string", math.nan)],
)  # fmt: skip
def test_what_does_not_fit_is_a_dead_letter(type_name: str, value: Any) -> None:
    found = decode(type_name, None, value)
    assert values(found) == [None, None]
    assert found.errors is not None
    first, second = found.errors.to_pylist()
    assert first is None
    assert second.startswith("x: ")


def test_a_required_value_that_is_null_is_a_dead_letter() -> None:
    found = decode("string", "a", None, nullable=False)
    assert found.errors is not None
    assert found.errors.to_pylist() == [None, "x is null, but the field is required"]
