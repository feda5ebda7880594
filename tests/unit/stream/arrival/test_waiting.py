"""Places are looked into until the record is there, once, or time is up."""

from __future__ import annotations

from dataclasses import dataclass, field

from yeoul_stream.arrival.waiting import LookError, wait_for
from yeoul_stream.patience import Patience


@dataclass
class Shelf:
    """A place in which the record is, so many times, from a time on."""

    name: str
    clock: list[float]
    at: float = 0.0
    times: int = 1
    empty: str = ""
    away_until: float = -1.0
    looks: int = field(default=0)

    def no_pipeline(self) -> str:
        self._answer()
        return self.empty

    def count(self, record: str) -> int:
        assert record == "known"
        self.looks += 1
        self._answer()
        return self.times if self.clock[0] >= self.at else 0

    def why_absent(self, record: str) -> str:
        self._answer()
        return f"{record} is nowhere"

    def _answer(self) -> None:
        if self.clock[0] <= self.away_until:
            raise LookError("it is away")


def waited(*shelves: Shelf, seconds: float = 60) -> tuple[list[str], list[str]]:
    clock = shelves[0].clock
    told: list[str] = []

    def sleep(passed: float) -> None:
        clock[0] += passed

    patience = Patience(seconds, lambda: clock[0], sleep)
    return wait_for("known", shelves, patience, told.append), told


def test_a_record_that_is_there_is_told() -> None:
    assert waited(Shelf("a", [0.0])) == ([], ["a: the record is there, after 0 s"])


def test_one_that_comes_is_waited_for() -> None:
    assert waited(Shelf("a", [0.0], at=20)) == ([], ["a: the record is there, after 29 s"])


def test_places_are_waited_for_together_and_each_until_it_has_it() -> None:
    clock = [0.0]
    first, second = Shelf("a", clock, at=3), Shelf("b", clock, at=20)
    problems, told = waited(first, second)
    assert (problems, [line[0] for line in told]) == ([], ["a", "b"])
    assert first.looks == 3


def test_one_that_does_not_come_is_told_with_what_is_known() -> None:
    assert waited(Shelf("a", [0.0], at=99), seconds=30) == (
        ["a: the record has not come within 30 s; known is nowhere"],
        [],
    )


def test_a_doubled_one_is_a_problem() -> None:
    assert waited(Shelf("a", [0.0], times=2)) == (
        ["a: the record is there 2 times, after 0 s"],
        [],
    )


def test_where_no_pipeline_writes_nothing_is_waited_for() -> None:
    shelf = Shelf("a", [0.0], empty="apply one")
    assert waited(shelf, Shelf("b", shelf.clock)) == (["a: apply one"], [])
    assert shelf.looks == 0


def test_a_place_that_is_away_for_a_while_is_looked_into_again() -> None:
    assert waited(Shelf("a", [0.0], away_until=10))[0] == []


def test_a_place_that_stays_away_is_told() -> None:
    shelf = Shelf("a", [0.0], away_until=99)
    assert waited(shelf, seconds=30)[0] == ["a: the record has not come within 30 s; it is away"]
