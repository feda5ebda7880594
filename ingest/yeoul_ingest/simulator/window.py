"""The records that the API shows: those of the last seconds, newest first, in pages."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from yeoul_ingest.simulator.fleet import Report


class Window:
    """Keeps what became visible within the last `seconds`; nothing of its clients.

    Newest first is what makes paging safe without a memory of clients: records that arrive between
    two pages push older ones further back, so a reader of the pages sees some twice and misses
    none.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._times: list[float] = []
        self._texts: list[bytes] = []

    def visible(self, now: float) -> int:
        """How many records a client could see at `now`."""
        return len(self._times) - bisect_left(self._times, now - self._seconds)

    def add(self, reports: Iterable[Report], now: float) -> None:
        """Append `reports` (in the order of their time) and drop what is too old at `now`."""
        for report in reports:
            self._times.append(report.at)
            self._texts.append(report.text)
        expired = bisect_left(self._times, now - self._seconds)
        # Dropping shifts the whole list: not at every call.
        if expired > len(self._times) // 10:
            del self._times[:expired]
            del self._texts[:expired]

    def page(self, number: int, rows: int, now: float) -> list[bytes]:
        """Page `number` (from 1) of `rows` records, newest first; empty past the last."""
        oldest = bisect_left(self._times, now - self._seconds)
        end = len(self._texts) - (number - 1) * rows
        begin = max(oldest, end - rows)
        return self._texts[begin:end][::-1] if end > oldest else []
