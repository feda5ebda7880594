"""Which records stay on the fast path beside odd ones: a cliff would not change a verdict."""

from __future__ import annotations

import pyarrow as pa
import pytest

from fix_records import of
from yeoul_stream.records.optimistic import OptimisticReader

RECORD = of("id:string", "day:int", "speed:double", "price:decimal(9,2)")
GOOD = '{"id":"x","day":20251009,"speed":1.5,"price":2.50}'


def left(reader: OptimisticReader, messages: list[str]) -> int:
    """How many messages the reference must read."""
    outcome = reader.read(pa.array(messages))
    read = sum(piece.stop - piece.start for piece in outcome.pieces)
    rest = sum(stop - start for start, stop in outcome.left)
    assert read + rest == len(messages)
    return rest


@pytest.mark.parametrize(
    "odd",
    [
        GOOD.replace('"x"', "2025"),
        GOOD.replace('"x"', " -0 "),
        GOOD.replace("20251009", '"20251009"'),
        GOOD.replace("20251009", "20251009.0"),
        GOOD.replace("20251009", '"20251009.00"'),
        GOOD.replace("1.5", '"1.5"'),
        GOOD.replace("2.50", '"2.50"'),
        GOOD.replace("2.50", "2"),
        GOOD.replace(",", ",\n  "),
    ],
)
@pytest.mark.parametrize("every", [1, 2, 50])
def test_other_words_for_a_value_are_read_fast(odd: str, every: int) -> None:
    messages = [GOOD if row % every else odd for row in range(1000)]
    assert left(OptimisticReader(RECORD, RECORD.names), messages) == 0


@pytest.mark.parametrize(
    "value", ["1", '"x"', "true", "null", "[]", "{}", '{"a":[1,2]}', '[{"a":null}]']
)
def test_an_unknown_key_is_learned_once(value: str) -> None:
    reader = OptimisticReader(RECORD, RECORD.names)
    messages = [f'{GOOD[:-1]},"extra":{value}}}'] * 1000
    assert left(reader, messages) <= 32
    assert left(reader, messages) == 0


def test_a_null_becomes_what_comes_later() -> None:
    reader = OptimisticReader(RECORD, RECORD.names)
    messages = [f'{GOOD[:-1]},"extra":{value}}}' for value in ("null", '{"a":null}', '{"a":1}')]
    for message in messages:
        left(reader, [message] * 100)
    assert left(reader, messages * 100) == 0


def test_endless_new_keys_are_not_all_remembered() -> None:
    reader = OptimisticReader(RECORD, RECORD.names)
    for row in range(1000):
        reader.learn(pa.array([f'{{"key{row}":1}}']))
    assert len(reader.unknown.fields) <= 128


@pytest.mark.parametrize(
    "bad",
    [
        GOOD.replace('"x"', "{}"),
        GOOD.replace("1.5", '"fast"'),
        GOOD.replace("20251009", "20251009.5"),
        GOOD.replace("20251009", "9" * 30),
        GOOD.replace(":", "="),
    ],
)
def test_one_bad_record_leaves_its_neighbours_on_the_fast_path(bad: str) -> None:
    messages = [GOOD] * 500 + [bad] + [GOOD] * 500
    assert left(OptimisticReader(RECORD, RECORD.names), messages) == 1


def test_typed_reader_is_asked_again_after_a_pause() -> None:
    record = of("id:string", "speed:double")
    reader = OptimisticReader(record, ["speed"])
    good, other = '{"id":"x","speed":1.5}', '{"id":"x","speed":"1.5"}'
    assert left(reader, [other] * 5000) == 0
    assert left(reader, [good] * 5000) == 0

    def columns(messages: list[str]) -> set[int]:
        return {piece.columns.num_columns for piece in reader.read(pa.array(messages)).pieces}

    for _ in range(100):
        columns([good] * 5000)
    assert columns([good] * 5000) == {1}


def test_only_bad_records_are_given_up_quickly() -> None:
    calls = 0

    class Counting(OptimisticReader):
        def parse(self, text: pa.Buffer, start: int, stop: int):  # type: ignore[no-untyped-def]
            nonlocal calls
            calls += 1
            return super().parse(text, start, stop)

    assert left(Counting(RECORD, RECORD.names), ['{"id":[]}'] * 5000) == 5000
    assert calls < 30


def test_a_line_of_two_objects_is_found() -> None:
    messages = [GOOD] * 100 + [GOOD + GOOD] + [GOOD] * 100
    assert left(OptimisticReader(RECORD, RECORD.names), messages) <= 64
