"""Which messages may be parsed as lines of one text."""

from __future__ import annotations

import pyarrow as pa
import pytest

from yeoul_stream.records.screen import lines, screen


def fit(*values: bytes | None) -> list[bool]:
    mask = screen(pa.array(values, pa.binary()))[1]
    return [True] * len(values) if mask is None else mask.tolist()


@pytest.mark.parametrize("value", [b"{}", b' {"a":1} ', b"\r\n{\n}\t", b"{}{}", b"{]}"])
def test_framed_by_braces(value: bytes) -> None:
    assert fit(b"{}", value) == [True, True]


@pytest.mark.parametrize(
    "value", [None, b"", b" ", b"{", b"}", b"[]", b"{}x", b"{\x00}", b"\xef\xbb\xbf{}", b"{\xff}"]
)
def test_unfit(value: bytes | None) -> None:
    assert fit(b"{}", value, b"{}") == [True, False, True]


def test_a_slice_is_screened_for_itself() -> None:
    values = pa.array([b"\x00", b"{}", b"[", b"{}", None], pa.binary())
    text, mask = screen(values.slice(1, 3))
    assert (text.to_pylist(), mask.tolist() if mask is not None else None) == (
        ["{}", "{}"],
        [True, False, True],
    )


def test_lines_end_with_a_line_feed() -> None:
    assert lines(pa.array(["{}", "{ }"]).slice(1)).to_pybytes() == b"{ }\n"


def test_no_lines() -> None:
    assert lines(pa.array([], pa.string())).to_pybytes() == b""
