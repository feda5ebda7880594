"""Verdicts: kept, filtered, dead, and why."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from yeoul_stream.judge import EvaluatedJudge, FolderJudge, Judged, PlainJudge
from yeoul_stream.pipeline import Field, Record
from yeoul_stream.tally import Tally, count_reasons, from_position

RECORD = Record(
    format="json",
    fields=(Field(name="id", type="string", nullable=False), Field(name="speed", type="double")),
)
AT = datetime(2026, 1, 1, tzinfo=UTC)
PLAIN = PlainJudge(RECORD, {"name": "id", "_offset": "_offset"})


def kafka(*values: bytes | None) -> pa.RecordBatch:
    n = len(values)
    return pa.RecordBatch.from_arrays(
        [
            pa.array([b"k"] * n, pa.binary()),
            pa.array(values, pa.binary()),
            pa.array([3] * n, pa.int32()),
            pa.array(range(100, 100 + n), pa.int64()),
            pa.array([AT] * n, pa.timestamp("us", "UTC")),
        ],
        names=["key", "value", "partition", "offset", "timestamp"],
    )


def structs(*values: Any, type_: pa.DataType) -> pa.Array:
    wrapped = [None if value == "fails" else {"v": value} for value in values]
    return pa.array(wrapped, pa.struct([("v", type_)]))


def evaluated(where: list[Any], out: list[Any], errors: list[str | None]) -> Judged:
    n = len(where)
    batch = pa.RecordBatch.from_arrays(
        [
            pa.array([3] * n, pa.int32()),
            pa.array(range(n), pa.int64()),
            pa.array([AT] * n, pa.timestamp("us", "UTC")),
            pa.array([b"k"] * n, pa.binary()),
            pa.array([b"v"] * n, pa.binary()),
            pa.array(errors, pa.string()),
            pa.array([0] * n, pa.int64()),
            structs(*where, type_=pa.bool_()),
            structs(*out, type_=pa.int64()),
        ],
        names=[
            "_partition", "_offset", "_time", "_raw_key", "_raw_value", "_decode_error",
            "_unknown_keys", "_where", "_out_0",
        ],
    )  # fmt: skip
    return EvaluatedJudge({"x": "1/y"}, "z > 0")(batch)


def test_good_records_become_rows_of_the_selected_columns() -> None:
    judged = PLAIN(kafka(b'{"id":"a","speed":1}', b'{"id":"b","speed":2}'))
    assert judged.rows.to_pydict() == {"name": ["a", "b"], "_offset": [100, 101]}


def test_a_bad_record_is_dead_with_its_payload() -> None:
    judged = PLAIN(kafka(b'{"id":"a"}', b"nope"))
    assert judged.dead.column("payload").to_pylist() == [b"nope"]


def test_rows_know_the_record_they_came_from() -> None:
    judged = PLAIN(kafka(b"nope", b'{"id":"a"}'))
    assert judged.kept.tolist() == [1]


def test_a_dead_letter_keeps_offset_key_and_time() -> None:
    dead = PLAIN(kafka(b'{"id":"a"}', b"nope")).dead.to_pylist()[0]
    assert (dead["offset"], dead["key"], dead["kafka_time"]) == (101, b"k", AT)


def test_where_false_filters() -> None:
    judged = evaluated([True, False, None], [1, 2, 3], [None] * 3)
    assert (judged.rows.column("x").to_pylist(), judged.filtered) == ([1], 2)


def test_where_that_fails_is_a_dead_letter_naming_it() -> None:
    judged = evaluated(["fails"], [1], [None])
    assert judged.dead.column("detail").to_pylist() == ["where: z > 0 failed on this record"]


def test_an_output_that_fails_is_a_dead_letter_naming_it() -> None:
    judged = evaluated([True], ["fails"], [None])
    assert judged.dead.column("detail").to_pylist() == ["select.x: 1/y failed on this record"]


def test_an_output_that_fails_on_a_filtered_record_is_nothing() -> None:
    judged = evaluated([False], ["fails"], [None])
    assert (judged.dead.num_rows, judged.filtered) == (0, 1)


def test_an_output_may_be_null_without_having_failed() -> None:
    judged = evaluated([True], [None], [None])
    assert (judged.dead.num_rows, judged.rows.column("x").to_pylist()) == (0, [None])


def test_a_record_that_does_not_decode_is_not_evaluated() -> None:
    judged = evaluated(["fails"], ["fails"], ["not JSON"])
    assert judged.dead.column("reason").to_pylist() == ["decode"]


def test_every_record_is_accounted_for() -> None:
    judged = evaluated([True, False, "fails", True], [1, 1, 1, "fails"], [None, None, None, "bad"])
    assert judged.read == judged.rows.num_rows + judged.filtered + judged.dead.num_rows


def test_reasons_are_counted() -> None:
    judged = evaluated(["fails", True], [1, 1], [None, "bad"])
    assert count_reasons(judged.dead) == {"decode": 1, "expression": 1}


def test_a_tally_counts_what_was_written_not_what_was_kept() -> None:
    judged = PLAIN(kafka(b'{"id":"a"}', b'{"id":"b"}'))
    refused = judged.raw.dead(np.array([1]), "target", pa.array(["no"]))
    tally = Tally().plus(judged, judged.rows.slice(0, 1), refused)
    assert (tally.read, tally.written, tally.dead) == (2, 1, {"target": 1})


def test_committed_records_are_dropped_from_a_batch() -> None:
    batch = from_position(kafka(b"1", b"2", b"3"), PLAIN, 102)
    assert batch.column("value").to_pylist() == [b"3"]


def test_an_empty_text_in_a_partition_column_is_null() -> None:
    judged = FolderJudge(PLAIN, ("name",))(kafka(b'{"id":""}', b'{"id":"a"}'))
    assert judged.rows.column("name").to_pylist() == [None, "a"]
