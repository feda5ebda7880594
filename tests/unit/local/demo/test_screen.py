"""Where the stream is shown."""

import io
from collections.abc import Iterator

from rich.console import Console

from yeoul_local.demo.screen import PlainScreen, choose
from yeoul_local.demo.view import View


def screen_at(*times: float) -> tuple[PlainScreen, list[str]]:
    said: list[str] = []
    clock: Iterator[float] = iter(times)
    return PlainScreen(said.append, lambda: next(clock)), said


def test_without_a_terminal_there_are_plain_lines() -> None:
    assert isinstance(choose(Console(file=io.StringIO())), PlainScreen)


def test_a_terminal_without_a_cursor_gets_plain_lines() -> None:
    dumb = Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "dumb"})
    assert isinstance(choose(dumb), PlainScreen)


def test_lines_are_seconds_apart() -> None:
    screen, said = screen_at(0.0, 0.5, 4.9, 5.0)
    for elapsed in range(4):
        screen.show(View("streaming", elapsed))
    assert [line[:4] for line in said] == ["0:00", "0:03"]


def test_another_phase_is_said_at_once() -> None:
    screen, said = screen_at(0.0, 0.5)
    screen.show(View("streaming", 1))
    screen.show(View("draining", 1))
    assert [line.split("  ")[1] for line in said] == ["streaming", "draining"]


def test_there_are_no_control_characters() -> None:
    screen, said = screen_at(0.0)
    screen.show(View("streaming", 1, 1, 60, 163, 100, 100, 8.0))
    assert all(letter.isprintable() for line in said for letter in line)
