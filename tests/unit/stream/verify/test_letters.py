"""Dead letters as a document and back."""

from datetime import UTC, datetime

import pytest

from yeoul_stream.verify.letters import DeadLetter, Letters


def letter(payload: bytes | None) -> DeadLetter:
    time = datetime(2026, 11, 23, tzinfo=UTC)
    return DeadLetter("table", 0, 7, time, "decode", "not JSON", b"T1", payload)


@pytest.mark.parametrize("payload", [b"not json", b"", None, b"\xff\x00", "서울".encode()])
def test_a_payload_survives_the_document(payload: bytes | None) -> None:
    assert DeadLetter.parse(letter(payload).document()) == letter(payload)


def test_bytes_that_are_no_text_are_in_base64() -> None:
    assert letter(b"\xff").document()["payloadBase64"] == "/w=="


def test_counts_of_several_sinks_add_up() -> None:
    both = Letters((), {"decode": 2}).plus(Letters((), {"decode": 1, "target": 1}))
    assert (both.total, both.counts) == (4, {"decode": 3, "target": 1})
