"""The decoder's results for whole batches."""

from __future__ import annotations

import pyarrow as pa
import pytest

from fix_records import CAR_INFO, of
from yeoul_stream.records.decode import Decoder

RECORD = of("id:string!", "speed:double")


def batch(*values: bytes | None) -> pa.BinaryArray:
    return pa.array(values, pa.binary())


def test_the_schema_has_an_arrow_type_for_every_field_type() -> None:
    record = of(
        "a:string", "b:int", "c:long", "d:double", "e:boolean", "f:timestamp", "g:date",
        "h:decimal(9,2)",
    )  # fmt: skip
    assert Decoder(record).schema.types == [
        pa.string(), pa.int32(), pa.int64(), pa.float64(), pa.bool_(),
        pa.timestamp("us", "UTC"), pa.date32(), pa.decimal128(9, 2),
    ]  # fmt: skip


def test_an_empty_batch() -> None:
    decoded = Decoder(RECORD).decode(batch())
    assert (decoded.columns.num_rows, decoded.errors, decoded.unknown_keys) == (0, None, 0)


def test_good_records_have_no_errors() -> None:
    decoded = Decoder(RECORD).decode(batch(b'{"id":"x"}', b'{"id":"y","speed":2}'))
    assert decoded.errors is None
    assert decoded.columns.to_pydict() == {"id": ["x", "y"], "speed": [None, 2.0]}


def test_rows_stay_in_order_around_bad_ones() -> None:
    good = [b'{"id":"%d"}' % row for row in range(500)]
    values = [b"?" if row % 7 == 3 else value for row, value in enumerate(good)]
    ids = Decoder(RECORD).decode(batch(*values)).columns.column("id").to_pylist()
    assert ids == [None if row % 7 == 3 else str(row) for row in range(500)]


def test_a_bad_records_row_is_null() -> None:
    decoded = Decoder(RECORD).decode(batch(b'{"id":"x","speed":"fast"}'))
    assert decoded.columns.to_pylist() == [{"id": None, "speed": None}]


def test_errors_stand_beside_the_bad_records() -> None:
    decoded = Decoder(RECORD).decode(batch(b'{"id":"x"}', None, b'{"id":"y"}'))
    assert decoded.errors is not None
    assert decoded.errors.is_valid().to_pylist() == [False, True, False]


def test_fields_that_nobody_wants_are_judged() -> None:
    values = batch(b'{"id":"x","speed":1}', b'{"id":"y","speed":"fast"}', b'{"speed":2}')
    decoded = Decoder(RECORD, ["speed"]).decode(values)
    assert decoded.columns.to_pydict() == {"speed": [1.0, None, None]}
    assert decoded.errors is not None
    assert decoded.errors.is_valid().to_pylist() == [False, True, True]


def test_where_no_field_is_wanted_rows_are_still_counted() -> None:
    values = batch(b'{"id":"x"}', b"?", b'{"id":"y"}')
    assert Decoder(RECORD, []).decode(values).columns.num_rows == 3


def test_unknown_keys_of_bad_records_do_not_count() -> None:
    values = batch(b'{"id":"x","a":1}', b'{"a":1}', b'{"id":"y","speed":[],"a":1}')
    assert Decoder(RECORD).decode(values).unknown_keys == 1


def test_a_slice_is_decoded_for_itself() -> None:
    values = batch(b"?", None, b'{"id":"x"}', None, b"?").slice(2, 2)
    decoded = Decoder(RECORD).decode(values)
    assert decoded.columns.column("id").to_pylist() == ["x", None]


def test_large_binary_values() -> None:
    values = pa.array([b'{"id":"x"}'] * 3, pa.large_binary())
    assert Decoder(RECORD).decode(values).columns.column("id").to_pylist() == ["x"] * 3


@pytest.mark.parametrize("between", [b"\n", b"\r\n", b"\n\n  "], ids=["lf", "crlf", "indented"])
def test_records_may_be_spread_over_lines(between: bytes) -> None:
    value = between.join([b"{", b'"id"', b":", b'"x"', b"}", b""])
    assert Decoder(RECORD).decode(batch(value, value)).columns.num_rows == 2


def test_two_objects_in_one_message_never_make_up_for_one_cut_in_two() -> None:
    values = batch(b'{"id":"a"}{"id":"b"}', b'{"id":"c"', b'"speed":1}')
    decoded = Decoder(RECORD).decode(values)
    assert decoded.columns.column("id").null_count == 3


def test_what_follows_nul_is_not_dropped() -> None:
    values = batch(b'{"id":"a"}\n{"id":"b"}\x00}', b'{"id":"c"}')
    assert Decoder(RECORD).decode(values).columns.column("id").to_pylist() == [None, "c"]


def test_a_tiny_number_for_a_decimal_is_a_bad_record_and_no_crash() -> None:
    decoded = Decoder(of("m:decimal(10,2)")).decode(batch(b'{"m":1e-99999999}'))
    assert decoded.errors is not None


def test_negative_zero_keeps_its_sign() -> None:
    decoded = Decoder(RECORD).decode(batch(b'{"id":"x","speed":-0}'))
    assert str(decoded.columns.column("speed")[0].as_py()) == "-0.0"


def test_a_full_record_of_the_first_pipeline() -> None:
    value = b'{"dataId":"D1","trsmMs":7,"gpsUtcTime":1760000000000,"regDt":"2025-10-09 12:00:00.5"}'
    row = Decoder(CAR_INFO).decode(batch(value)).columns.to_pylist()[0]
    assert row["trsmMs"] == "7"
    assert row["gpsUtcTime"] == 1.76e12
    assert row["regDt"].isoformat() == "2025-10-09T03:00:00.500000+00:00"
