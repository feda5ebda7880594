"""What each field type accepts: rule 6 of the delivery semantics, value by value."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from yeoul_stream.records.convert import Unfit, Value, converter
from yeoul_stream.records.text import parse_object


def convert(type_name: str, token: str, zone: str = "UTC") -> Value:
    value = parse_object(f'{{"v":{token}}}'.encode())["v"]
    return converter(type_name, ZoneInfo(zone))(value)


@pytest.mark.parametrize(
    ("type_name", "token", "value"),
    [
        ("string", '"00"', "00"),
        ("string", '""', ""),
        ("string", '"\\u0000"', "\x00"),
        ("string", '"\\ud83d\\ude00"', "\U0001f600"),
        ("string", "2025", "2025"),
        ("string", "1.50", "1.50"),
        ("string", "-0", "-0"),
        ("string", "1E5", "1E5"),
        ("int", "-2147483648", -(2**31)),
        ("int", "-0", 0),
        ("int", '"20251009"', 20251009),
        ("int", '"007"', 7),
        ("int", '"+7"', 7),
        ("int", "7.0", 7),
        ("int", "1e5", 100000),
        ("int", "1200e-2", 12),
        ("long", "9007199254740993", 9007199254740993),
        ("long", "9007199254740993.0", 9007199254740993),
        ("long", "9223372036854775807", 2**63 - 1),
        ("double", "1e-400", 0.0),
        ("double", '"12.50"', 12.5),
        ("double", '".5"', 0.5),
        ("double", "9007199254740993", 9007199254740992.0),
        ("boolean", "true", True),
        ("date", '"2024-02-29"', date(2024, 2, 29)),
        ("decimal(5,2)", "999.99", Decimal("999.99")),
        ("decimal(5,2)", '"-1.500"', Decimal("-1.50")),
        ("decimal(5,2)", "1e2", Decimal("100.00")),
        ("decimal(5,2)", "-0", Decimal("0.00")),
        ("decimal(38,0)", "9" * 38, Decimal("9" * 38)),
    ],
)
def test_accepted(type_name: str, token: str, value: Value) -> None:
    converted = convert(type_name, token)
    assert (converted, type(converted)) == (value, type(value))


@pytest.mark.parametrize(
    ("type_name", "token"),
    [
        ("string", "true"),
        ("string", "{}"),
        ("string", "[]"),
        ("string", '"\\ud800"'),
        ("int", "2147483648"),
        ("int", "1.5"),
        ("int", "5.00000000000000000001"),
        ("int", '""'),
        ("int", '" 1"'),
        ("int", '"0x10"'),
        ("int", '"1_000"'),
        ("int", '"\u0661"'),
        ("int", "true"),
        ("int", "1e999999999"),
        ("int", "1e-999999999"),
        ("int", "1e99999999999999999999"),
        ("long", "9223372036854775808"),
        ("double", "1e400"),
        ("double", "1.7976931348623159e308"),
        ("double", '"NaN"'),
        ("double", '"Infinity"'),
        ("double", '"1,5"'),
        ("double", "false"),
        ("boolean", "1"),
        ("boolean", '"true"'),
        ("date", '"2025-02-29"'),
        ("date", '"2025-10-09 00:00:00"'),
        ("date", '"0000-01-01"'),
        ("date", "20251009"),
        ("decimal(5,2)", "1000"),
        ("decimal(5,2)", "0.005"),
        ("decimal(5,2)", "1e999999999"),
        ("decimal(5,2)", '"1."e'),
    ],
)
def test_refused(type_name: str, token: str) -> None:
    with pytest.raises((Unfit, ValueError)):
        convert(type_name, token)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-10-09 12:00:00", datetime(2025, 10, 9, 3, tzinfo=UTC)),
        ("2025-10-09T12:00", datetime(2025, 10, 9, 3, tzinfo=UTC)),
        ("2025-10-09 12:00:00.5", datetime(2025, 10, 9, 3, 0, 0, 500_000, tzinfo=UTC)),
        ("2025-10-09 12:00:00.1234569", datetime(2025, 10, 9, 3, 0, 0, 123_456, tzinfo=UTC)),
        ("2025-10-09T12:00:00Z", datetime(2025, 10, 9, 12, tzinfo=UTC)),
        ("2025-10-09T12:00:00+0530", datetime(2025, 10, 9, 6, 30, tzinfo=UTC)),
        ("2025-10-09 12:00:00-08", datetime(2025, 10, 9, 20, tzinfo=UTC)),
        ("9999-12-31 23:59:59.999999", datetime(9999, 12, 31, 14, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_timestamps_in_the_pipelines_zone_or_with_an_offset(text: str, instant: datetime) -> None:
    assert convert("timestamp", f'"{text}"', "Asia/Seoul") == instant


@pytest.mark.parametrize(
    "text",
    [
        "2025-10-09",
        "2025-10-09T12",
        "2025-10-09 24:00:00",
        "2025-10-09 12:00:60",
        "2025-10-09 12:00:00.",
        "2025-10-09 12:00:00+24:00",
        "2025-10-09 12:00:00 +09:00",
        "0000-01-01 00:00:00",
        "0001-01-01 00:00:00",
        "9999-12-31T23:59:59-01:00",
        "20251009T120000Z",
        " 2025-10-09 12:00:00",
        "1760000000000",
    ],
)
def test_refused_timestamps(text: str) -> None:
    with pytest.raises(Unfit):
        convert("timestamp", f'"{text}"', "Asia/Seoul")


def test_a_time_that_the_clocks_show_twice_is_the_first() -> None:
    instant = convert("timestamp", '"2025-11-02 01:30:00"', "America/New_York")
    assert instant == datetime(2025, 11, 2, 5, 30, tzinfo=UTC)


def test_a_time_that_the_clocks_skip_counts_on_from_before_the_skip() -> None:
    instant = convert("timestamp", '"2025-03-09 02:30:00"', "America/New_York")
    assert instant == datetime(2025, 3, 9, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("type_name", "token", "sentence"),
    [
        (
            "int",
            "1.5",
            "a whole number from -2147483648 to 2147483647; "
            "accepted: a JSON number or a string that holds one",
        ),
        (
            "decimal(5,2)",
            "0.001",
            "a decimal(5,2); accepted: a JSON number or a string that holds one, "
            "with at most 3 digits before the point and 2 after it",
        ),
        (
            "timestamp",
            "1",
            'a timestamp; accepted: a string such as "2025-10-09 12:00:00.123" (in UTC) '
            'or, with an offset, "2025-10-09T12:00:00+09:00"',
        ),
    ],
)
def test_refusals_say_what_is_accepted(type_name: str, token: str, sentence: str) -> None:
    with pytest.raises(Unfit) as unfit:
        convert(type_name, token)
    assert str(unfit.value) == sentence
