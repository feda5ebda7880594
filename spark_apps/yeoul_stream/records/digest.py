"""The digest of rows: equal wherever the same rows are, in any order, in any store.

A row's hash is 64 bits of its values in column order; names do not count. The digest of rows is
the sum of their hashes modulo 2**64, so the digests of two sets of rows add up. Digests are
stored: what a value hashes to can never change (tests/unit/stream/records/test_digest.py pins it).

Canonical values: text as its UTF-8 bytes, hashed by XXH64 with seed 0; whole numbers as 64 bits, so
that their width does not count; floating point numbers as IEEE doubles, with one zero and one NaN;
timestamps as microseconds of UTC (a naive one is UTC); dates as days since 1970; decimals as their
value times 10**38, so that trailing zeros do not count; booleans as 0 and 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import polars_hash as plh
import pyarrow as pa
import pyarrow.compute as pc

Hashes = npt.NDArray[np.uint64]

_BLOCK: Final = 1 << 14  # rows at a time: their hashes stay in the processor's cache
_NULL: Final = np.uint64(0x6E756C6C9E3779B9)
_NAN: Final = np.uint64(0x7FF8000000000000)
_FIRST: Final = np.uint64(0x9E3779B97F4A7C15)
_NEXT: Final = np.uint64(0xD1342543DE82EF95)
_SCALE: Final = 38


def row_hashes(rows: pa.RecordBatch | pa.Table) -> Hashes:
    """One hash a row, shape (rows,). TypeError names a column whose type has no canonical form."""
    table = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
    blocks = [_block(batch) for batch in table.to_batches(max_chunksize=_BLOCK)]
    return np.concatenate(blocks) if blocks else np.empty(0, np.uint64)


def digest(hashes: Hashes | Iterable[int]) -> int:
    """The sum of row hashes modulo 2**64 as a signed number, which fits a bigint; 0 for no rows."""
    if not isinstance(hashes, np.ndarray):
        hashes = np.fromiter(hashes, np.uint64)
    return _signed(int(hashes.sum(dtype=np.uint64)))


def add(a: int, b: int) -> int:
    """The digest of two sets of rows together, from their digests."""
    return _signed(a + b)


def _signed(number: int) -> int:
    return (number + 2**63) % 2**64 - 2**63


def _block(batch: pa.RecordBatch) -> Hashes:
    total = np.full(batch.num_rows, _FIRST, np.uint64)
    for field, column in zip(batch.schema, batch.columns, strict=True):
        hashes = _hashes(column, field.name)
        if column.null_count:
            hashes = np.where(column.is_null().to_numpy(zero_copy_only=False), _NULL, hashes)
        total *= _NEXT
        total += hashes
    return _mixed(total)


def _hashes(column: pa.Array, name: str) -> Hashes:
    """One hash a value, anything where it is null."""
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _of_text(column)
    if pa.types.is_floating(kind):
        return _of_doubles(column.cast(pa.float64()))
    if pa.types.is_decimal(kind):
        return _of_decimals(column, name)
    if pa.types.is_null(kind):
        return np.full(len(column), _NULL, np.uint64)
    if pa.types.is_timestamp(kind):
        whole = _microseconds(column)
    elif pa.types.is_date(kind):
        whole = column.cast(pa.date32()).cast(pa.int32())
    elif pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        whole = column
    else:
        raise TypeError(f"column {name}: {kind} has no canonical form; cast it to text first")
    return _mixed(_values(whole.cast(pa.int64())).view(np.uint64).copy())


def _of_text(column: pa.Array) -> Hashes:
    frame = pl.DataFrame({"text": pl.from_arrow(column)})
    hashes = frame.select(plh.col("text").nchash.xxhash64().fill_null(0)).to_series()
    return hashes.to_numpy()


def _of_doubles(column: pa.Array) -> Hashes:
    doubles = _values(column) + 0.0  # makes -0.0 to 0.0
    bits = doubles.view(np.uint64)
    bits[np.isnan(doubles)] = _NAN
    return _mixed(bits)


def _of_decimals(column: pa.Array, name: str) -> Hashes:
    if column.type.precision > _SCALE or not 0 <= column.type.scale <= _SCALE:
        raise TypeError(f"column {name}: {column.type} is wider than decimal(38,38)")
    wide = column.cast(pa.decimal256(2 * _SCALE, _SCALE))
    limbs = np.frombuffer(wide.buffers()[1], np.uint64).reshape(-1, 4)
    limbs = limbs[wide.offset : wide.offset + len(wide)]
    total = np.full(len(wide), _FIRST, np.uint64)
    for limb in range(4):
        total *= _NEXT
        total += _mixed(limbs[:, limb].copy())
    return _mixed(total)


def _microseconds(column: pa.Array) -> pa.Array:
    """Microseconds since 1970, finer ones cut off downwards."""
    if column.type.unit != "ns":
        return column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64())
    nanoseconds = _values(column.cast(pa.int64()))
    return pa.array(nanoseconds // 1000, pa.int64())


def _values(column: pa.Array) -> npt.NDArray[np.float64]:
    if column.null_count:
        column = pc.fill_null(column, 0)
    values: npt.NDArray[np.float64] = column.to_numpy(zero_copy_only=False)
    return values


def _mixed(bits: Hashes) -> Hashes:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014), in place."""
    bits ^= bits >> np.uint64(30)
    bits *= np.uint64(0xBF58476D1CE4E5B9)
    bits ^= bits >> np.uint64(27)
    bits *= np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return bits
