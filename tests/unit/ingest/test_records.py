from __future__ import annotations

import json
import math
from typing import Any

import pytest

from fix_ingest import poller_settings
from yeoul_ingest.answer import Item, parse
from yeoul_ingest.records import (
    Record,
    identity_of,
    identity_of_sent,
    in_order,
    to_record,
)


def item(text: str) -> Item:
    return Item(text.encode(), parse(text))


def record(text: str, **settings: Any) -> Record:
    return to_record(item(text), b"", poller_settings(**settings))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"trmnId":"V1"}', b"V1"),
        ('{"trmnId":"서울"}', "서울".encode()),
        ('{"trmnId":17}', b"17"),
        ('{"trmnId":1.50}', b"1.50"),
        ('{"trmnId":""}', None),
        ('{"trmnId":null}', None),
        ('{"trmnId":true}', None),
        ('{"trmnId":["V1"]}', None),
        ("{}", None),
        ("42", None),
        ('{"trmnId":"\\ud800"}', b"?"),
    ],
)
def test_the_key_is_the_text_of_the_key_field(text: str, key: bytes | None) -> None:
    assert record(text).key == key


def test_without_a_key_field_there_is_no_key() -> None:
    assert record('{"trmnId":"V1","":"x"}', key_field="").key is None


def test_the_value_is_the_text_of_the_api() -> None:
    assert record('{"b": 1.0, "a":1}').value == b'{"b": 1.0, "a":1}'


def test_null_is_sent_as_text_and_not_as_a_tombstone() -> None:
    assert record("null").value == b"null"


@pytest.mark.parametrize("value", ["1800000000123.0", '"1800000000123"'])
def test_the_order_is_a_number_or_its_text(value: str) -> None:
    assert record(f'{{"trsmUtcTime":{value}}}').order == 1800000000123


@pytest.mark.parametrize("text", ["{}", '{"trsmUtcTime":"abc"}', '{"trsmUtcTime":NaN}', "3"])
def test_a_record_without_a_number_to_order_by_comes_last(text: str) -> None:
    assert record(text).order == math.inf


def test_same_content_is_the_same_record() -> None:
    assert identity_of(item('{"a":1}'), "") == identity_of(item('{"a":1}'), "")


def test_one_id_with_other_content_is_another_record() -> None:
    first, second = item('{"dataId":"1","v":1}'), item('{"dataId":"1","v":2}')
    assert identity_of(first, "") != identity_of(second, "")


def test_one_id_with_other_content_is_the_same_record_if_the_id_identifies() -> None:
    first, second = item('{"dataId":"1","v":1}'), item('{"dataId":"1","v":2}')
    assert identity_of(first, "dataId") == identity_of(second, "dataId")


def test_a_record_without_its_identity_field_is_its_content() -> None:
    assert identity_of(item('{"v":1}'), "dataId") == identity_of(item('{"v":1}'), "")


def test_an_id_is_never_taken_for_a_content() -> None:
    assert identity_of(item('{"dataId":"42"}'), "dataId") != identity_of(item("42"), "dataId")


@pytest.mark.parametrize("field", ["", "dataId"])
@pytest.mark.parametrize("text", ['{"dataId":"1","v":1}', '{"v":1}', "42", '{"dataId":"\\ud800"}'])
def test_a_sent_record_has_the_identity_it_was_sent_with(text: str, field: str) -> None:
    assert identity_of_sent(text.encode(), field) == identity_of(item(text), field)


def test_what_lies_in_the_topic_need_not_be_json() -> None:
    assert len(identity_of_sent(b"\xff no json", "dataId")) == 16


def ordered(*orders: float) -> list[tuple[float, int]]:
    records = [Record(None, b"", bytes([place]), order) for place, order in enumerate(orders)]
    return [(found.order, found.identity[0]) for found in in_order(records)]


def test_records_are_sent_in_the_order_of_their_time() -> None:
    assert ordered(2, 3, 1, 2.5) == [(1, 2), (2, 0), (2.5, 3), (3, 1)]


def test_equal_times_keep_the_order_of_an_api_that_answers_oldest_first() -> None:
    assert ordered(1, 1, 2) == [(1, 0), (1, 1), (2, 2)]


def test_equal_times_are_turned_for_an_api_that_answers_newest_first() -> None:
    assert ordered(2, 1, 1) == [(1, 2), (1, 1), (2, 0)]


def test_without_an_order_field_the_order_of_the_api_stays() -> None:
    records = [record(json.dumps({"trsmUtcTime": 9 - at}), order_field="") for at in range(3)]
    assert in_order(records) == records
