"""The fast decoder against the reference, whatever the messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from fix_records import batches
from yeoul_stream.pipeline import Record
from yeoul_stream.records.decode import Decoded, Decoder
from yeoul_stream.records.reference import BadRecord, Row, decode_one


def expected(record: Record, values: Sequence[bytes | None]) -> Decoded:
    """What the reference says, message by message."""
    schema = Decoder(record).schema
    rows = [_row(value, record) for value in values]
    good = [row if isinstance(row, Row) else Row((None,) * len(schema), 0) for row in rows]
    errors = [row if isinstance(row, str) else None for row in rows]
    columns = [
        pa.array([row.values[index] for row in good], field.type)
        for index, field in enumerate(schema)
    ]
    return Decoded(
        pa.RecordBatch.from_arrays(columns, schema=schema),
        pa.array(errors, pa.string()) if any(errors) else None,
        sum(row.unknown_keys for row in good),
    )


def _row(value: bytes | None, record: Record) -> Row | str:
    try:
        return decode_one(value, record)
    except BadRecord as bad:
        return bad.detail


def same(left: Decoded, right: Decoded) -> bool:
    """Whether both say the same, -0.0 and 0.0 told apart."""
    left.columns.validate(full=True)
    return (
        _bits(left.columns).equals(_bits(right.columns))
        and left.unknown_keys == right.unknown_keys
        and (left.errors or pa.array([])).to_pylist() == (right.errors or pa.array([])).to_pylist()
    )


def _bits(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = [
        column.view(pa.int64()) if pa.types.is_floating(column.type) else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def agree(decoder: Decoder, record: Record, values: Sequence[bytes | None]) -> None:
    decoded = decoder.decode(pa.array(values, pa.binary()))
    assert same(decoded, expected(record, values)), values


@given(batches())
def test_each_message_alone(batch: tuple[Record, list[bytes | None]]) -> None:
    record, values = batch
    decoder = Decoder(record)
    for value in values:
        agree(decoder, record, [value])


@given(batches())
def test_neighbours(batch: tuple[Record, list[bytes | None]]) -> None:
    record, values = batch
    decoder = Decoder(record)
    for two in pairwise(values):
        agree(decoder, record, two)


@settings(max_examples=settings().max_examples // 5)
@given(batches())
def test_odd_messages_among_many_good_ones(batch: tuple[Record, list[bytes | None]]) -> None:
    record, values = batch
    decoder = Decoder(record)
    good = [value for value in values if isinstance(_row(value, record), Row)][:1]
    mixed = [one for value in values for one in (*good * 40, value)]
    agree(decoder, record, mixed)
    # What the decoder has learned from a batch changes no verdict on the next.
    agree(decoder, record, mixed[::-1])


@given(batches(), st.data())
def test_some_fields_are_those_of_all(
    batch: tuple[Record, list[bytes | None]], data: st.DataObject
) -> None:
    record, values = batch
    wanted = data.draw(st.sets(st.sampled_from(record.names), min_size=1))
    decoder, names = Decoder(record, wanted), [name for name in record.names if name in wanted]
    good = [value for value in values if isinstance(_row(value, record), Row)][:1]
    for messages in (values, [*good * 300, *values, *good * 300]):
        whole = expected(record, messages)
        decoded = decoder.decode(pa.array(messages, pa.binary()))
        assert same(decoded, replace(whole, columns=whole.columns.select(names))), messages
