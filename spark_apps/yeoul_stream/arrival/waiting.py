"""Places are looked into until the record is in each of them, once. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from yeoul_stream.patience import Patience

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 2.0, 15.0


class LookError(Exception):
    """A place cannot be looked into at the moment; says why."""


class Place(Protocol):
    """Where a record may be."""

    @property
    def name(self) -> str:
        """What it is called in messages."""

    def no_pipeline(self) -> str:
        """Return what to do where no pipeline has ever written there; empty: one has.

        Raises:
            LookError: it cannot be looked into.
        """

    def count(self, record: str) -> int:
        """Return how often the record is there.

        Raises:
            LookError: it cannot be looked into.
        """

    def why_absent(self, record: str) -> str:
        """Return what is known of a record that has not come, and what to look at."""


def wait_for(
    record: str, places: Sequence[Place], patience: Patience, tell: Callable[[str], None]
) -> list[str]:
    """Return what is wrong, one sentence a place; nothing: the record is everywhere, once."""
    began = patience.clock()
    hopeless = [f"{place.name}: {why}" for place in places if (why := _no_pipeline(place))]
    if hopeless:
        return hopeless
    problems, left, pause = [], list(places), _FIRST_PAUSE_S
    while True:
        for place, found in list(_look(record, left)):
            left.remove(place)
            after = f"after {patience.clock() - began:.0f} s"
            if found == 1:
                tell(f"{place.name}: the record is there, {after}")
            else:
                problems.append(f"{place.name}: the record is there {found} times, {after}")
        if not left:
            return problems
        passed = patience.clock() - began
        if passed >= patience.seconds:
            late = f"the record has not come within {passed:.0f} s"
            return [*problems, *(f"{one.name}: {late}; {_why(one, record)}" for one in left)]
        patience.sleep(min(pause, patience.seconds - passed))
        pause = min(pause * 2, _LONGEST_PAUSE_S)


def _no_pipeline(place: Place) -> str:
    try:
        return place.no_pipeline()
    except LookError:
        # It may be there a moment later; if not, this is told at the end.
        return ""


def _look(record: str, places: Sequence[Place]) -> Iterator[tuple[Place, int]]:
    for place in places:
        try:
            found = place.count(record)
        except LookError:
            continue
        if found:
            yield place, found


def _why(place: Place, record: str) -> str:
    try:
        return place.why_absent(record)
    except LookError as error:
        return str(error)
