import pytest

from yeoul_stream.pipeline.expressions import check_expression

COLUMNS = ("dataId", "speed", "gps time", "a.b", "comment", "current_date", "_key")


@pytest.mark.parametrize(
    "sql",
    [
        "speed",
        "`gps time`",
        "`a.b`",
        "comment",
        "comment IS NOT NULL",
        "_key",
        "1",
        "NULL",
        "CAST(speed AS INT)",
        "speed::int",
        "try_cast(dataId AS decimal(10,2))",
        "from_utc_timestamp(timestamp_millis(CAST(speed AS BIGINT)), 'Asia/Seoul')",
        "CASE WHEN speed > 1 THEN 'fast' ELSE 'slow' END",
        "speed BETWEEN 1 AND 2 AND dataId IN ('a', 'b')",
        "dataId NOT LIKE 'T%' OR dataId RLIKE '^T'",
        "dataId LIKE ANY ('a%', 'b%')",
        "timestampdiff(HOUR, `gps time`, _key)",
        "date_add(to_date(`gps time`), 1)",
        "`gps time` + INTERVAL 1 DAY",
        "transform(array(speed), x -> x + 1)",
        "exists(array(speed), x -> x > 1)",
        "named_struct('a', speed).a",
        "unix_timestamp(`gps time`)",
        "greatest(speed, 0) <=> 1.5D",
        "a_function_of_your_own(speed)",
        "'sum(speed)'",
        "current_date",
        "speed /* in km/h */",
    ],
)
def test_an_expression_over_one_record_is_accepted(sql: str) -> None:
    assert check_expression(sql, COLUMNS) == ()


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("sum(speed)", "sum() is an aggregate"),
        ("SUM (speed)", "sum() is an aggregate"),
        ("`sum`(speed)", "sum() is an aggregate"),
        ("count(*)", "count() is an aggregate"),
        ("any(speed > 1)", "any() is an aggregate"),
        ("max(speed)", "greatest() compares columns"),
        ("speed + sum(speed) OVER ()", "a window (OVER)"),
        ("lag(speed)", "lag() needs a window"),
        ("window(`gps time`, '1 minute')", "window() needs a window"),
        ("explode(split(dataId, ','))", "explode() makes several rows"),
        ("stack(2, 1, 2)", "stack() makes several rows"),
        ("(SELECT 1)", "a subquery"),
        ("dataId IN (SELECT 1)", "a subquery"),
        ("EXISTS (SELECT 1)", "a subquery"),
        ("rand() > 0.5", "rand() is not deterministic"),
        ("uuid()", "uuid() is not deterministic"),
        ("monotonically_increasing_id()", "is not deterministic"),
        ("reflect('java.lang.System', 'exit')", "reflect() is not deterministic"),
        ("current_timestamp", "current_timestamp reads the clock"),
        ("current_timestamp()", "current_timestamp() reads the clock"),
        ("current_date()", "current_date() reads the clock"),
        ("now()", "use _kafka_timestamp"),
        ("localtimestamp", "localtimestamp reads the clock"),
        ("unix_timestamp()", "unix_timestamp() reads the clock"),
        ("*", "a star (*)"),
        ("struct(*)", "a star (*)"),
        ("dataId.*", "a star (*)"),
        (":value", "a parameter"),
        ("identifier('dataId')", "identifier() hides"),
        ("speed AS v", "a name with AS"),
        ("speed; DROP TABLE x", "a ';'"),
        ("SELECT speed", "is a query"),
        ("", "is empty"),
        ("-- speed", "is empty"),
        ("speed >", 'something is missing next to ">"'),
        ("(speed", ") is missing after"),
        ("speed dataId", 'cannot be read from "dataId" (character 12) on'),
        ("'speed", "is not closed"),
        ("(" * 3000 + "speed" + ")" * 3000, "nested too deeply"),
    ],
)
def test_another_expression_is_refused_by_name(sql: str, named: str) -> None:
    found = check_expression(sql, COLUMNS)
    assert any(named in message for message in found), found


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("Speed + 1", 'names the column "Speed", which does not exist; did you mean "speed"?'),
        ("data_id", 'names the column "data_id", which does not exist; did you mean "dataId"?'),
        ("height", 'names the column "height", which does not exist'),
        ("a.b + 1", "must have the column's name in backticks: `a.b`"),
        ("`current_time`", 'names the column "current_time", which does not exist; '),
    ],
)
def test_an_unknown_column_is_named(sql: str, message: str) -> None:
    assert check_expression(sql, COLUMNS)[0].startswith(message)


def test_every_problem_of_an_expression_is_named() -> None:
    assert len(check_expression("sum(height) > rand()", COLUMNS)) == 3


def test_columns_are_not_checked_where_they_are_unknown() -> None:
    assert check_expression("height > 1", None) == ()
