"""Where the demonstration is shown: a live table on a terminal, plain lines anywhere else."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

from rich.console import Console, RenderableType
from rich.live import Live

from yeoul_local.demo.lines import event_line, lines
from yeoul_local.demo.table import render, render_start
from yeoul_local.demo.view import View
from yeoul_local.events import Event

_LINES_EVERY_SECONDS = 5.0


class Screen(Protocol):
    """A place to show a demonstration."""

    def event(self, event: Event) -> None:
        """Show a step of a part; called from several threads."""

    def say(self, text: str) -> None:
        """Show a line that stays."""

    def show(self, view: View) -> None:
        """Show a moment."""

    def close(self) -> None:
        """Leave the last moment as it is and give the terminal back."""


def choose(console: Console, title: str) -> Screen:
    """The live table where the console can show one."""
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveScreen(console, title)
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

    def event(self, event: Event) -> None:
        """Print the steps that matter."""
        line = event_line(event)
        if line:
            self._write(line)

    def say(self, text: str) -> None:
        """Print it."""
        self._write(text)

    def show(self, view: View) -> None:
        """Print it if the last lines are old, or the phase is another."""
        now = self._clock()
        same = self._last and self._last[1] == view.phase
        if same and self._last and now - self._last[0] < _LINES_EVERY_SECONDS:
            return
        self._last = (now, view.phase)
        for line in lines(view):
            self._write(line)

    def close(self) -> None:
        """Nothing is open."""


class LiveScreen:
    """A table that is drawn anew in its place."""

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._title = title
        self._began = time.monotonic()
        self._parts: dict[str, Event] = {}
        self._view = View()
        self._lock = threading.Lock()
        self._live: Live | None = Live(
            get_renderable=self._render, console=console, refresh_per_second=4, transient=False
        )
        self._live.start()

    def _render(self) -> RenderableType:
        with self._lock:
            if self._view.phase == "starting":
                return render_start(self._parts, time.monotonic() - self._began, self._title)
            return render(self._view, self._title)

    def event(self, event: Event) -> None:
        """Keep it for the next drawing."""
        with self._lock:
            self._parts[event.part] = event

    def say(self, text: str) -> None:
        """Print it above the table."""
        self._console.print(text, highlight=False, markup=False)

    def show(self, view: View) -> None:
        """Keep it for the next drawing."""
        with self._lock:
            self._view = view

    def close(self) -> None:
        """Stop drawing."""
        if self._live is not None:
            self._live.stop()
            self._live = None
