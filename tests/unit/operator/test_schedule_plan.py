"""When runs are made, which stay, and that none is made twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fix_schedule import BEGINNING, Clockwork, schedule
from yeoul_operator.api.status import State
from yeoul_operator.schedule.plan import ScheduleSeen, Wait, WriteStatus, decide, run_name
from yeoul_stream.pipeline import Problem

ONE = datetime(2026, 1, 1, 1, tzinfo=UTC)
TWO = datetime(2026, 1, 1, 2, tzinfo=UTC)


def hourly(**spec: Any) -> Clockwork:
    """A schedule that has been looked at once, half an hour before its first run."""
    clock = Clockwork(schedule(**spec))
    clock.turn()
    return clock


def due(**spec: Any) -> Clockwork:
    """The same, its first run made."""
    clock = hourly(**spec)
    clock.pass_time(minutes=30)
    clock.turn()
    return clock


def test_the_next_run_stands_in_the_status_before_it_is_due() -> None:
    assert hourly().schedule.status.next_run == ONE


def test_nothing_is_done_until_then() -> None:
    clock = hourly()
    assert (clock.turn(), clock.created) == (Wait(1800.0), [])


def test_a_run_is_made_when_it_is_due() -> None:
    assert due().created == [run_name("hourly", ONE)]


def test_what_was_made_is_told() -> None:
    status = due().schedule.status
    assert (status.last_run_name, status.last_run, status.next_run) == (
        run_name("hourly", ONE), ONE, TWO,
    )  # fmt: skip


def test_a_time_zone_shifts_the_time() -> None:
    clock = hourly(schedule="0 9 * * *", timeZone="Asia/Seoul")
    assert clock.schedule.status.next_run == datetime(2026, 1, 2, 0, tzinfo=UTC)


def test_a_crash_after_the_run_was_made_does_not_make_another() -> None:
    clock = hourly()
    clock.pass_time(minutes=30)
    clock.turn(writes=1)
    clock.pass_time(minutes=7)
    clock.turn()
    assert clock.created == [run_name("hourly", ONE)]


def test_a_stale_cache_does_not_make_another() -> None:
    clock = due()
    clock.runs.clear()
    clock.turn(lag=True)
    assert len(clock.created) == 1


def test_one_run_makes_up_for_all_that_were_missed() -> None:
    clock = hourly()
    clock.pass_time(hours=5)
    clock.turn()
    assert len(clock.created) == 1
    assert clock.schedule.status.next_run == datetime(2026, 1, 1, 6, tzinfo=UTC)


def test_allow_lets_runs_overlap() -> None:
    clock = due(concurrencyPolicy="Allow")
    clock.pass_time(hours=1)
    clock.turn()
    assert len(clock.active()) == 2


def test_forbid_waits_for_the_run_before() -> None:
    clock = due(concurrencyPolicy="Forbid")
    clock.pass_time(hours=1)
    clock.turn()
    assert len(clock.created) == 1
    clock.end()
    clock.turn()
    assert len(clock.created) == 2


def test_replace_ends_the_run_before() -> None:
    clock = due(concurrencyPolicy="Replace")
    clock.pass_time(hours=1)
    clock.turn()
    assert clock.active() == [run_name("hourly", TWO)]


def test_a_suspended_schedule_makes_no_run() -> None:
    clock = hourly(suspend=True)
    clock.pass_time(hours=5)
    clock.turn()
    assert (clock.created, clock.schedule.status.next_run) == ([], None)


def test_what_was_due_while_suspended_is_not_made_up_for() -> None:
    clock = hourly(suspend=True)
    clock.pass_time(hours=5)
    clock.edit(suspend=False)
    clock.turn()
    assert clock.created == []
    assert clock.schedule.status.next_run == datetime(2026, 1, 1, 6, tzinfo=UTC)


def test_another_schedule_is_followed_from_now_on() -> None:
    clock = hourly()
    clock.edit(schedule="45 * * * *")
    clock.turn()
    assert clock.schedule.status.next_run == datetime(2026, 1, 1, 0, 45, tzinfo=UTC)


def test_old_runs_that_ended_well_go() -> None:
    clock = due(successfulRunHistoryLimit=2)
    for _ in range(3):
        clock.end()
        clock.pass_time(hours=1)
        clock.turn()
    clock.end()
    clock.turn()
    assert [name in clock.runs for name in clock.created] == [False, False, True, True]


def test_runs_that_ended_badly_are_kept_apart() -> None:
    clock = due(successfulRunHistoryLimit=0, failedRunHistoryLimit=1)
    clock.end(State.FAILED)
    clock.turn()
    status = clock.schedule.status
    assert (status.past_failed_run_names, status.past_successful_run_names) == (
        (clock.created[0],), (),
    )  # fmt: skip


def test_a_second_look_changes_nothing() -> None:
    clock = due()
    before = clock.schedule
    clock.turn()
    assert clock.schedule == before


def test_a_schedule_that_cannot_be_read_is_told() -> None:
    problem = Problem("spec.schedule", '"soon"', "write cron")
    step = decide(ScheduleSeen(schedule(), None, (problem,)), BEGINNING)
    assert isinstance(step, WriteStatus)
    assert (step.status.schedule_state, "spec.schedule" in step.status.reason) == (
        "FailedValidation", True,
    )  # fmt: skip


@given(
    steps=st.lists(
        st.tuples(st.sampled_from([7, 30, 61, 300]), st.integers(0, 3), st.booleans()), max_size=30
    )
)
def test_no_run_is_made_twice(steps: list[tuple[int, int, bool]]) -> None:
    clock = Clockwork(schedule(successfulRunHistoryLimit=1))
    for minutes, writes, lag in steps:
        clock.pass_time(minutes=minutes)
        clock.turn(writes=writes, lag=lag)
        clock.end()
    assert len(clock.created) == len(set(clock.created))
