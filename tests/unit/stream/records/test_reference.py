"""Verdicts on whole records."""

from __future__ import annotations

import pytest

from fix_records import CAR_INFO, of
from yeoul_stream.records.reference import BadRecord, Row, decode_one

RECORD = of("id:string!", "speed:double")


def test_values_stand_in_the_order_of_the_fields() -> None:
    assert decode_one(b'{"speed":1.5,"id":"x"}', RECORD) == Row(("x", 1.5), 0)


def test_a_missing_nullable_field_is_null() -> None:
    assert decode_one(b'{"id":"x"}', RECORD) == Row(("x", None), 0)


def test_unknown_keys_are_counted_once_and_only_with_a_value() -> None:
    value = b'{"id":"x","a":1,"a":2,"b":null,"c":{"d":1}}'
    assert decode_one(value, RECORD).unknown_keys == 2


def test_the_last_of_duplicate_keys_decides() -> None:
    assert decode_one(b'{"id":{},"id":"x"}', RECORD).values[0] == "x"


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (b'{"speed":1}', "id is missing, but the field is required"),
        (b'{"id":null}', "id is null, but the field is required"),
        (
            b'{"id":"x","speed":"fast"}',
            'speed: "fast" is not a double; '
            "accepted: a finite JSON number or a string that holds one",
        ),
    ],
)
def test_bad_records_name_the_field_and_the_value(value: bytes, detail: str) -> None:
    with pytest.raises(BadRecord) as bad:
        decode_one(value, RECORD)
    assert bad.value.detail == detail


def test_a_record_of_the_first_pipeline() -> None:
    row = decode_one(b'{"dataId":"D1","trsmYear":2025,"trsmMt":"10"}', CAR_INFO)
    assert row.values[:6] == ("D1", None, None, None, "2025", "10")
