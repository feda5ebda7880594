from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from random import Random
from typing import Any

import pytest

from fix_time import loop_time, run_swiftly
from yeoul_operator.kube.backoff import Backoff
from yeoul_operator.kube.errors import NotLeader
from yeoul_operator.run.queue import Lane, WorkQueue

Handle = Callable[[str], Awaitable[float | None]]
PLACES = {Lane.STATUS: 2, Lane.SUBMIT: 1, Lane.SERVE: 1}


class Work:
    """Notes who was handled when; what a turn does is said by `turn`."""

    def __init__(self, turn: Callable[[str], Coroutine[Any, Any, float | None]]) -> None:
        self.began = loop_time()
        self.turns: list[tuple[str, float]] = []
        self.at_once = 0
        self.most_at_once = 0
        self._turn = turn

    @property
    def keys(self) -> list[str]:
        return [key for key, _ in self.turns]

    @property
    def times(self) -> list[float]:
        return [round(moment, 3) for _, moment in self.turns]

    async def __call__(self, key: str) -> float | None:
        self.turns.append((key, loop_time() - self.began))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._turn(key)
        finally:
            self.at_once -= 1


async def nothing(_: str) -> float | None:
    return None


async def a_second(_: str) -> float | None:
    await asyncio.sleep(1.0)
    return None


def lane_of(key: str) -> Lane:
    """Keys that begin with `new` are to be submitted, those with `web` to be served."""
    if key.startswith("web"):
        return Lane.SERVE
    return Lane.SUBMIT if key.startswith("new") else Lane.STATUS


def queue_of(work: Handle, lane: Callable[[str], Lane] = lane_of) -> WorkQueue[str]:
    backoff = Backoff(base=1.0, cap=60.0)
    return WorkQueue(work, lane, PLACES, backoff, rng=Random(1), clock=loop_time)


def test_a_key_that_is_added_often_has_one_turn() -> None:
    async def main() -> list[str]:
        work = Work(nothing)
        queue = queue_of(work)
        for _ in range(3):
            queue.add("a")
        queue.resume()
        await asyncio.sleep(1)
        return work.keys

    assert run_swiftly(main) == ["a"]


def test_keys_have_their_turns_in_the_order_in_which_they_became_due() -> None:
    async def main() -> list[str]:
        work = Work(a_second)
        queue = queue_of(work)
        queue.resume()
        for key in ("new-1", "new-2", "new-3"):
            queue.add(key)
        await asyncio.sleep(10)
        return work.keys

    assert run_swiftly(main) == ["new-1", "new-2", "new-3"]


def test_a_key_that_is_added_during_its_turn_has_another_one_afterwards() -> None:
    async def main() -> tuple[list[float], int]:
        work = Work(a_second)
        queue = queue_of(work)
        queue.resume()
        queue.add("a")
        await asyncio.sleep(0.5)
        queue.add("a")
        queue.add("a")
        await asyncio.sleep(10)
        return work.times, work.most_at_once

    assert run_swiftly(main) == ([0.0, 1.0], 1)


def test_a_delayed_key_waits() -> None:
    async def main() -> list[float]:
        work = Work(nothing)
        queue = queue_of(work)
        queue.resume()
        queue.add("a", after=7.0)
        await asyncio.sleep(100)
        return work.times

    assert run_swiftly(main) == [7.0]


def test_the_earliest_of_several_delays_counts() -> None:
    async def main() -> list[float]:
        work = Work(nothing)
        queue = queue_of(work)
        queue.resume()
        for after in (9.0, 4.0, 6.0):
            queue.add("a", after)
        await asyncio.sleep(100)
        return work.times

    assert run_swiftly(main) == [4.0]


def test_a_turn_now_stands_for_the_delayed_one() -> None:
    async def main() -> list[float]:
        work = Work(nothing)
        queue = queue_of(work)
        queue.resume()
        queue.add("a", after=9.0)
        queue.add("a")
        await asyncio.sleep(100)
        return work.times

    assert run_swiftly(main) == [0.0]


