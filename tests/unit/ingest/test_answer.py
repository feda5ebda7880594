from __future__ import annotations

import json
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yeoul_ingest.answer import Failure, Outcome, Page, parse_retry_after, read_answer

NOW = 1_800_000_000.0
JSON = "application/json;charset=UTF-8"


def read(body: bytes, status: int = 200, content_type: str = JSON) -> Page | Failure:
    return read_answer(status, content_type, None, body, NOW)


def texts(body: bytes) -> list[bytes]:
    page = read(body)
    assert isinstance(page, Page)
    return [item.text for item in page.items]


def outcome(body: bytes, status: int = 200, content_type: str = JSON) -> Outcome:
    failure = read(body, status, content_type)
    assert isinstance(failure, Failure)
    return failure.outcome


def test_an_empty_array_is_an_empty_page() -> None:
    assert read(b" [ ] ") == Page(())


def test_each_element_keeps_its_text() -> None:
    assert texts(b'[{"a": 1.0, "b":1e3},\n {"c":"\\u00e9"}]') == [
        b'{"a": 1.0, "b":1e3}',
        b'{"c":"\\u00e9"}',
    ]


def test_a_number_beyond_a_double_keeps_its_digits() -> None:
    assert texts(b'[{"n":9007199254740993123456789.50}]') == [b'{"n":9007199254740993123456789.50}']


def test_a_number_of_ten_thousand_digits_is_no_error() -> None:
    assert len(texts(b"[" + b"9" * 10_000 + b"]")[0]) == 10_000


def test_bytes_that_are_not_utf8_stay_what_they_are() -> None:
    assert texts(b'[{"a":"\xff\xfe"}]') == [b'{"a":"\xff\xfe"}']


def test_a_control_character_in_a_string_is_left_to_the_stream() -> None:
    assert texts(b'["a\x01b"]') == [b'"a\x01b"']


def test_nan_is_left_to_the_stream() -> None:
    assert texts(b'[{"a":NaN}]') == [b'{"a":NaN}']


def test_elements_that_are_no_objects_are_kept() -> None:
    assert texts(b'[null,42,"x",[1]]') == [b"null", b"42", b'"x"', b"[1]"]


def test_another_charset_becomes_utf8() -> None:
    page = read('["서울"]'.encode("euc-kr"), content_type="application/json; charset=euc-kr")
    assert isinstance(page, Page)
    assert page.items[0].text == '"서울"'.encode()


def test_a_charset_that_does_not_fit_is_a_failure() -> None:
    assert outcome(b'["\xff"]', content_type="application/json; charset=euc-kr") is Outcome.NOT_JSON


def test_an_unknown_charset_is_taken_for_utf8() -> None:
    assert isinstance(read(b'["a"]', content_type="application/json; charset=klingon"), Page)


def test_a_byte_order_mark_is_skipped() -> None:
    assert texts(b"\xef\xbb\xbf[1]") == [b"1"]


@pytest.mark.parametrize("cut", range(1, 35))
def test_an_array_cut_anywhere_is_truncated(cut: int) -> None:
    whole = b'[{"a":"x\\u00e9","b":[1,true,-2.5e3]}]'
    assert outcome(whole[:cut]) is Outcome.TRUNCATED


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"", JSON, Outcome.TRUNCATED),
        (b"<!DOCTYPE html><p>", JSON, Outcome.HTML),
        (b"\n<HTML>", JSON, Outcome.HTML),
        (b"<h1>no</h1>", "text/html", Outcome.HTML),
        (b"<?xml version='1.0'?><Fault/>", "text/xml", Outcome.XML_FAULT),
        (b"hello", JSON, Outcome.NOT_JSON),
        (b"[1] [2]", JSON, Outcome.NOT_JSON),
        (b"[1 2]", JSON, Outcome.NOT_JSON),
        (b"[1,]", JSON, Outcome.NOT_JSON),
        (b"[" * 100_000 + b"]" * 100_000, JSON, Outcome.NOT_JSON),
        (b'{"error": "no"}', JSON, Outcome.NOT_AN_ARRAY),
        (b"null", JSON, Outcome.NOT_AN_ARRAY),
    ],
)
def test_a_body_that_is_no_array_is_named(
    body: bytes, content_type: str, expected: Outcome
) -> None:
    assert outcome(body, content_type=content_type) is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (204, Outcome.CLIENT_ERROR),
        (302, Outcome.REDIRECT),
        (400, Outcome.CLIENT_ERROR),
        (401, Outcome.UNAUTHORIZED),
        (403, Outcome.UNAUTHORIZED),
        (404, Outcome.CLIENT_ERROR),
        (408, Outcome.SERVER_ERROR),
        (429, Outcome.RATE_LIMITED),
        (500, Outcome.SERVER_ERROR),
        (503, Outcome.SERVER_ERROR),
    ],
)
def test_a_status_is_named(status: int, expected: Outcome) -> None:
    assert outcome(b"[]", status) is expected


def test_a_failure_shows_the_start_of_the_body_on_one_line() -> None:
    failure = read(b"<html>\n  <p>" + b"x" * 10_000, 502)
    assert isinstance(failure, Failure)
    assert failure.detail.startswith("HTTP status 502: <html> <p>xxx")
    assert len(failure.detail) < 200


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        (" 0 ", 0.0),
        ("soon", None),
        ("-3", None),
        ("9" * 40, 999_999_999.0),
        (formatdate(NOW + 90, usegmt=True), 90.0),
        (formatdate(NOW - 90, usegmt=True), 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after(header, NOW) == seconds


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(json_values), st.booleans(), st.sampled_from([None, 1]))
def test_any_array_falls_into_its_elements(
    values: list[Any], ascii_only: bool, indent: Any
) -> None:
    body = json.dumps(values, ensure_ascii=ascii_only, indent=indent).encode(
        "utf-8", "surrogatepass"
    )
    assert [json.loads(text.decode("utf-8", "surrogatepass")) for text in texts(body)] == values


@given(st.binary())
def test_any_body_is_a_page_or_a_failure(body: bytes) -> None:
    assert isinstance(read(body), Page | Failure)


@given(st.text(alphabet='[]{}",:1e.-+ntrue\\u0a \n', max_size=40))
def test_any_mangled_json_is_a_page_or_a_failure(text: str) -> None:
    assert isinstance(read(text.encode()), Page | Failure)
