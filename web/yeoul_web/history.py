"""The last minutes of each sink, for sparklines, and the last events."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from yeoul_web.model import Event, Look, Sink

POINTS = 180
_EVENTS = 60
# What is drawn, and which of a sink's numbers it is.
SERIES = {"rate": "rows_per_second", "lag": "lag_rows", "freshness": "lag_seconds"}


class History:
    """A bounded past; sinks that are gone are forgotten with their last point."""

    def __init__(self, points: int = POINTS) -> None:
        self._points = points
        self._series: dict[str, dict[str, deque[float | None]]] = {}
        self._events: deque[Event] = deque(maxlen=_EVENTS)
        self._told: set[tuple[object, ...]] = set()

    def add(self, look: Look, events: Iterable[Event]) -> None:
        """Append a look, and events that have not been told yet."""
        there = {f"{one.key}.{sink.name}": sink for one in look.pipelines for sink in one.sinks}
        for key in [key for key in self._series if key not in there]:
            del self._series[key]
        for key, sink in there.items():
            self._append(key, sink)
        for event in sorted({*events}, key=lambda one: one.at):
            told = (event.subject, event.reason, event.message, event.at)
            if told not in self._told:
                self._events.append(event)
        self._told = {(e.subject, e.reason, e.message, e.at) for e in self._events}

    def _append(self, key: str, sink: Sink) -> None:
        lines = self._series.setdefault(key, {name: deque(maxlen=self._points) for name in SERIES})
        for name, attribute in SERIES.items():
            lines[name].append(getattr(sink, attribute))

    @property
    def events(self) -> tuple[Event, ...]:
        """The last ones, the newest first."""
        return tuple(sorted(self._events, key=lambda one: one.at, reverse=True))

    def document(self) -> Mapping[str, Mapping[str, list[Any]]]:
        """Points by sink and series, the oldest first; null where nothing was known."""
        return {
            key: {name: [_round(value) for value in line] for name, line in lines.items()}
            for key, lines in self._series.items()
        }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
