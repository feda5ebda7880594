"""Which messages may be parsed together: those that cannot reach over their own end.

In a text of lines that each begin with `{` and end with `}`, hold no NUL and are UTF-8, no JSON
value can span two lines: a string may hold no raw line feed, and between tokens `}` is never
followed by `{` except where an object ends and the next one begins. So each outermost object lies
within one line, each line begins one, and as many objects as lines means one a line.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]

_SPACE: Final = " \t\r\n"


def screen(values: pa.BinaryArray) -> tuple[pa.StringArray, Mask | None]:
    """The messages that may be parsed together, and where they stand (None: all of them)."""
    text, fit = _utf8(values)
    framed = _framed(text)
    if framed is not None:
        text = pc.utf8_trim(text, characters=_SPACE)
        framed = _framed(text)
    for mask in (framed, _without_nul(text)):
        if mask is not None:
            fit = mask if fit is None else fit & mask
    return (text, None) if fit is None else (text.filter(pa.array(fit)), fit)


def lines(text: pa.StringArray) -> pa.Buffer:
    """The messages as one text, each with a line feed after it."""
    joined = pc.binary_join_element_wise(text, "", "\n")
    starts = np.frombuffer(joined.buffers()[1], np.int32)
    first, last = int(starts[joined.offset]), int(starts[joined.offset + len(joined)])
    return joined.buffers()[2].slice(first, last - first)


def _utf8(values: pa.BinaryArray) -> tuple[pa.StringArray, Mask | None]:
    present = _mask(values.is_valid()) if values.null_count else None
    if present is not None:
        values = pc.fill_null(values, b"")
    try:
        return values.cast(pa.string()), present
    except pa.ArrowInvalid:
        good = np.fromiter((_is_utf8(value) for value in values.to_pylist()), bool, len(values))
    cleaned = pc.if_else(pa.array(good), values, pa.scalar(b"", values.type))
    return cleaned.cast(pa.string()), good if present is None else good & present


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _framed(text: pa.StringArray) -> Mask | None:
    """Which messages begin with `{` and end with `}`; None: all."""
    offsets = np.frombuffer(text.buffers()[1], np.int32)[text.offset : text.offset + len(text) + 1]
    data = np.frombuffer(text.buffers()[2] or b"", np.uint8)
    starts, ends = offsets[:-1], offsets[1:]
    long = ends - starts >= 2
    if not long.all():
        framed = long.copy()
        framed[long] = (data[starts[long]] == ord("{")) & (data[ends[long] - 1] == ord("}"))
        return framed
    framed = (data[starts] == ord("{")) & (data[ends - 1] == ord("}"))
    return None if framed.all() else framed


def _without_nul(text: pa.StringArray) -> Mask | None:
    data = np.frombuffer(text.buffers()[2] or b"", np.uint8)
    if not data.size or data.min() > 0:
        return None
    return ~_mask(pc.match_substring(text, "\0"))


def _mask(flags: pa.Array) -> Mask:
    mask: Mask = flags.to_numpy(zero_copy_only=False).astype(bool)
    return mask
