"""Which messages may be parsed together: those that cannot reach over their own end.

In a text of lines that each begin with `{` and end with `}`, hold no NUL and are UTF-8, no JSON
value can span two lines: a string may hold no raw line feed, and between tokens `}` is never
followed by `{` except where one outermost object ends and the next begins. So each outermost object
lies within one line and each line begins one; as many objects as lines means one object a line.
(NUL is left out because Arrow's parser takes it for the end of the text.)
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yeoul_stream.records.arrays import Mask, both, data, mask, offsets

_SPACE: Final = " \t\r\n"


def screen(values: pa.BinaryArray) -> tuple[pa.StringArray, Mask | None]:
    """The messages that may be parsed together, and where they stand (None: all of them)."""
    text, fit = _utf8(values)
    framed = _framed(text)
    if framed is not None:
        text = pc.utf8_trim(text, characters=_SPACE)
        framed = _framed(text)
    fit = both(both(fit, framed), _without_nul(text))
    return (text, None) if fit is None else (text.filter(pa.array(fit)), fit)


def lines(text: pa.StringArray) -> pa.Buffer:
    """The messages as one text, each with a line feed after it."""
    joined = pc.binary_join_element_wise(text, "", "\n")
    ends = offsets(joined)
    buffer = joined.buffers()[2] or pa.py_buffer(b"")
    return buffer.slice(int(ends[0]), int(ends[-1] - ends[0]))


def _utf8(values: pa.BinaryArray) -> tuple[pa.StringArray, Mask | None]:
    present = None
    if values.null_count:
        present = mask(values.is_valid())
        values = pc.fill_null(values, b"")
    try:
        return values.cast(pa.string()), present
    except pa.ArrowInvalid:
        good = np.fromiter((_is_utf8(value) for value in values.to_pylist()), bool, len(values))
    cleaned = pc.if_else(pa.array(good), values, pa.scalar(b"", values.type))
    return cleaned.cast(pa.string()), both(good, present)


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _framed(text: pa.StringArray) -> Mask | None:
    """Which messages begin with `{` and end with `}`; None: all."""
    ends = offsets(text)
    starts, last = ends[:-1], ends[1:] - 1
    long = last > starts
    if not long.all():
        starts, last = starts[long], last[long]
    data_ = data(text)
    framed: Mask = (data_[starts] == ord("{")) & (data_[last] == ord("}"))
    if framed.all() and len(framed) == len(long):
        return None
    long[long] = framed
    return long


def _without_nul(text: pa.StringArray) -> Mask | None:
    ends = offsets(text)
    used = data(text)[ends[0] : ends[-1]]
    if not used.size or used.min() > 0:
        return None
    return ~mask(pc.match_substring(text, "\0"))
