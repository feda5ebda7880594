"""Small helpers between Arrow and NumPy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]


def mask(flags: pa.BooleanArray) -> Mask:
    """Booleans as NumPy has them; null is False."""
    if flags.null_count:
        flags = pc.fill_null(flags, fill_value=False)
    result: Mask = flags.to_numpy(zero_copy_only=False)
    return result


def either(left: Mask | None, right: Mask | None) -> Mask | None:
    """Element-wise or; None stands for no row at all."""
    if left is None:
        return right
    return left if right is None else left | right


def both(left: Mask | None, right: Mask | None) -> Mask | None:
    """Element-wise and; None stands for every row."""
    if left is None:
        return right
    return left if right is None else left & right


def offsets(text: pa.StringArray) -> npt.NDArray[np.int32]:
    """Where each value begins in the data buffer, and where the last one ends."""
    if not len(text):
        return np.zeros(1, np.int32)
    every: npt.NDArray[np.int32] = np.frombuffer(text.buffers()[1], np.int32)
    return every[text.offset : text.offset + len(text) + 1]


def data(text: pa.StringArray) -> npt.NDArray[np.uint8]:
    """The data buffer that `offsets` count in."""
    return np.frombuffer(text.buffers()[2] or b"", np.uint8)
