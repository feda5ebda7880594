"""Rewriting a text into the fast reader's words."""

from __future__ import annotations

import pyarrow as pa
import pytest

from fix_records import of
from yeoul_stream.records.leniency import Leniency

RECORD = of("id:string", "\uac12:string", "day:int", "speed:double", "on:boolean")
TO_NUMBER = "JSON parse error: Column(/{}) changed from string to number in row 0"
TO_STRING = "JSON parse error: Column(/{}) changed from number to string in row 0"
UNPARSED = "Failed to convert JSON to int32, couldn't parse:{}"


def rewritten(reason: str, message: str) -> str:
    leniency = Leniency(RECORD)
    leniency.call(reason, message)
    return str(leniency.apply(pa.array([message]))[0])


@pytest.mark.parametrize(
    ("reason", "before", "after"),
    [
        (TO_NUMBER.format("id"), '{"id":-1.5e3}', '{"id":"-1.5e3"}'),
        (TO_NUMBER.format("id"), '{"id" :\n0 ,"a":1}', '{"id" :\n"0" ,"a":1}'),
        (TO_NUMBER.format("\uac12"), '{"\uac12":1}', '{"\uac12":"1"}'),
        (TO_NUMBER.format("\uac12"), '{"\\uac12":1}', '{"\\uac12":"1"}'),
        (TO_STRING.format("speed"), '{"speed":"1.5"}', '{"speed":1.5}'),
        (TO_STRING.format("day"), '{"day":"7"}', '{"day":7}'),
        (UNPARSED.format("7.0"), '{"day":7.0,"speed":7.0}', '{"day":7,"speed":7.0}'),
    ],
)
def test_rewritten(reason: str, before: str, after: str) -> None:
    assert rewritten(reason, before) == after


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        (TO_NUMBER.format("id"), '{"id":01}'),
        (TO_NUMBER.format("id"), '{"id":1.}'),
        (TO_NUMBER.format("id"), '{"id":NaN}'),
        (TO_NUMBER.format("id"), '{"id":1'),
        (TO_NUMBER.format("id"), '{"xid":1}'),
        (TO_NUMBER.format("id"), '{"a":"\\"id\\":1,"}'),
        (TO_NUMBER.format("on"), '{"on":1}'),
        (TO_STRING.format("speed"), '{"speed":"1.5"5}'),
        (TO_STRING.format("speed"), '{"speed":"01"}'),
        (TO_STRING.format("speed"), '{"speed":" 1"}'),
        (TO_STRING.format("speed"), '{"speed":"NaN"}'),
        (UNPARSED.format("7.05"), '{"day":7.05}'),
        (UNPARSED.format("7.0e1"), '{"day":7.0e1}'),
    ],
)
def test_left_alone(reason: str, message: str) -> None:
    leniency = Leniency(RECORD)
    assert not leniency.call(reason, message)
    assert leniency.apply(pa.array([message])).to_pylist() == [message]


def test_nothing_is_taken_up_twice() -> None:
    leniency = Leniency(RECORD)
    assert leniency.call(TO_NUMBER.format("id"), '{"id":1}')
    assert not leniency.call(TO_NUMBER.format("id"), '{"id":1}')


def test_a_declared_name_with_a_quote_turns_it_off() -> None:
    leniency = Leniency(of("id:string", '"id:string'))
    assert not leniency.call(TO_NUMBER.format("id"), '{"id":1}')
