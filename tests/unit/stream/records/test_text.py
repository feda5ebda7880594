"""What counts as a JSON object, byte by byte."""

from __future__ import annotations

import pytest

from yeoul_stream.records.text import MAX_DEPTH, BadRecord, Number, parse_object, shown


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        (None, "the message has no value (a tombstone); expected a JSON object"),
        (b"", "not JSON: Expecting value at character 0, the end"),
        (b'{"a":1', "not JSON: Expecting ',' delimiter at character 6, the end"),
        (b"<html>", 'not JSON: Expecting value at character 0, "<html>"'),
        (b'{"a":"\xff"}', "not UTF-8: byte 0xff at position 6"),
        (b'{"a":"\xed\xa0\x80"}', "not UTF-8: byte 0xed at position 6"),
        (b"\xef\xbb\xbf{}", 'not JSON: Expecting value at character 0, "\ufeff{}"'),
        (b"[{}]", "expected a JSON object, found [{}]"),
        (b"1.50", "expected a JSON object, found 1.50"),
        (b"null", "expected a JSON object, found null"),
        (b'{"a":NaN}', "not JSON: NaN is not a JSON number"),
        (b'{"a":[-Infinity]}', "not JSON: -Infinity is not a JSON number"),
        (b"{}{}", 'not JSON: Extra data at character 2, "{}"'),
        (b'{"a":"\n"}', 'not JSON: Invalid control character at at character 6, "\\n\\"}"'),
        (b'{"a":' * (MAX_DEPTH + 1), f"nested deeper than {MAX_DEPTH} levels"),
    ],
)
def test_bad_messages_are_told_why(value: bytes | None, detail: str) -> None:
    with pytest.raises(BadRecord) as bad:
        parse_object(value)
    assert bad.value.detail == detail


def test_nesting_up_to_the_limit_is_read() -> None:
    text = b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH
    assert list(parse_object(text)) == ["a"]


def test_brackets_within_strings_do_not_nest() -> None:
    assert parse_object(b'{"a":"\\"' + b"[" * 1000 + b'"}') == {"a": '"' + "[" * 1000}


def test_numbers_keep_their_tokens() -> None:
    found = parse_object(b'{"a":1.50,"b":-0,"c":1E5}')
    assert found == {"a": "1.50", "b": "-0", "c": "1E5"}
    assert all(isinstance(value, Number) for value in found.values())


def test_the_last_of_duplicate_keys_counts() -> None:
    assert parse_object(b'{"a":1,"\\u0061":2}') == {"a": "2"}


def test_white_space_may_surround_an_object() -> None:
    assert parse_object(b" \r\n\t{ } \n") == {}


def test_long_values_are_cut_when_shown() -> None:
    assert shown("x" * 1000) == '"' + "x" * 99 + "..."


def test_half_a_surrogate_pair_is_shown_as_its_escape() -> None:
    assert shown("\ud800") == '"\\ud800"'


def test_nul_is_shown_as_its_escape() -> None:
    assert shown("\x00") == '"\\u0000"'


def test_nested_values_are_shown_as_json() -> None:
    found = parse_object(b'{"a":[1,{"b":[true,null]},"x"]}')
    assert shown(found) == '{"a": [1, {"b": [true, null]}, "x"]}'
