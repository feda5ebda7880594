"""Rows as COPY writes them in CSV."""

import io

import numpy as np
import pyarrow as pa

from yeoul_stream.records.digest import row_hashes
from yeoul_stream.verify.table_scan import carrier, parse


def parsed(text: str, *types: pa.DataType) -> list[tuple[object, ...]]:
    buffer = io.BytesIO()
    buffer.write(text.encode())
    table = parse(buffer, pa.schema([(f"c{i}", type_) for i, type_ in enumerate(types)]))
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def test_a_null_is_told_from_an_empty_text() -> None:
    assert parsed('"",1\n,1\n', pa.string(), pa.int64()) == [("", 1), (None, 1)]


def test_texts_keep_line_breaks_and_quotes() -> None:
    assert parsed('"a\n""b""",1\n', pa.string(), pa.int64()) == [('a\n"b"', 1)]


def test_words_that_look_like_null_are_texts() -> None:
    assert parsed("NULL,1\nNaN,1\n", pa.string(), pa.int64()) == [("NULL", 1), ("NaN", 1)]


def test_doubles_are_read_exactly() -> None:
    assert parsed("0.30000000000000004,t\n", pa.float64(), pa.bool_()) == [
        (0.30000000000000004, True)
    ]


def test_infinities_and_nan_are_read() -> None:
    ((high,), (low,), (none,)) = parsed("Infinity\n-Infinity\nNaN\n", pa.float64())
    assert (high, low, none != none) == (float("inf"), float("-inf"), True)


def test_decimals_are_read_exactly() -> None:
    assert [str(row[0]) for row in parsed("12345678901234567.89\n", pa.decimal128(19, 2))] == [
        "12345678901234567.89"
    ]


def test_nothing_gives_no_rows() -> None:
    assert parsed("", pa.string()) == []


def test_a_carried_value_hashes_like_the_value() -> None:
    own = pa.table({"v": pa.array([1795392000000000], pa.timestamp("us", "UTC"))})
    carried = pa.table({"v": pa.array([1795392000000000], carrier(pa.timestamp("us", "UTC")))})
    assert np.array_equal(row_hashes(own), row_hashes(carried))
