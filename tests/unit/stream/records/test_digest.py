"""Digests: what is pinned here is stored in databases and may never change."""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yeoul_stream.records.digest import add, digest, row_hashes

M64 = 2**64 - 1
NULL, FIRST, NEXT = 0x6E756C6C9E3779B9, 0x9E3779B97F4A7C15, 0xD1342543DE82EF95
INSTANT = datetime(2025, 10, 9, 3, 0, 0, 123_456, tzinfo=UTC)


def hashes(*columns: pa.Array) -> list[int]:
    names = [str(place) for place in range(len(columns))]
    batch = pa.RecordBatch.from_arrays(list(columns), names=names)
    result: list[int] = row_hashes(batch).tolist()
    return result


def one(value: object, kind: pa.DataType) -> int:
    return hashes(pa.array([value], kind))[0]


# The same function again, value by value, from the published algorithms.


def xxh64(data: bytes) -> int:
    """XXH64 with seed 0, after its specification (github.com/Cyan4973/xxHash, doc)."""
    p1, p2, p3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
    p4, p5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5

    def rotated(number: int, bits: int) -> int:
        return (number << bits | number >> (64 - bits)) & M64

    def mixed(accumulator: int, lane: int) -> int:
        return rotated((accumulator + lane * p2) & M64, 31) * p1 & M64

    rest = data
    if len(data) >= 32:
        lanes = [(p1 + p2) & M64, p2, 0, -p1 & M64]
        while len(rest) >= 32:
            words = struct.unpack_from("<4Q", rest)
            lanes = [mixed(lane, word) for lane, word in zip(lanes, words, strict=True)]
            rest = rest[32:]
        total = sum(map(rotated, lanes, (1, 7, 12, 18))) & M64
        for lane in lanes:
            total = ((total ^ mixed(0, lane)) * p1 + p4) & M64
    else:
        total = p5
    total = (total + len(data)) & M64
    while len(rest) >= 8:
        total ^= mixed(0, struct.unpack_from("<Q", rest)[0])
        total, rest = (rotated(total, 27) * p1 + p4) & M64, rest[8:]
    if len(rest) >= 4:
        total ^= struct.unpack_from("<I", rest)[0] * p1 & M64
        total, rest = (rotated(total, 23) * p2 + p3) & M64, rest[4:]
    for byte in rest:
        total = rotated(total ^ byte * p5 & M64, 11) * p1 & M64
    total = (total ^ total >> 33) * p2 & M64
    total = (total ^ total >> 29) * p3 & M64
    return total ^ total >> 32


def splitmix(bits: int) -> int:
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 & M64
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB & M64
    return bits ^ bits >> 31


def chained(parts: list[int]) -> int:
    total = FIRST
    for part in parts:
        total = (total * NEXT + part) & M64
    return splitmix(total)


def plain(value: Any) -> int:
    match value:
        case None:
            return NULL
        case str():
            return xxh64(value.encode())
        case float():
            return splitmix(struct.unpack("<Q", struct.pack("<d", value + 0.0))[0])
        case Decimal():
            whole = int(value.scaleb(38, Context(prec=80))) % 2**256
            return chained([splitmix(whole >> shift & M64) for shift in (0, 64, 128, 192)])
        case datetime():
            return splitmix(round((value - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1e6))
        case date():
            return splitmix((value - date(1970, 1, 1)).days & M64)
        case _:
            return splitmix(int(value) & M64)


@pytest.mark.parametrize(
    ("text", "hashed"),
    [
        (b"", 0xEF46DB3751D8E999),
        (b"a", 0xD24EC4F1A98C6E5B),
        (b"abc", 0x44BC2CF5AD770999),
        (b"Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1),
    ],
)
def test_the_second_implementation_knows_the_published_values(text: bytes, hashed: int) -> None:
    assert xxh64(text) == hashed


@given(st.lists(st.none() | st.text(max_size=80), max_size=50))
def test_text_is_hashed_by_xxh64(texts: list[str | None]) -> None:
    wanted = [chained([plain(text)]) for text in texts]
    assert hashes(pa.array(texts, pa.string())) == wanted


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, pa.string()),
        ("D0001", pa.string()),
        (-5, pa.int32()),
        (2**63 - 1, pa.int64()),
        (126.97, pa.float64()),
        (True, pa.bool_()),
        (INSTANT, pa.timestamp("us", "UTC")),
        (date(1969, 12, 31), pa.date32()),
        (Decimal("-12.50"), pa.decimal128(9, 2)),
        (Decimal("9" * 38), pa.decimal128(38, 0)),
    ],
)
def test_a_row_of_one_value_as_the_second_implementation_has_it(
    value: object, kind: pa.DataType
) -> None:
    assert one(value, kind) == chained([plain(value)])


@given(
    st.lists(
        st.tuples(
            st.text(max_size=5), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False)
        ),
        min_size=1,
        max_size=30,
    )
)
def test_rows_as_the_second_implementation_has_them(rows: list[tuple[str, int, float]]) -> None:
    columns = list(zip(*rows, strict=True))
    kinds = [pa.string(), pa.int64(), pa.float64()]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    assert hashes(*arrays) == [chained([plain(value) for value in row]) for row in rows]


