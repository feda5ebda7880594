"""What people are told as events."""

from __future__ import annotations

from typing import Any

from fix_lifecycle import World, application
from yeoul_operator.api.status import ApplicationStatus
from yeoul_operator.reconcile.notices import notices


def told(one: World) -> list[tuple[str, str]]:
    """The events of a turn, as (type, reason)."""
    before = one.app.status
    one.turn()
    return [(each.type, each.reason) for each in notices(before, one.app.status)]


def world(**spec: Any) -> World:
    return World(application(**spec))


def test_a_submission() -> None:
    assert told(world()) == [("Normal", "SparkApplicationSubmitted")]


def test_a_start() -> None:
    one = world()
    one.turn()
    one.start()
    assert told(one) == [("Normal", "SparkDriverRunning")]


def test_an_end() -> None:
    one = world()
    one.turn()
    one.start()
    one.turn()
    one.end(0)
    assert told(one) == [("Normal", "SparkApplicationCompleted")]


def test_a_failure_is_a_warning_without_the_log() -> None:
    one = world()
    one.turn()
    one.start()
    one.turn()
    one.end(1)
    before = one.app.status
    one.turn()
    (event,) = notices(before, one.app.status)
    assert (event.type, event.reason) == ("Warning", "SparkApplicationFailed")
    assert "exit code 1" in event.message
    assert "the log" not in event.message


def test_a_full_quota_is_a_warning() -> None:
    one = world()
    one.quota = True
    assert told(one) == [("Warning", "QuotaExceeded")]


def test_an_edit_that_cannot_be_run_is_a_warning() -> None:
    one = world()
    one.turn()
    one.start()
    one.turn()
    one.edit(image="bad")
    assert told(one) == [("Warning", "InvalidSpec")]


def test_nothing_new_is_nothing_to_tell() -> None:
    one = world()
    one.turn()
    assert notices(one.app.status, one.app.status) == ()


def test_the_beginning_is_nothing_to_tell() -> None:
    assert notices(ApplicationStatus(), ApplicationStatus()) == ()
