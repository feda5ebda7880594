"""What is shown while the platform works."""

import io

from rich.console import Console

from yeoul_local.events import Event
from yeoul_local.watch import Board, PlainLines, line


def _plain(*events: Event) -> list[str]:
    out = io.StringIO()
    lines = PlainLines(Console(file=out, width=100))
    for event in events:
        lines(event)
    return out.getvalue().splitlines()


def test_a_step_is_a_line() -> None:
    assert line(Event("kafka", "ready", seconds=6.04)) == "kafka: ready after 6.0 s"


def test_a_download_is_told_in_quarters() -> None:
    steps = [Event("jars hdfs", "download", done=n, total=80) for n in range(81)]
    assert len(_plain(*steps)) == 5


def test_a_download_ends_with_its_count() -> None:
    assert line(Event("jars hdfs", "download", done=83, total=83)) == (
        "jars hdfs: 83 jars downloaded"
    )


def test_a_board_shows_the_last_step_of_each_part() -> None:
    board = Board()
    board(Event("kafka", "start"))
    board(Event("kafka", "ready", seconds=1))
    out = io.StringIO()
    Console(file=out, width=100).print(board)
    assert out.getvalue().split() == ["✓", "kafka", "ready", "1.0", "s"]