@pytest.mark.parametrize(
    ("value", "kind", "hashed"),
    [
        (None, pa.string(), 0xB5D0632065D9A563),
        ("", pa.string(), 0xC45BE257C37ABFF6),
        ("D0001", pa.string(), 0x11A81D5C04054ECC),
        ("\ud55c\uae00", pa.string(), 0xF79A4C15A3C273EF),
        (0, pa.int32(), 0xE868698BA209F922),
        (20251009, pa.int32(), 0x564063CF4F9DDD87),
        (-1, pa.int64(), 0x00A03D7C70A49099),
        (0.0, pa.float64(), 0xE868698BA209F922),
        (126.97, pa.float64(), 0x53DBEEA6A11186E2),
        (float("nan"), pa.float64(), 0x62D2FF97670985EA),
        (True, pa.bool_(), 0x29FE0F5B7F880867),
        (INSTANT, pa.timestamp("us", "UTC"), 0xD16D8F4BF1C5D8E4),
        (date(2025, 10, 9), pa.date32(), 0x915C5F358CB1F817),
        (Decimal("12.5"), pa.decimal128(9, 2), 0xA23076B45ED47AB2),
    ],
)
def test_pinned_hashes(value: object, kind: pa.DataType, hashed: int) -> None:
    assert one(value, kind) == hashed


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (pa.array([-0.0]), pa.array([0.0])),
        (pa.array([7], pa.int32()), pa.array([7], pa.int64())),
        (pa.array([1.5], pa.float32()), pa.array([1.5], pa.float64())),
        (pa.array(["x"], pa.large_string()), pa.array(["x"])),
        (pa.array(["x"], pa.string_view()), pa.array(["x"])),
        (pa.array([INSTANT], pa.timestamp("ns", "Asia/Seoul")), pa.array([INSTANT])),
        (pa.array([INSTANT], pa.timestamp("us")), pa.array([INSTANT], pa.timestamp("us", "UTC"))),
        (pa.array([0], pa.timestamp("s")), pa.array([0], pa.timestamp("us", "UTC"))),
        (pa.array([-1], pa.timestamp("ns")), pa.array([-1], pa.timestamp("us"))),
        (pa.array([Decimal("1.50")]), pa.array([Decimal("1.5")], pa.decimal128(38, 20))),
        (pa.array([None], pa.string()), pa.array([None], pa.float64())),
        (pa.array([None], pa.null()), pa.array([None], pa.int32())),
        (pa.array([np.nan]), pa.array(np.array([0xFFF8000000000001], np.uint64).view(np.float64))),
    ],
)  # fmt: skip
def test_the_same_value_in_another_form(left: pa.Array, right: pa.Array) -> None:
    assert hashes(left) == hashes(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([pa.array([""])], [pa.array([None], pa.string())]),
        ([pa.array([0])], [pa.array([None], pa.int64())]),
        ([pa.array(["\u00e9"])], [pa.array(["e\u0301"])]),
        ([pa.array([1]), pa.array([2])], [pa.array([2]), pa.array([1])]),
        ([pa.array(["ab"]), pa.array(["c"])], [pa.array(["a"]), pa.array(["bc"])]),
        ([pa.array([1])], [pa.array([1]), pa.array([None], pa.null())]),
    ],
)
def test_different_rows(left: list[pa.Array], right: list[pa.Array]) -> None:
    assert hashes(*left) != hashes(*right)


def test_names_of_columns_do_not_count() -> None:
    left, right = pa.table({"a": [1]}), pa.table({"b": [1]})
    assert row_hashes(left).tolist() == row_hashes(right).tolist()


def test_slices_and_chunks_hash_as_the_whole() -> None:
    rows = pa.table(
        {
            "a": [f"{row}" for row in range(40_000)],
            "b": [1.5, None] * 20_000,
            "c": pa.array([Decimal(row) for row in range(40_000)]),
        }
    )
    parts = pa.concat_tables([rows.slice(0, 7), rows.slice(7, 30_000), rows.slice(30_007)])
    assert (row_hashes(parts) == row_hashes(rows)).all()


def test_no_rows() -> None:
    empty = row_hashes(pa.table({"a": pa.array([], pa.string())}))
    assert (len(empty), digest(empty)) == (0, 0)


def test_a_type_without_a_canonical_form_is_named() -> None:
    with pytest.raises(TypeError, match="column 0: list<item: int64> has no canonical form"):
        hashes(pa.array([[1]]))


@given(st.lists(st.integers(0, M64)), st.lists(st.integers(0, M64)), st.randoms())
def test_a_digest_adds_up_in_any_order(left: list[int], right: list[int], random: Any) -> None:
    both = [*left, *right]
    random.shuffle(both)
    assert add(digest(left), digest(right)) == digest(both)


@given(st.lists(st.integers(0, M64)))
def test_a_digest_fits_a_bigint(numbers: list[int]) -> None:
    assert -(2**63) <= digest(numbers) < 2**63
    assert digest(numbers) == digest(np.array(numbers, np.uint64))
