"""Answers whose array of records lies within an object."""

from __future__ import annotations

import pytest

from yeoul_ingest.answer import Failure, Outcome, Page, read_answer


def read(body: str, field: str = "response.items") -> Page | Failure:
    return read_answer(200, "application/json", None, body.encode(), 0, field)


def texts(answer: Page | Failure) -> list[bytes]:
    assert isinstance(answer, Page), answer
    return [item.text for item in answer.items]


def test_records_keep_their_own_text() -> None:
    body = '{ "meta" : {"items": [0]}, "response": {"n": 1.50, "items" : [ {"id": 1.50}, 2 ] } }'
    assert texts(read(body)) == [b'{"id": 1.50}', b"2"]


def test_the_first_member_counts_as_well_as_the_last() -> None:
    assert texts(read('{"items":[1],"next":null}', "items")) == [b"1"]
    assert texts(read('{"next":null,"items":[1]}', "items")) == [b"1"]


@pytest.mark.parametrize("items", ["[]", "[ ]", "null"])
def test_no_records_end_the_pages(items: str) -> None:
    assert texts(read(f'{{"response": {{"items": {items}}}}}')) == []


@pytest.mark.parametrize("body", ["{}", "[]", '{"response": 1}', '{"response": {"items": {}}}'])
def test_a_missing_array_is_named(body: str) -> None:
    answer = read(body)
    assert isinstance(answer, Failure)
    assert answer.outcome is Outcome.NOT_AN_ARRAY
    assert answer.detail.startswith("no array in response.items: ")


@pytest.mark.parametrize("body", ['{"response": {"items": [1', '{"response": {"items": [1]'])
def test_an_answer_that_breaks_off_is_truncated(body: str) -> None:
    answer = read(body)
    assert isinstance(answer, Failure)
    assert answer.outcome is Outcome.TRUNCATED
