"""Which row of a batch is the newest of its key."""

import pyarrow as pa

from yeoul_stream.sinks.postgres.target import OutputColumn, Shape, key_problems
from yeoul_stream.sinks.postgres.upsert import Order, newest


def chosen(keys: list[object], by: list[object] | None = None) -> list[int]:
    columns = {"k": pa.array(keys), **({} if by is None else {"by": pa.array(by)})}
    order = Order(("k",), None if by is None else "by")
    return [int(index) for index in newest(pa.RecordBatch.from_pydict(columns), order)]


def test_without_a_time_the_last_one_is_newest() -> None:
    assert chosen(["a", "b", "a"]) == [1, 2]


def test_a_later_time_wins_over_a_later_offset() -> None:
    assert chosen(["a", "a", "a"], [1, 3, 2]) == [1]


def test_at_the_same_time_the_later_offset_is_newer() -> None:
    assert chosen(["a", "a", "b"], [5, 5, 1]) == [1, 2]


def test_no_time_is_older_than_any() -> None:
    assert chosen(["a", "a", "b"], [5, None, None]) == [0, 2]


def test_minus_zero_is_the_same_time_as_zero() -> None:
    assert chosen(["a", "a"], [0.0, -0.0]) == [1]


def test_a_key_of_doubles_is_refused() -> None:
    shape = Shape([OutputColumn("k", pa.float64())], key=("k",))
    assert "floating-point" in key_problems(shape)[0]


def test_an_order_by_text_is_refused() -> None:
    columns = [OutputColumn("k", pa.int32()), OutputColumn("t", pa.string())]
    assert "a time or a number" in key_problems(Shape(columns, ("k",), "t"))[0]
