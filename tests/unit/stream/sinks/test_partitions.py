"""Which partition by time a row belongs to, which are made, and which go."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from yeoul_stream.sinks.postgres.names import TableName
from yeoul_stream.sinks.postgres.partitions import (
    Bound,
    Every,
    Plan,
    amounts,
    expired,
    place,
    starts_of,
)

TABLE = TableName("public", "cars")
NOON = datetime(2026, 12, 31, 12, 30, tzinfo=UTC)
DAYS = Plan("at", "day", 1, keep=86400.0)


def at(*moments: datetime | None) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"at": pa.array(moments, pa.timestamp("us", "UTC"))})


def days(*names: int) -> list[Bound]:
    return [
        Bound(TABLE, datetime(2026, 12, day, tzinfo=UTC), datetime(2026, 12, day + 1, tzinfo=UTC))
        for day in names
    ]


@pytest.mark.parametrize(
    ("every", "start", "after", "name"),
    [
        ("hour", datetime(2026, 12, 31, 12), datetime(2026, 12, 31, 13), "cars_p2026123112"),
        ("day", datetime(2026, 12, 31), datetime(2027, 1, 1), "cars_p20261231"),
        ("month", datetime(2026, 12, 1), datetime(2027, 1, 1), "cars_p202612"),
    ],
)
def test_a_moment_lies_in_a_partition(
    every: Every, start: datetime, after: datetime, name: str
) -> None:
    plan = Plan("at", every, 1)
    floor = plan.floor(NOON)
    assert (floor, plan.after(floor)) == (start.replace(tzinfo=UTC), after.replace(tzinfo=UTC))
    assert plan.name(TABLE, floor).name == name


@pytest.mark.parametrize("every", ["hour", "day", "month"])
def test_rows_and_clock_agree_on_the_start(every: Every) -> None:
    (start,) = starts_of(at(NOON).column("at"), every).to_pylist()
    assert start == int(Plan("at", every, 1).floor(NOON).timestamp()) * 1_000_000


def test_a_date_before_1970_has_its_month() -> None:
    (start,) = starts_of(pa.array([datetime(1969, 7, 20).date()]), "month").to_pylist()
    assert start == int(datetime(1969, 7, 1, tzinfo=UTC).timestamp()) * 1_000_000


def test_a_long_name_keeps_what_tells_partitions_apart() -> None:
    name = Plan("at", "day", 1).name(TableName("s", "속" * 21), NOON).name
    assert (len(name.encode()) <= 63, name.endswith("_p20261231")) == (True, True)


def test_rows_are_placed_by_horizon_and_clock() -> None:
    rows = at(datetime(2026, 12, 29), NOON, datetime(2027, 1, 2), None)
    placed = place(rows, DAYS, NOON, DAYS.horizon(NOON))
    assert (placed.fit.tolist(), [index for index, _ in placed.refused]) == ([1], [2, 3])
    assert placed.starts == (datetime(2026, 12, 31, tzinfo=UTC),)


def test_amounts_add_up_by_partition() -> None:
    found = amounts(at(NOON, NOON, datetime(2026, 12, 1)), DAYS)
    assert {start: rows for start, (rows, _) in found.items()} == {
        "2026-12-31T00:00:00+00:00": 2,
        "2026-12-01T00:00:00+00:00": 1,
    }


def test_the_horizon_keeps_clear_of_a_partition_that_lies_across() -> None:
    wide = Bound(TABLE, datetime(2026, 12, 3, tzinfo=UTC), datetime(2026, 12, 9, tzinfo=UTC))
    horizon, old = expired([*days(1, 2), wide], datetime(2026, 12, 5, tzinfo=UTC))
    assert (horizon, old) == (wide.start, days(1, 2))
