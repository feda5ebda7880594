"""Keys that are due later, each once, at the earliest moment it was put there for. Pure."""

import heapq
import itertools
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Delays(Generic[K]):
    """Moments are numbers of any one clock."""

    def __init__(self) -> None:
        self._moments: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._order = itertools.count()

    def __len__(self) -> int:
        return len(self._moments)

    def __contains__(self, key: K) -> bool:
        return key in self._moments

    def add(self, key: K, moment: float) -> None:
        """Put the key there for `moment`, unless it is there for an earlier one."""
        known = self._moments.get(key)
        if known is not None and known <= moment:
            return
        self._moments[key] = moment
        heapq.heappush(self._heap, (moment, next(self._order), key))
        self._tidy()

    def discard(self, key: K) -> None:
        """Take the key out, if it is there."""
        self._moments.pop(key, None)

    def first(self) -> float | None:
        """Return the earliest moment."""
        while self._heap and self._moments.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take(self, now: float) -> list[K]:
        """Take out the keys whose moment has come, earliest first."""
        keys = []
        while (moment := self.first()) is not None and moment <= now:
            key = heapq.heappop(self._heap)[2]
            del self._moments[key]
            keys.append(key)
        return keys

    def _tidy(self) -> None:
        """Entries that no longer hold stay in the heap until their moment: not too many of them."""
        if len(self._heap) > 64 + 2 * len(self._moments):
            self._heap = [entry for entry in self._heap if self._moments.get(entry[2]) == entry[0]]
            heapq.heapify(self._heap)
