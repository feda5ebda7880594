"""Where the stream is shown: a live table on a terminal, plain lines anywhere else."""

import time
from collections.abc import Callable
from typing import Protocol

from rich.console import Console, RenderableType
from rich.live import Live

from yeoul_local.demo.lines import lines
from yeoul_local.demo.table import render
from yeoul_local.demo.view import View

_LINES_EVERY_SECONDS = 5.0


class Screen(Protocol):
    """A place to show the stream."""

    def say(self, text: str) -> None:
        """Show a line that stays."""

    def show(self, view: View) -> None:
        """Show a moment."""

    def close(self) -> None:
        """Leave the last moment as it is and give the terminal back."""


def choose(console: Console) -> Screen:
    """The live table where the console can show one."""
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveScreen(console)
    return PlainScreen(print_now, time.monotonic)


def print_now(text: str) -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


class PlainScreen:
    """Lines without control characters, a few seconds apart."""

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._write = write
        self._clock = clock
        self._last: tuple[float, str] | None = None

    def say(self, text: str) -> None:
        """Print it."""
        self._write(text)

    def show(self, view: View) -> None:
        """Print it if the last lines are old, or the phase is another."""
        now = self._clock()
        if self._last is not None:
            at, phase = self._last
            if phase == view.phase and now - at < _LINES_EVERY_SECONDS:
                return
        self._last = (now, view.phase)
        for line in lines(view):
            self._write(line)

    def close(self) -> None:
        """Nothing is open."""


class LiveScreen:
    """A table that is drawn anew in its place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._view = View()
        self._live = Live(
            get_renderable=self._render, console=console, refresh_per_second=4, transient=False
        )
        self._live.start()

    def _render(self) -> RenderableType:
        return render(self._view)

    def say(self, text: str) -> None:
        """Print it above the table."""
        self._console.print(text, highlight=False, markup=False)

    def show(self, view: View) -> None:
        """Keep it for the next drawing."""
        self._view = view

    def close(self) -> None:
        """Draw once more, and stop."""
        self._live.stop()
