import pytest

from yeoul_stream.pipeline.columns import bare_column


@pytest.mark.parametrize(
    ("sql", "column"),
    [
        ("speed", "speed"),
        (" speed ", "speed"),
        ("`gps time`", "gps time"),
        ("`a``b`", "a`b"),
        ("null", None),
        ("TRUE", None),
        ("1", None),
        ("speed + 1", None),
        ("`a` + `b`", None),
        ("a.b", None),
    ],
)
def test_a_bare_column_is_told_from_an_expression(sql: str, column: str | None) -> None:
    assert bare_column(sql) == column
