"""Rows as texts, and which altered row was which."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from yeoul_stream.verify.values import pair, texts

COLUMNS = ["id", "speed", "day"]
INSTANT = pa.timestamp("us", "UTC")


@pytest.mark.parametrize(
    ("type_", "value", "carried"),
    [
        (INSTANT, datetime(2026, 11, 23, tzinfo=UTC), pa.array([1795392000000000])),
        (pa.date32(), date(2026, 11, 23), pa.array([20780])),
        (pa.int32(), 7, pa.array([7], pa.int64())),
        (pa.float32(), 1.5, pa.array([1.5])),
    ],
)
def test_a_value_reads_alike_in_both_forms(
    type_: pa.DataType, value: object, carried: pa.Array
) -> None:
    own = pa.table({"v": pa.array([value], type_)})
    assert texts(own, [type_]) == texts(pa.table({"v": carried}), [type_])


def test_an_altered_row_is_the_one_with_most_values_in_common() -> None:
    missing = {(0, 7): ("a", "1.5", "x")}
    strange = {"t (0,1)": ("a", "9.9", "x"), "t (0,2)": ("a", "9.9", "z")}
    assert pair(COLUMNS, missing, strange)[0, 7].place == "t (0,1)"


def test_the_changed_values_are_told() -> None:
    found = pair(COLUMNS, {(0, 7): ("a", "1.5", "x")}, {"t (0,1)": ("a", None, "x")})
    assert str(found[0, 7]) == "speed is null instead of 1.5"


def test_a_row_with_little_in_common_is_another_row() -> None:
    assert pair(COLUMNS, {(0, 7): ("a", "1.5", "x")}, {"t (0,1)": ("a", "2", "y")}) == {}


def test_a_row_is_taken_once() -> None:
    missing = {(0, 7): ("a", "1.5", "x"), (0, 8): ("a", "1.5", "y")}
    assert list(pair(COLUMNS, missing, {"t (0,1)": ("a", "1.5", "z")})) == [(0, 7)]
