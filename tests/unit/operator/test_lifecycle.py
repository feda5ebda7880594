"""Lives of applications, one fact each; the states are what clients see, in order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fix_lifecycle import POLICY, UID, World, application, driver_pod, ending
from yeoul_operator.api.status import (
    ApplicationState,
    ApplicationStatus,
    ConditionStatus,
    ConditionType,
    Outcome,
    State,
)
from yeoul_operator.build.names import submission_id
from yeoul_operator.reconcile.facts import Phase
from yeoul_operator.reconcile.observed import Wait


def world(**spec: Any) -> World:
    return World(application(**spec))


def running(**spec: Any) -> World:
    """An application whose driver runs."""
    one = world(**spec)
    one.turn()
    one.start()
    one.turn()
    return one


def ended(exit_code: int, **spec: Any) -> World:
    """An application whose driver has just ended, and is seen to."""
    one = running(**spec)
    one.end(exit_code)
    one.turn()
    return one


def retried(**policy: Any) -> dict[str, Any]:
    return {"restartPolicy": {"type": "OnFailure", **policy}}


def conditions(one: World) -> dict[str, str]:
    return {each.type: each.status.value for each in one.app.status.conditions}


def last(one: World) -> tuple[Outcome | None, str]:
    record = one.app.status.attempts[-1]
    return record.outcome, record.reason


def test_success() -> None:
    assert ended(0).states == [State.SUBMITTED, State.RUNNING, State.COMPLETED]


def test_failure() -> None:
    assert ended(1).states == [State.SUBMITTED, State.RUNNING, State.FAILED]


def test_a_failure_tells_the_end_of_the_log() -> None:
    assert ended(1).app.status.application_state.error_message.endswith("the log")


def test_a_retry_is_announced_and_follows_the_back_off() -> None:
    one = ended(1, **retried())
    assert one.states[-1] is State.PENDING_RERUN
    wait = one.turn()
    assert isinstance(wait, Wait)
    assert wait.seconds == 6


def test_a_retry_replaces_the_driver_pod() -> None:
    one = ended(1, **retried())
    one.pass_time(6)
    one.turn()
    assert one.states[-2:] == [State.PENDING_RERUN, State.SUBMITTED]
    assert one.created == [submission_id(UID, 1), submission_id(UID, 2)]


def test_the_finished_driver_pod_stays_until_its_successor_is_due() -> None:
    one = ended(1, **retried())
    one.pass_time(4)
    one.turn()
    assert [pod.attempt for pod in one.pods.values()] == [1]


def test_success_completes_the_condition() -> None:
    assert conditions(ended(0)) == {
        "Accepted": "True", "Submitted": "True", "Running": "False", "Completed": "True",
    }  # fmt: skip


def test_failure_leaves_the_condition_false() -> None:
    assert conditions(ended(1))["Completed"] == "False"


def test_while_it_runs_nothing_is_said_of_its_end() -> None:
    assert "Completed" not in conditions(running())


def test_conditions_name_the_generation_they_are_about() -> None:
    one = running()
    one.edit(time_to_live_seconds=5)
    one.turn()
    condition = one.app.status.condition(ConditionType.ACCEPTED)
    assert condition is not None
    assert condition.observed_generation == 2


def test_a_driver_pod_that_is_taken_away_is_replaced() -> None:
    one = running(**retried(onFailureRetries=0))
    one.lose()
    one.turn()
    assert last(one) == (Outcome.INFRASTRUCTURE_FAILURE, "DriverPodGone")
    assert one.states[-1] is State.PENDING_RERUN


def test_a_stale_cache_does_not_take_the_driver_away() -> None:
    one = world()
    one.turn(writes=3)
    before = one.writes
    one.turn(lag=20)
    assert (len(one.created), one.states) == (1, [State.SUBMITTED])
    assert one.writes == before


def test_while_a_driver_terminates_there_is_no_other() -> None:
    one = running(**retried())
    one.delete_pods()
    wait = one.turn()
    assert isinstance(wait, Wait)
    assert len(one.created) == 1


def test_a_crash_after_the_pod_was_created_does_not_create_another() -> None:
    one = world()
    one.turn(writes=1)
    one.turn()
    assert (len(one.created), one.states) == (1, [State.SUBMITTED])


def test_a_driver_that_started_before_it_was_on_record_is_taken_over() -> None:
    one = world()
    one.turn(writes=2)
    one.start()
    one.turn()
    assert one.states == [State.SUBMITTED, State.RUNNING]


def test_an_edit_between_pod_and_record_starts_with_the_new_spec() -> None:
    one = world()
    one.turn(writes=1)
    one.edit(image="b")
    one.settle()
    assert one.states == [State.SUBMITTED, State.RUNNING]
    assert one.app.status.attempts[-1].generation == 2


def test_an_edit_of_what_runs_replaces_the_driver() -> None:
    one = running()
    one.edit(image="b")
    one.settle()
    assert one.states[2:] == [State.INVALIDATING, State.SUBMITTED, State.RUNNING]
    assert one.app.status.attempts[0].outcome is Outcome.STOPPED


@pytest.mark.parametrize(
    "edit",
    [
        {"time_to_live_seconds": 3},
        {"failure_retries": 7},
        {"retry_interval": 9},
        {"driver_pod_disruption_budget": True},
    ],
)
def test_an_edit_of_the_life_cycle_does_not(edit: dict[str, Any]) -> None:
    one = running()
    one.edit(**edit)
    one.settle()
    assert one.states == [State.SUBMITTED, State.RUNNING]


def test_an_edit_and_its_reverse_leave_the_driver_alone() -> None:
    one = running()
    one.edit(image="b")
    one.edit(image="a")
    one.settle()
    assert one.states == [State.SUBMITTED, State.RUNNING]


def test_an_edit_runs_a_finished_application_again() -> None:
    one = ended(0)
    one.edit(image="b")
    one.settle()
    assert one.states[3:] == [State.INVALIDATING, State.SUBMITTED, State.RUNNING]


def test_an_edit_sets_the_budget_back() -> None:
    one = ended(1)
    one.edit(image="b")
    one.settle()
    assert one.app.status.retries.application_failures == 0
    assert one.app.status.execution_attempts == 1


def test_an_edit_does_not_wait_for_the_back_off() -> None:
    one = ended(1, **retried())
    one.edit(image="b")
    one.turn()
    assert one.states[-1] is State.SUBMITTED


def test_the_annotation_restarts_without_an_edit() -> None:
    one = running()
    one.annotate("now")
    one.settle()
    assert one.states[2:] == [State.INVALIDATING, State.SUBMITTED, State.RUNNING]


def test_the_annotation_restarts_once() -> None:
    one = running()
    one.annotate("now")
    one.settle()
    one.settle()
    assert len(one.created) == 2


def test_an_annotation_from_the_beginning_restarts_nothing() -> None:
    one = world()
    one.annotate("before")
    one.settle()
    assert len(one.created) == 1


def test_suspended_from_the_beginning() -> None:
    one = world(suspend=True)
    one.settle()
    assert (one.states, one.created) == ([State.SUSPENDED], [])


def test_suspension_ends_the_driver() -> None:
    one = running()
    one.edit(suspend=True)
    one.settle()
    assert one.states[2:] == [State.SUSPENDING, State.SUSPENDED]
    assert not one.pods


def test_resumption() -> None:
    one = running()
    one.edit(suspend=True)
    one.settle()
    one.edit(suspend=False)
    one.settle()
    assert one.states[3:] == [
        State.SUSPENDED, State.RESUMING, State.SUBMITTED, State.RUNNING,
    ]  # fmt: skip


def test_a_suspended_attempt_is_not_held_against_the_application() -> None:
    one = running(**retried())
    one.edit(suspend=True)
    one.settle()
    assert last(one) == (Outcome.STOPPED, "Suspended")
    assert one.app.status.retries.application_failures == 0


def test_suspension_does_not_touch_what_has_ended() -> None:
    one = ended(0)
    one.edit(suspend=True)
    one.settle()
    assert one.states[-1] is State.COMPLETED


def test_suspension_holds_a_retry() -> None:
    one = ended(1, **retried())
    one.edit(suspend=True)
    one.settle()
    assert (one.states[-1], len(one.created)) == (State.SUSPENDED, 1)


def test_an_invalid_spec_is_not_submitted() -> None:
    one = world(image="bad")
    one.turn()
    assert (one.states, one.created) == ([State.SUBMISSION_FAILED], [])
    assert "spec.image" in one.app.status.application_state.error_message


def test_a_refused_application_ends_as_failed() -> None:
    one = world(image="bad")
    one.settle()
    assert one.states == [State.SUBMISSION_FAILED, State.FAILED]


def test_a_corrected_spec_is_submitted() -> None:
    one = world(image="bad")
    one.settle()
    one.edit(image="a")
    one.settle()
    assert one.states[2:] == [State.INVALIDATING, State.SUBMITTED, State.RUNNING]


def test_an_invalid_edit_leaves_the_driver_running() -> None:
    one = running()
    one.edit(image="bad")
    one.settle()
    assert one.states == [State.SUBMITTED, State.RUNNING]
    assert conditions(one)["Accepted"] == "False"


def test_a_full_quota_publishes_no_state() -> None:
    one = world()
    one.quota = True
    one.turn()
    assert (one.states, conditions(one)["Submitted"]) == ([], "False")


def test_a_quota_with_room_again_lets_the_application_run() -> None:
    one = world()
    one.quota = True
    one.turn()
    one.quota = False
    one.settle()
    assert one.states == [State.SUBMITTED, State.RUNNING]


def test_a_quota_that_stays_full_fails_the_submission() -> None:
    one = world()
    one.quota = True
    one.settle(limit=200)
    assert one.states == [State.SUBMISSION_FAILED, State.FAILED]
    assert last(one) == (Outcome.SUBMISSION_FAILURE, "QuotaExceeded")
    assert "tried again" not in one.app.status.application_state.error_message


def test_a_refusal_that_may_pass_says_that_it_is_tried_again() -> None:
    one = world()
    one.quota = True
    one.turn()
    (said,) = [each for each in one.app.status.conditions if each.reason == "QuotaExceeded"]
    assert said.message.endswith("It is tried again.")


def test_a_driver_that_does_not_start_in_time_has_failed() -> None:
    one = world()
    one.turn()
    one.pass_time(POLICY.start_timeout_s)
    one.turn()
    assert last(one) == (Outcome.APPLICATION_FAILURE, "StartTimeout")
    assert one.states[-1] is State.FAILED


def test_a_driver_that_was_given_up_goes() -> None:
    one = world()
    one.turn()
    one.pass_time(POLICY.start_timeout_s)
    one.turn()
    assert all(pod.is_terminating for pod in one.pods.values())


def test_an_image_that_will_never_come_is_not_waited_for() -> None:
    one = world()
    one.turn()
    (pod,) = one.waiting()
    one.pods[pod.name] = replace(pod, waiting_reason="InvalidImageName", is_waiting=True)
    one.turn()
    assert last(one)[1] == "ImageNotFound"


def test_what_keeps_a_driver_from_starting_is_a_condition() -> None:
    one = world()
    one.turn()
    (pod,) = one.waiting()
    one.pods[pod.name] = replace(pod, unschedulable="no room")
    one.turn()
    condition = one.app.status.condition(ConditionType.RUNNING)
    assert condition is not None
    assert (condition.status, condition.reason) == (ConditionStatus.FALSE, "Unschedulable")


def test_a_stable_run_sets_the_budget_back() -> None:
    one = running(**retried(onFailureRetries=1))
    for _ in range(4):
        one.pass_time(POLICY.stable_run_s)
        one.end(1)
        one.settle()
    assert one.states[-1] is State.RUNNING


def test_the_time_to_live_ends_with_the_application() -> None:
    one = ended(0, timeToLiveSeconds=60)
    one.pass_time(59)
    one.turn()
    assert one.exists
    one.pass_time(2)
    one.turn()
    assert not one.exists


def test_the_time_to_live_does_not_run_between_attempts() -> None:
    one = ended(1, timeToLiveSeconds=1, **retried(onFailureRetryInterval=100))
    one.pass_time(50)
    one.turn()
    assert one.exists


def test_always_runs_again_after_success() -> None:
    one = ended(0, restartPolicy={"type": "Always"})
    one.settle()
    assert one.states[2:] == [State.PENDING_RERUN, State.SUBMITTED, State.RUNNING]


def test_the_history_holds_ten_attempts() -> None:
    one = running(restartPolicy={"type": "Always"})
    for _ in range(12):
        one.end(0)
        one.settle()
    assert [each.number for each in one.app.status.attempts] == list(range(4, 14))


def foreign(state: State) -> World:
    """An application that another operator has submitted."""
    status = ApplicationStatus(
        application_state=ApplicationState(state=state),
        submission_id="theirs",
        execution_attempts=2,
    )
    return World(application(status, restartPolicy={"type": "Never"}))


def test_what_another_operator_completed_is_not_run_again() -> None:
    one = foreign(State.COMPLETED)
    one.settle()
    assert one.created == []


def test_what_another_operator_runs_goes_on() -> None:
    one = foreign(State.RUNNING)
    one.pods["pi-driver"] = driver_pod(submission_id="theirs", phase=Phase.RUNNING, inputs="")
    one.settle()
    assert (one.created, one.app.status.state) == ([], State.RUNNING)


def test_what_another_operator_submitted_comes_to_its_end() -> None:
    one = foreign(State.RUNNING)
    one.pods["pi-driver"] = driver_pod(
        submission_id="theirs", phase=Phase.SUCCEEDED, ending=ending(0), inputs=""
    )
    one.settle()
    assert one.app.status.state is State.COMPLETED


def test_a_pod_of_an_attempt_that_nobody_knows_goes() -> None:
    one = running()
    one.pods["stray"] = driver_pod(9, "stray", uid="stray")
    one.turn()
    assert one.pods["stray"].is_terminating