def test_the_handler_says_when_it_wants_to_see_the_key_again() -> None:
    async def main() -> list[float]:
        again = iter([5.0, 2.5, None])

        async def turn(_: str) -> float | None:
            return next(again)

        work = Work(turn)
        queue = queue_of(work)
        queue.resume()
        queue.add("a")
        await asyncio.sleep(100)
        return work.times

    assert run_swiftly(main) == [0.0, 5.0, 7.5]


def test_running_applications_do_not_wait_behind_submissions() -> None:
    async def main() -> list[float]:
        work = Work(a_second)
        queue = queue_of(work)
        queue.resume()
        for number in range(5):
            queue.add(f"new-{number}")
        queue.add("live")
        await asyncio.sleep(0.5)
        return [moment for key, moment in work.turns if key == "live"]

    assert run_swiftly(main) == [0.0]


def test_a_lane_takes_no_more_at_once_than_its_places() -> None:
    async def main() -> int:
        work = Work(a_second)
        queue = queue_of(work)
        queue.resume()
        for number in range(9):
            queue.add(f"live-{number}")
        await asyncio.sleep(10)
        return work.most_at_once

    assert run_swiftly(main) == PLACES[Lane.STATUS]


def test_a_waiting_submission_moves_when_it_has_begun_to_live() -> None:
    async def main() -> list[float]:
        lanes = {"a": Lane.SUBMIT, "new": Lane.SUBMIT}
        work = Work(a_second)
        queue = queue_of(work, lanes.__getitem__)
        queue.resume()
        queue.add("new")
        queue.add("a")
        lanes["a"] = Lane.STATUS
        queue.add("a")
        await asyncio.sleep(0.5)
        return [moment for key, moment in work.turns if key == "a"]

    assert run_swiftly(main) == [0.0]


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


@pytest.mark.usefixtures("quiet")
def test_waits_after_failures_grow_up_to_the_cap() -> None:
    async def main() -> list[float]:
        async def turn(_: str) -> float | None:
            raise RuntimeError("no")

        work = Work(turn)
        queue = queue_of(work)
        queue.resume()
        queue.add("a")
        await asyncio.sleep(600)
        return [after - before for before, after in zip(work.times, work.times[1:], strict=False)]

    waits = run_swiftly(main)
    full = [min(60.0, 2.0**n) for n in range(len(waits))]
    assert all(most / 2 <= wait <= most for wait, most in zip(waits, full, strict=True))


@pytest.mark.usefixtures("quiet")
def test_a_success_resets_the_count_of_failures() -> None:
    async def main() -> int:
        fails = iter([True, True, False])

        async def turn(_: str) -> float | None:
            if next(fails):
                raise RuntimeError("no")
            return None

        queue = queue_of(Work(turn))
        queue.resume()
        queue.add("a")
        await asyncio.sleep(100)
        return queue.failures("a")

    assert run_swiftly(main) == 0


@pytest.mark.usefixtures("quiet")
def test_an_event_does_not_wait_for_the_end_of_a_back_off() -> None:
    async def main() -> list[float]:
        async def turn(_: str) -> float | None:
            raise RuntimeError("no")

        work = Work(turn)
        queue = queue_of(work)
        queue.resume()
        queue.add("a")
        await asyncio.sleep(0.1)
        queue.add("a")
        await asyncio.sleep(0.1)
        return work.times

    assert run_swiftly(main) == [0.0, 0.1]


def test_a_key_refused_for_want_of_leadership_comes_back_without_a_failure() -> None:
    async def main() -> tuple[int, int]:
        answers = iter([True, False])

        async def turn(_: str) -> float | None:
            if next(answers):
                raise NotLeader("not any more")
            return None

        work = Work(turn)
        queue = queue_of(work)
        queue.resume()
        queue.add("a")
        await asyncio.sleep(100)
        return len(work.turns), queue.failures("a")

    assert run_swiftly(main) == (2, 0)


def test_nothing_has_a_turn_before_resume() -> None:
    async def main() -> list[str]:
        work = Work(nothing)
        queue = queue_of(work)
        queue.add("a")
        await asyncio.sleep(10)
        return work.keys

    assert run_swiftly(main) == []


