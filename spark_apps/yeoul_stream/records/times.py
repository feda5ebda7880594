"""Columns of text to timestamps and dates.

A value that is not understood here is left to the reference decoder: these functions may know less
than it does, never more.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from yeoul_stream.records.instants import DAY, LocalTimes
from yeoul_stream.records.schema import TIMESTAMP

Mask = npt.NDArray[np.bool_]

_LOCAL: Final = pa.timestamp("us")
# 0001-01-03 and 9999-12-29: years beyond are known by the text only, once an offset was applied.
_FIRST: Final = -719_160 * DAY
_LAST: Final = 2_932_894 * DAY
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
    local, local_unknown = _where(short, f"^{_DAY}{_CLOCK}$", _LOCAL)
    zoned, zoned_unknown = _where(short, f"^{_DAY}{_CLOCK}{_OFFSET}$", TIMESTAMP)
    first, first_odd = _in_utc(local, local_times)
    second, second_odd = _in_utc(zoned, local_times)
    unknown = local_unknown & zoned_unknown
    for odd in (first_odd, second_odd):
        unknown = unknown if odd is None else unknown | odd
    return pc.coalesce(first, second), unknown


def dates(text: pa.StringArray) -> tuple[pa.Array, Mask | None]:
    """The dates in a column of text, and which rows were not understood (None: none)."""
    whole, unknown = _cast(text, pa.date32()), None
    if whole is None:
        whole, unknown = _where(text, f"^{_DAY}$", pa.date32())
    odd = _outside(whole.cast(pa.int32()), _FIRST // DAY, _LAST // DAY)
    return whole, odd if unknown is None else unknown if odd is None else unknown | odd


def _cast(text: pa.StringArray, target: pa.DataType) -> pa.Array | None:
    try:
        return text.cast(target)
    except pa.ArrowInvalid:
        return None


def _where(text: pa.StringArray, pattern: str, target: pa.DataType) -> tuple[pa.Array, Mask]:
    """Cast what matches `pattern`; also tells which rows with a value were not cast."""
    matches = pc.match_substring_regex(text, pattern)
    chosen = pc.if_else(matches, text, pa.scalar(None, pa.string()))
    unknown = _mask(pc.and_(text.is_valid(), pc.invert(pc.fill_null(matches, fill_value=False))))
    return chosen.cast(target), unknown


def _has_minutes(text: pa.StringArray) -> bool:
    """Whether every value has a colon where minutes follow the hour; Arrow needs no minutes."""
    shortest = pc.min(pc.binary_length(text)).as_py()
    if shortest is None:
        return True
    if shortest < 16:
        return False
    starts = np.frombuffer(text.buffers()[1], np.int32)[text.offset : text.offset + len(text)]
    if text.null_count:
        starts = starts[_mask(text.is_valid())]
    colons = np.frombuffer(text.buffers()[2], np.uint8)[starts + 13] == ord(":")
    return bool(colons.all())


def _in_utc(times: pa.Array, local_times: LocalTimes) -> tuple[pa.Array, Mask | None]:
    """`times` in UTC, and which rows lie outside the years that are sure to be right."""
    micros = times.cast(pa.int64())
    odd = _outside(micros, _FIRST, _LAST)
    if times.type == TIMESTAMP:
        return times, odd
    missing = None
    if odd is not None or times.null_count:
        missing = _mask(times.is_null())
        micros = pc.fill_null(micros, 0)
        missing = missing if odd is None else missing | odd
    values = micros.to_numpy(zero_copy_only=False)
    if missing is not None:
        values = np.where(missing, 0, values)
    utc = pa.array(local_times.to_utc(values), pa.int64(), mask=missing)
    return utc.cast(TIMESTAMP), odd


def _outside(values: pa.Array, first: int, last: int) -> Mask | None:
    bounds = pc.min_max(values).as_py()
    if bounds["min"] is None or (bounds["min"] >= first and bounds["max"] <= last):
        return None
    inside = pc.and_(pc.greater_equal(values, first), pc.less_equal(values, last))
    return ~_mask(pc.fill_null(inside, fill_value=True))


def _mask(flags: pa.Array) -> Mask:
    mask: Mask = flags.to_numpy(zero_copy_only=False).astype(bool)
    return mask
