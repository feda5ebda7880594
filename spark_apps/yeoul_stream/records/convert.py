"""One JSON value to one typed value: what each field type accepts."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import partial
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from yeoul_stream.pipeline import decimal_parts
from yeoul_stream.records.text import Json, Number

Value: TypeAlias = str | int | float | bool | datetime | date | Decimal
Converter: TypeAlias = Callable[[Json], Value]

INT: Final = range(-(2**31), 2**31)
LONG: Final = range(-(2**63), 2**63)
# Also without digits before or after the point, with zeros in front, and with a plus sign.
NUMERIC: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SHORT_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIMESTAMP: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[ T]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?"
    r"(Z|([+-])([01][0-9]|2[0-3])(?::?([0-5][0-9]))?)?"
)


class Unfit(ValueError):  # noqa: N818 - a verdict on data, not a fault of the program
    """The value does not fit the type; the message says what does."""


def converter(type_name: str, zone: ZoneInfo) -> Converter:
    """The function from a JSON value (not null) to a field's value; it raises Unfit.

    `zone` is where timestamps without an offset of their own are.
    """
    parts = decimal_parts(type_name)
    if parts:
        return partial(to_decimal, precision=parts[0], scale=parts[1])
    converters: dict[str, Converter] = {
        "string": to_text,
        "int": partial(to_integer, bounds=INT),
        "long": partial(to_integer, bounds=LONG),
        "double": to_double,
        "boolean": to_boolean,
        "timestamp": partial(to_timestamp, zone=zone),
        "date": to_date,
    }
    return converters[type_name]


def to_text(value: Json) -> str:
    """A JSON string, or a JSON number's token as it stands."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Unfit("text; it holds half of a surrogate pair") from None
        return value
    raise Unfit("text; accepted: a JSON string or number")


def to_boolean(value: Json) -> bool:
    """`true` or `false`."""
    if isinstance(value, bool):
        return value
    raise Unfit("a boolean; accepted: true or false")


def to_double(value: Json) -> float:
    """A number, or a string that holds one, within the range of a double."""
    if isinstance(value, str) and NUMERIC.fullmatch(value):
        number = float(value)
        if math.isfinite(number):
            return number
    raise Unfit("a double; accepted: a finite JSON number or a string that holds one")


def to_integer(value: Json, bounds: range) -> int:
    """A number, or a string that holds one, that is whole and within `bounds`; exact."""
    if isinstance(value, str) and _SHORT_INTEGER.fullmatch(value):
        number = int(value)
        if number in bounds:
            return number
    else:
        exact = _exact(value)
        # The size comes first: a short text such as 1e999999999 makes a long integer.
        if exact is not None and (not exact or exact.adjusted() < 19):
            whole = int(exact)
            if whole == exact and whole in bounds:
                return whole
    raise Unfit(
        f"a whole number from {bounds.start} to {bounds.stop - 1}; "
        "accepted: a JSON number or a string that holds one"
    )


def to_decimal(value: Json, precision: int, scale: int) -> Decimal:
    """A number, or a string that holds one, that decimal(precision, scale) holds exactly."""
    exact = _exact(value)
    if exact is not None:
        try:
            fitted = exact.quantize(Decimal(1).scaleb(-scale), context=_EXACT)
        except (InvalidOperation, Inexact):
            pass
        else:
            if not fitted or fitted.adjusted() < precision - scale:
                return fitted or abs(fitted)
    raise Unfit(
        f"a decimal({precision},{scale}); accepted: a JSON number or a string that holds one, "
        f"with at most {precision - scale} digits before the point and {scale} after it"
    )


def to_date(value: Json) -> date:
    """A string `yyyy-MM-dd`, years 0001 to 9999."""
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if match:
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            pass
    raise Unfit('a date; accepted: a string such as "2025-10-09"')


def to_timestamp(value: Json, zone: ZoneInfo) -> datetime:
    """An instant in UTC, years 0001 to 9999, from a string of date and time of day.

    Digits beyond microseconds are cut off. Without an offset it is local time in `zone`: what the
    clocks showed twice is the first of the two, what they skipped counts on from before the skip.
    """
    match = _TIMESTAMP.fullmatch(value) if isinstance(value, str) else None
    if match:
        year, month, day, hour, minute, second, fraction, offset, sign, hours, minutes = (
            match.groups()
        )
        micros = int((fraction or "")[:6].ljust(6, "0"))
        try:
            local = datetime(
                int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micros
            )
            if offset is None:
                shift = zone.utcoffset(local.replace(tzinfo=zone)) or timedelta()
            else:
                shift = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
                shift = -shift if sign == "-" else shift
            return (local - shift).replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            pass
    raise Unfit(
        'a timestamp; accepted: a string such as "2025-10-09 12:00:00.123" (in '
        f'{zone.key}) or, with an offset, "2025-10-09T12:00:00+09:00"'
    )


_EXACT: Final = Context(prec=76, traps=[InvalidOperation, Inexact])


def _exact(value: Json) -> Decimal | None:
    if isinstance(value, str) and NUMERIC.fullmatch(value):
        try:
            return Decimal(value)
        except InvalidOperation:  # an exponent beyond what Decimal counts
            return None
    return None