def test_keys_that_came_during_a_pause_have_their_turns_after_it() -> None:
    async def main() -> list[float]:
        work = Work(nothing)
        queue = queue_of(work)
        queue.resume()
        queue.pause()
        queue.add("a")
        queue.add("b", after=2.0)
        await asyncio.sleep(5)
        queue.resume()
        await asyncio.sleep(1)
        return work.times

    assert run_swiftly(main) == [5.0, 5.0]


def test_a_forgotten_key_has_no_turn() -> None:
    async def main() -> list[str]:
        work = Work(nothing)
        queue = queue_of(work)
        queue.add("a")
        queue.add("b", after=1.0)
        queue.forget("a")
        queue.forget("b")
        queue.resume()
        await asyncio.sleep(10)
        return work.keys

    assert run_swiftly(main) == []


def test_drain_waits_for_turns_that_run() -> None:
    async def main() -> tuple[int, float]:
        queue = queue_of(Work(a_second))
        queue.resume()
        queue.add("a")
        await asyncio.sleep(0.25)
        began = loop_time()
        return await queue.drain(grace=10.0), loop_time() - began

    assert run_swiftly(main) == (0, 0.75)


def test_drain_begins_no_more_turns() -> None:
    async def main() -> list[str]:
        work = Work(a_second)
        queue = queue_of(work)
        queue.resume()
        queue.add("new-1")
        queue.add("new-2")
        await asyncio.sleep(0.5)
        await queue.drain(grace=10.0)
        queue.add("new-3")
        await asyncio.sleep(10)
        return work.keys

    assert run_swiftly(main) == ["new-1"]


def test_drain_cancels_what_does_not_end_in_time() -> None:
    async def main() -> int:
        queue = queue_of(Work(a_second))
        queue.resume()
        queue.add("a")
        await asyncio.sleep(0.1)
        return await queue.drain(grace=0.1)

    assert run_swiftly(main) == 1


def test_the_age_of_the_oldest_counts_from_when_it_became_due() -> None:
    async def main() -> tuple[int, float]:
        queue = queue_of(Work(nothing))
        queue.add("new-1")
        await asyncio.sleep(3)
        queue.add("new-2")
        await asyncio.sleep(1)
        state = queue.state(Lane.SUBMIT)
        return state.depth, state.oldest

    assert run_swiftly(main) == (2, 4.0)


class Notes:
    """An observer."""

    def __init__(self) -> None:
        self.waits: list[tuple[Lane, float]] = []
        self.turns: list[tuple[Lane, float, bool]] = []

    def started(self, lane: Lane, waited: float) -> None:
        self.waits.append((lane, waited))

    def finished(self, lane: Lane, seconds: float, failed: bool) -> None:
        self.turns.append((lane, seconds, failed))


def test_the_observer_hears_how_long_keys_waited_and_took() -> None:
    async def main() -> Notes:
        notes = Notes()
        queue = WorkQueue(
            Work(a_second),
            lane_of,
            PLACES,
            Backoff(1.0, 60.0),
            rng=Random(1),
            clock=loop_time,
            observer=notes,
        )
        queue.add("new-1")
        await asyncio.sleep(2)
        queue.resume()
        await asyncio.sleep(2)
        return notes

    notes = run_swiftly(main)
    assert (notes.waits, notes.turns) == ([(Lane.SUBMIT, 2.0)], [(Lane.SUBMIT, 1.0, False)])


def test_what_can_wait_waits_while_others_are_to_be_submitted() -> None:
    async def main() -> list[tuple[str, float]]:
        work = Work(a_second)
        queue = queue_of(work)
        for key in ("web", "new-a", "new-b", "new-c"):
            queue.add(key)
        queue.resume()
        await asyncio.sleep(10)
        return work.turns

    assert [key for key, _ in run_swiftly(main)] == ["new-a", "new-b", "new-c", "web"]


def test_what_can_wait_waits_a_minute_at_most() -> None:
    async def main() -> float:
        work = Work(a_second)
        queue = queue_of(work)
        queue.add("web")
        for number in range(100):
            queue.add(f"new-{number}")
        queue.resume()
        await asyncio.sleep(200)
        return next(moment for key, moment in work.turns if key == "web")

    assert 60 <= run_swiftly(main) <= 62
