"""The stream as plain lines."""

from dataclasses import replace

from yeoul_local.demo.lines import lines
from yeoul_local.demo.view import SinkLine, View

TABLE = SinkLine(
    "table", "postgres", "running", rate=812.4, written=18_204, dead=2, lag=697, lag_seconds=1.24
)
LAKE = SinkLine("lake", "hdfs", "running", written=18_000, files=12, lag=0, lag_seconds=0.0)
VIEW = View(
    "streaming", 23.4, 23.4, 60.0, 163, 18_204, 18_901, sent_rate=803.2, sinks=(TABLE, LAKE)
)


def test_one_line_says_all() -> None:
    assert lines(VIEW) == [
        "0:23 of 1:00  streaming | 163 vehicles | 18,901 records into Kafka (803/s) | "
        "table running, 18,204 rows, 812/s, lag 697 (1.2 s), dead letters 2 | "
        "lake running, 18,000 rows, lag 0 (0.0 s), dead letters 0, files 12"
    ]


def test_forever_has_no_end() -> None:
    assert lines(replace(VIEW, total=None))[0].startswith("0:23  streaming")


def test_before_anything_is_known_only_the_time_and_the_phase_are_said() -> None:
    assert lines(View("waiting", 3.0, 3.0, 60.0)) == ["0:03  waiting"]


def test_a_sink_that_starts_has_no_numbers_yet() -> None:
    starting = replace(TABLE, state="starting")
    assert lines(View("waiting", 3.0, 3.0, 60.0, sinks=(starting,)))[0].endswith("| table starting")


def test_an_error_has_a_line_of_its_own() -> None:
    broken = replace(TABLE, state="backoff", restarts=3, error="connection refused\n  at java")
    said = lines(View("streaming", 3.0, 3.0, 60.0, sinks=(broken,)))
    assert said[1] == "  table: connection refused"


def test_restarts_are_told() -> None:
    broken = replace(TABLE, state="backoff", restarts=3)
    assert "table backoff (restarts: 3)" in lines(View("streaming", 3.0, sinks=(broken,)))[0]


def test_a_proof_that_takes_long_is_said_to() -> None:
    assert lines(replace(VIEW, phase="proving", in_phase=42.0)) == [
        "proving: Kafka is compared with what the sinks hold (42 s)"
    ]


def test_the_end_is_left_to_the_summary() -> None:
    assert lines(replace(VIEW, phase="ended")) == []
