"""Columns of text to timestamps, dates and decimals.

A value that is not understood here is left to the reference: these functions may know less than it
does, never more.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yeoul_stream.records.arrays import Mask, both, data, either, mask, offsets
from yeoul_stream.records.instants import DAY, LocalTimes
from yeoul_stream.records.schema import TIMESTAMP

_LOCAL: Final = pa.timestamp("us")
# 0001-01-03 and 9999-12-29: nearer to the ends, an offset decides whether the year is a good one.
_FIRST: Final = -719_160 * DAY
_LAST: Final = 2_932_894 * DAY
# Days that every month has, so that what matches can be cast.
_DAY: Final = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
_CLOCK: Final = r"[ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
_OFFSET: Final = r"(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)"


def timestamps(text: pa.StringArray, local_times: LocalTimes) -> tuple[pa.Array, Mask | None]:
    """The instants in a column of text, and which rows were not understood (None: none)."""
    for target in (_LOCAL, TIMESTAMP):
        whole = _cast(text, target)
        if whole is not None and _has_minutes(text):
            return _in_utc(whole, local_times)
    short = pc.replace_substring_regex(text, r"(\.[0-9]{6})[0-9]+", r"\1")
    local, not_local = _cast_matching(short, f"^{_DAY}{_CLOCK}$", _LOCAL)
    zoned, not_zoned = _cast_matching(short, f"^{_DAY}{_CLOCK}{_OFFSET}$", TIMESTAMP)
    first, first_odd = _in_utc(local, local_times)
    second, second_odd = _in_utc(zoned, local_times)
    odd = either(first_odd, second_odd)
    return pc.coalesce(first, second), either(both(not_local, not_zoned), odd)


def dates(text: pa.StringArray) -> tuple[pa.Array, Mask | None]:
    """The dates in a column of text, and which rows were not understood (None: none)."""
    whole, unknown = _cast(text, pa.date32()), None
    if whole is None:
        whole, unknown = _cast_matching(text, f"^{_DAY}$", pa.date32())
    return whole, either(unknown, _outside(whole.cast(pa.int32()), _FIRST // DAY, _LAST // DAY))


def decimals(text: pa.StringArray, kind: pa.Decimal128Type) -> tuple[pa.Array, Mask | None]:
    """The decimals in a column of text, and which rows were not understood.

    Only what has at most 38 digits, and zeros beyond the scale, gets to Arrow: it wraps around at
    more, and for an exponent it reads past the end of a table.
    """
    whole, spare = kind.precision - kind.scale, 38 - kind.precision
    before = f"[0-9]{{1,{whole}}}" if whole else "0"
    after = f"[0-9]{{0,{kind.scale}}}0{{0,{spare}}}"
    return _cast_matching(text, rf"^-?{before}(\.{after})?$", kind)


def _cast(text: pa.StringArray, target: pa.DataType) -> pa.Array | None:
    try:
        return text.cast(target)
    except pa.ArrowInvalid:
        return None


def _cast_matching(
    text: pa.StringArray, pattern: str, target: pa.DataType
) -> tuple[pa.Array, Mask]:
    """Cast what matches `pattern`; also tells which rows with a value do not."""
    matches = pc.match_substring_regex(text, pattern)
    chosen = pc.if_else(matches, text, pa.scalar(None, pa.string()))
    return chosen.cast(target), mask(pc.invert(matches))


def _has_minutes(text: pa.StringArray) -> bool:
    """Whether a colon follows the hour in every value; Arrow takes an hour alone, too."""
    shortest = pc.min(pc.binary_length(text)).as_py()
    if shortest is None:
        return True
    if shortest < len("2025-10-09 12:00"):
        return False
    starts = offsets(text)[:-1]
    if text.null_count:
        starts = starts[mask(text.is_valid())]
    return bool((data(text)[starts + len("2025-10-09 12")] == ord(":")).all())


def _in_utc(times: pa.Array, local_times: LocalTimes) -> tuple[pa.Array, Mask | None]:
    """`times` in UTC, and which rows lie outside the years that are sure to be right."""
    micros = times.cast(pa.int64())
    odd = _outside(micros, _FIRST, _LAST)
    if times.type == TIMESTAMP:
        return times, odd
    missing = either(mask(times.is_null()) if times.null_count else None, odd)
    values = (pc.fill_null(micros, 0) if times.null_count else micros).to_numpy()
    if missing is None:
        utc = local_times.to_utc(values)
    else:
        utc = np.zeros_like(values)
        utc[~missing] = local_times.to_utc(values[~missing])
    return pa.array(utc, pa.int64(), mask=missing).cast(TIMESTAMP), odd


def _outside(values: pa.Array, first: int, last: int) -> Mask | None:
    bounds = pc.min_max(values).as_py()
    if bounds["min"] is None or (bounds["min"] >= first and bounds["max"] <= last):
        return None
    return mask(pc.or_(pc.less(values, first), pc.greater(values, last)))
