"""The fingerprint of what decides about rows changes with that, and with nothing else."""

from typing import Any

import pytest

from fix_pipeline import sink
from yeoul_stream.pipeline import Field, Record
from yeoul_stream.rules import rules_of, same_columns

ID, SPEED = Field(name="dataId", type="string"), Field(name="speed", type="double")
COLUMNS = (("dataId", "string"), ("speed", "double"))


def rules(columns: tuple[tuple[str, str], ...] = COLUMNS, **changes: Any) -> str:
    """The fingerprint of a pipeline with two fields; `changes` are those of record or sink."""
    names = {"fields", "time_zone"}
    record: dict[str, Any] = {"format": "json", "fields": (ID, SPEED), "time_zone": "Asia/Seoul"}
    record |= {key: value for key, value in changes.items() if key in names}
    of_sink = {
        "console": None,
        "hdfs": {"path": "/x"},
        **{k: v for k, v in changes.items() if k not in names},
    }
    return rules_of(Record(**record), sink(**of_sink), columns)


@pytest.mark.parametrize(
    "changes",
    [
        {"fields": (ID, SPEED, Field(name="day", type="int"))},
        {"fields": (ID, Field(name="speed", type="double", nullable=False))},
        {"time_zone": "UTC"},
        {"select": {"dataId": "dataId", "speed": "speed * 2"}},
        {"where": "speed > 1"},
    ],
)
def test_a_rule_that_changes_keeps_the_columns(changes: dict[str, Any]) -> None:
    assert rules(**changes) != rules()
    assert same_columns(rules(**changes), rules())


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": COLUMNS[:1]},
        {"columns": COLUMNS[::-1]},
        {"columns": (COLUMNS[0], ("speed", "int"))},
        {"hdfs": {"path": "/x", "partitionBy": ["dataId"]}},
    ],
)
def test_other_columns_are_told_apart(changes: dict[str, Any]) -> None:
    assert not same_columns(rules(**changes), rules())


@pytest.mark.parametrize(
    "changes",
    [
        {"select": {"dataId": "dataId", "speed": " `speed` "}},
        {"trigger": "1 minute"},
        {"hdfs": {"path": "/elsewhere"}},
    ],
)
def test_what_does_not_decide_changes_nothing(changes: dict[str, Any]) -> None:
    assert rules(**changes) == rules()


def test_books_of_before_the_fingerprints_are_taken_to_have_the_same_columns() -> None:
    assert same_columns("", rules())
