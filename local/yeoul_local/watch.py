"""Showing events: a live list on a terminal, plain lines anywhere else."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from yeoul_local.events import Event, Report

_WORDS = {
    "download": "downloading",
    "prepare": "preparing",
    "start": "starting",
    "ready": "ready",
    "stop": "stopping",
    "stopped": "stopped",
    "failed": "failed",
}
_STYLES = {"ready": "green", "stopped": "dim", "failed": "bold red"}
_AT_REST = frozenset(_STYLES)


@contextmanager
def watched(console: Console) -> Iterator[Report]:
    """A report that shows events on that console while the block runs."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield PlainLines(console)
        return
    board = Board()
    with Live(board, console=console, refresh_per_second=8, transient=False):
        yield board


class PlainLines:
    """One line a step; of a download only its beginning, its quarters and its end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        """Print the event if it says something new."""
        if event.phase == "download" and not _is_quarter(event):
            return
        with self._lock:
            self._console.print(line(event), markup=False, highlight=False, soft_wrap=True)


class Board:
    """The last event of each part, drawn anew at every refresh."""

    def __init__(self) -> None:
        self._events: dict[str, Event] = {}
        self._since: dict[str, float] = {}
        self._spinners: dict[str, Spinner] = {}

    def __call__(self, event: Event) -> None:
        """Take note of the event."""
        self._since.setdefault(event.part, time.monotonic())
        self._events[event.part] = event

    def __rich__(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for event in list(self._events.values()):
            table.add_row(self._sign(event), event.part, *self._columns(event))
        return table

    def _sign(self, event: Event) -> Text | Spinner:
        if event.phase in _AT_REST or _is_done(event):
            return Text("✗" if event.phase == "failed" else "✓", _STYLES.get(event.phase, "green"))
        return self._spinners.setdefault(event.part, Spinner("dots"))

    def _columns(self, event: Event) -> tuple[Text, Text]:
        seconds = event.seconds
        if seconds is None and event.phase not in _AT_REST and not _is_done(event):
            seconds = time.monotonic() - self._since[event.part]
        clock = Text(f"{seconds:.1f} s" if seconds is not None else "", "dim")
        return Text(words(event), _STYLES.get(event.phase, "")), clock


def line(event: Event) -> str:
    """An event as a line of text."""
    after = f" after {event.seconds:.1f} s" if event.seconds is not None else ""
    return f"{event.part}: {words(event)}{after}"


def words(event: Event) -> str:
    """An event's phase, with how far it is."""
    if event.total is not None:
        if _is_done(event):
            return f"{event.total} jars downloaded"
        return f"{_WORDS[event.phase]} {event.done} of {event.total}"
    return _WORDS[event.phase]


def _is_done(event: Event) -> bool:
    return event.total is not None and event.done == event.total


def _is_quarter(event: Event) -> bool:
    done, total = event.done or 0, event.total or 1
    return done == 0 or done * 4 // total > (done - 1) * 4 // total
