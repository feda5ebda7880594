"""The stream as a live table."""

from io import StringIO

from rich.console import Console

from yeoul_local.demo.table import render
from yeoul_local.demo.view import SinkLine, View

LAKE = SinkLine("lake", "hdfs", "running", rate=790.0, written=18_000, files=12, lag=3)
FAILED = SinkLine("table", "postgres", "failed", error="ERROR: no such table\n  at java.net")


def drawn(view: View, width: int = 130) -> str:
    out = StringIO()
    Console(file=out, width=width).print(render(view))
    return out.getvalue()


def test_the_numbers_are_on_it() -> None:
    text = drawn(View("streaming", 23.0, 23.0, 60.0, 163, 17_000, 18_901, 803.2, (LAKE,)))
    for shown in ("0:23 of 1:00", "163 vehicles", "18,901 records", "18,000", "790", "12"):
        assert shown in text


def test_it_says_what_is_waited_for() -> None:
    assert "waiting for the first row" in drawn(View("waiting", 3.0, 3.0, 60.0))


def test_an_error_is_shown_without_its_trace() -> None:
    text = drawn(View("streaming", 3.0, 3.0, 60.0, sinks=(FAILED,)))
    assert "table: ERROR: no such table" in text
    assert "java.net" not in text


def test_it_keeps_its_width_while_numbers_grow() -> None:
    small, large = (
        drawn(
            View(
                "streaming", 3.0, 3.0, 60.0, sinks=(SinkLine("lake", "hdfs", "running", written=n),)
            )
        )
        for n in (1, 10_000_000)
    )
    assert len(small.splitlines()[0]) == len(large.splitlines()[0])


def test_a_narrow_terminal_is_not_overrun() -> None:
    text = drawn(View("streaming", 3.0, 3.0, 60.0, sinks=(LAKE, FAILED)), width=80)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "batch age" in text
