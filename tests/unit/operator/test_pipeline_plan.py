from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fix_pipeline import with_spec
from fix_pipeline_plan import World, progress, sink, working
from yeoul_operator.pipeline.notices import notices
from yeoul_operator.pipeline.observed import ApplicationFacts
from yeoul_operator.pipeline.plan import decide
from yeoul_operator.pipeline.status import ConditionType, Phase, PipelineStatus

FAST = [{"name": "out", "trigger": "1 second", "console": {}}]
FASTER = [{"name": "out", "trigger": "2 seconds", "console": {}}]


def reason(world: World, kind: ConditionType) -> str:
    found = world.status.condition(kind)
    return found.reason if found else ""


def message(world: World, kind: ConditionType) -> str:
    found = world.status.condition(kind)
    return found.message if found else ""


def test_a_new_pipeline_runs_its_revision_and_is_ready_when_its_sinks_work() -> None:
    world = World()
    world.turn()
    assert (world.drivers, world.status.holds(ConditionType.READY)) == (1, False)
    world.pass_time(10)
    assert world.status.holds(ConditionType.READY)
    assert (world.status.phase, world.status.healthy_revision) == (Phase.RUNNING, world.runs())


def test_nothing_changes_while_nothing_happens() -> None:
    world = working()
    world.pass_time(10)
    before = world.status.conditions
    world.pass_time(3000)
    assert (world.status.conditions, world.drivers) == (before, 1)


def test_a_pipeline_that_is_none_is_refused_by_path() -> None:
    world = World(document=with_spec(sinks=[{"name": "out", "console": None}]))
    assert world.turn().revision is None
    assert world.status.phase is Phase.REFUSED
    assert "spec.sinks[0]" in message(world, ConditionType.ACCEPTED)
    assert world.events == ["InvalidSpec"]


def test_a_bad_edit_leaves_running_what_runs() -> None:
    world = working()
    before = world.runs()
    world.edit(sinks=[{"name": "out"}])
    world.pass_time(10)
    assert (world.runs(), world.status.phase, world.status.refused_generation) == (
        before, Phase.RUNNING, 2,
    )  # fmt: skip


def test_a_change_becomes_a_revision_of_its_own() -> None:
    world = working()
    before = world.runs()
    world.edit(sinks=FAST)
    world.turn()
    assert reason(world, ConditionType.PROGRESSING) == "RollingOut"
    world.pass_time(20)
    assert world.runs() != before
    assert world.status.healthy_revision == world.runs()
    assert world.drivers == 2


@pytest.mark.parametrize(
    "care",
    [
        {"health": {"maxLag": "5 minutes"}},
        {"deletionPolicy": "Delete"},
        {"verify": {"every": "1 hour"}},
        {"runtime": {"executors": {"min": 2, "max": 9}}},
        {"runtime": {"executors": {"instances": 4}}},
    ],
)
def test_how_it_is_looked_after_changes_without_a_new_driver(care: dict[str, Any]) -> None:
    world = working()
    world.edit(**care)
    world.pass_time(60)
    assert world.drivers == 1


def test_a_change_that_sinks_cannot_follow_is_refused_with_the_remedy() -> None:
    world = working()
    before = world.runs()
    fields = [{**one, "type": "int"} for one in world.document["spec"]["record"]["fields"]]
    world.edit(record={"format": "json", "fields": fields})
    world.pass_time(10)
    assert (world.runs(), reason(world, ConditionType.ACCEPTED)) == (before, "ChangeRefused")
    assert "spec.record.fields[0].type" in message(world, ConditionType.ACCEPTED)


def test_a_refusal_is_over_when_the_edit_is_taken_back() -> None:
    world = working()
    good = world.document["spec"]["sinks"]
    world.edit(sinks=[{"name": "out"}])
    world.turn()
    world.edit(sinks=good)
    world.pass_time(10)
    assert world.status.holds(ConditionType.ACCEPTED)
    assert (world.status.refused_generation, world.drivers) == (None, 1)


def bad_change() -> tuple[World, str]:
    """A pipeline that works, and then is given a revision that does not."""
    world = working()
    good = world.runs()
    world.works = lambda name: name == good
    world.edit(sinks=FAST)
    return world, good


def test_a_revision_that_does_not_work_in_time_is_rolled_back() -> None:
    world, good = bad_change()
    world.pass_time(590)
    assert world.runs() != good
    world.pass_time(60)
    assert (world.runs(), world.status.revision) == (good, good)
    assert world.status.holds(ConditionType.ROLLED_BACK)
    assert "health.startDeadline" in message(world, ConditionType.ROLLED_BACK)
    assert world.status.holds(ConditionType.READY)


def test_a_revision_that_was_rolled_back_is_not_tried_again() -> None:
    world, good = bad_change()
    world.pass_time(3600)
    assert world.runs() == good
    assert world.drivers == 3
    assert world.events.count("RolledBack") == 1


def test_a_further_edit_is_tried_after_a_rollback() -> None:
    world, good = bad_change()
    world.pass_time(700)
    world.works = None
    world.edit(sinks=FASTER)
    world.pass_time(30)
    assert world.runs() != good
    assert not world.status.holds(ConditionType.ROLLED_BACK)
    assert world.status.healthy_revision == world.runs()


def test_a_sink_that_stops_for_good_under_a_new_revision_is_not_waited_for() -> None:
    world = working()
    good = world.runs()
    world.edit(sinks=FAST)
    world.turn()
    world.answer = progress(out=sink(state="failed", lastError="the table lacks a column"))
    world.pass_time(10)
    assert world.status.revision == good
    assert "lacks a column" in message(world, ConditionType.ROLLED_BACK)


def test_without_an_earlier_revision_there_is_nothing_to_go_back_to() -> None:
    world = World(works=lambda _: False)
    world.pass_time(1000)
    assert reason(world, ConditionType.PROGRESSING) == "DeadlineExceeded"
    assert world.events.count("DeadlineExceeded") == 1


def stalled(seconds: float) -> World:
    """A pipeline that worked, and has records to read and reads none for a time."""
    world = working()
    world.answer = progress(out=sink(lagRows=100, lagSeconds=10.0))
    world.pass_time(seconds)
    return world


def test_a_topic_without_records_is_no_stall() -> None:
    world = working()
    world.pass_time(4000)
    assert world.drivers == 1


def test_a_stall_becomes_a_condition_an_event_and_a_restart() -> None:
    world = stalled(330)
    assert world.events.count("Stalled") == 1
    assert world.events.count("Restarting") == 1
    assert world.drivers == 2


def test_a_first_revision_that_stalls_is_restarted_after_its_deadline() -> None:
    world = World(works=lambda _: False)
    world.pass_time(590)
    assert world.drivers == 1
    world.pass_time(30)
    assert world.drivers == 2


def test_a_stall_that_goes_on_is_restarted_less_and_less_often() -> None:
    world = stalled(6 * 3600)
    assert world.status.restarts.count == world.drivers - 1
    assert 4 <= world.drivers <= 20


def test_a_batch_in_time_is_no_stall() -> None:
    world = working()
    for batches in range(2, 10):
        world.answer = progress(out=sink(batches=batches, lagRows=100))
        world.pass_time(200)
    assert world.drivers == 1


def test_a_driver_that_answers_no_more_is_unknown_then_stalled() -> None:
    world = working()
    world.answer = None
    world.pass_time(60)
    assert reason(world, ConditionType.READY) == "NoAnswer"
    assert world.status.condition(ConditionType.READY).status == "Unknown"  # type: ignore[union-attr]
    world.pass_time(300)
    assert world.drivers == 2


def test_restarts_are_forgotten_after_a_stable_run() -> None:
    world = stalled(330)
    world.answer = progress()
    world.pass_time(2000)
    assert world.status.restarts.count == 0
    assert world.drivers == 2


def test_a_lag_beyond_its_limit_is_told_once_and_so_is_its_end() -> None:
    world = working()
    for second, lag in enumerate((70.0, 55.0, 70.0, 55.0, 5.0)):
        world.answer = progress(out=sink(batches=second + 2, lagRows=5, lagSeconds=lag))
        world.pass_time(10)
    assert world.events.count("Lagging") == 1
    assert world.events.count("Recovered") == 1


def test_kafka_that_does_not_answer_is_told_and_no_driver_restarted() -> None:
    world = working()
    world.answer = progress().model_copy(update={"source_error": "no brokers"})
    world.pass_time(600)
    assert reason(world, ConditionType.DEGRADED) == "SourceAway"
    assert world.events.count("SourceAway") == 1
    assert world.drivers == 1


def test_a_suspended_pipeline_drains_and_resumes() -> None:
    world = working()
    world.edit(suspend=True)
    world.pass_time(20)
    assert (world.status.phase, reason(world, ConditionType.READY)) == (
        Phase.SUSPENDED, "Suspended",
    )  # fmt: skip
    world.edit(suspend=False)
    world.pass_time(20)
    assert (world.status.phase, world.drivers) == (Phase.RUNNING, 2)


def test_no_deadline_passes_while_it_is_suspended() -> None:
    world, _ = bad_change()
    world.edit(suspend=True)
    world.pass_time(5000)
    assert not world.status.holds(ConditionType.ROLLED_BACK)


def test_the_epochs_floor_only_grows_and_a_new_driver_gets_it() -> None:
    world = working()
    world.answer = progress(epoch=7)
    world.pass_time(10)
    world.answer = progress(epoch=3)
    world.pass_time(10)
    assert (world.status.epoch_floor, world.drivers) == (7, 1)
    world.edit(sinks=FAST)
    assert world.turn().run.epoch_floor == 7


def test_the_floor_is_in_the_application_before_anything_replaces_its_driver() -> None:
    world = working()
    world.answer = progress(epoch=7)
    world.pass_time(10)
    assert world.app is not None
    assert (world.app.run.epoch_floor, world.drivers) == (7, 1)


def test_a_status_that_was_lost_sets_the_floor_not_back() -> None:
    world = working()
    world.answer = progress(epoch=7)
    world.pass_time(10)
    world.status, world.watch = PipelineStatus(), None
    assert world.turn().run.epoch_floor == 7


def test_a_revision_that_is_stored_nowhere_is_forgotten_and_told() -> None:
    world = working()
    world.answer = progress(out=sink(state="backoff", lagRows=5, batches=0))
    world.edit(sinks=FAST)
    world.turn()
    plan = decide(replace(world.seen(), healthy=None, is_healthy_lost=True))
    assert plan.status.healthy_revision == ""
    assert [one.reason for one in notices(world.status, plan.status)] == ["RevisionLost"]


def test_an_application_of_that_name_that_is_not_ours_is_left_alone() -> None:
    world = World(app=ApplicationFacts(""))
    assert world.turn().revision is None
    assert reason(world, ConditionType.ACCEPTED) == "NameTaken"


def test_the_driver_of_an_earlier_pipeline_of_the_name_is_waited_for() -> None:
    world = World(app=ApplicationFacts("p-0"))
    plan = world.turn()
    assert (plan.revision, plan.again, world.status.phase) == (None, 5.0, Phase.PENDING)


def test_an_application_that_cannot_run_sends_a_new_revision_back_at_once() -> None:
    world = working()
    good = world.runs()
    world.edit(sinks=FAST)
    world.turn()
    world.state("FAILED", "spec.image is bad")
    world.turn()
    assert world.status.revision == good


def test_an_application_that_gave_up_is_begun_anew_by_itself() -> None:
    world = working()
    world.state("FAILED", "ten nodes were lost in a row")
    plan = world.turn()
    assert plan.run.restarted_at == "2026-01-01T00:00:10Z"
    assert plan.again == 61.0


def test_one_that_gives_up_again_is_begun_anew_later() -> None:
    world = working()
    for _ in range(20):
        world.state("FAILED", "the image is gone")
        world.now += timedelta(seconds=30)
        world.turn()
    assert world.status.restarts.count == 4


def test_dead_letters_and_rates_are_summed_up() -> None:
    world = working()
    world.answer = progress(
        a=sink(rowsDead=2, rowsPerSecond=12.0), b=sink(rowsDead=1, rowsPerSecond=30.0)
    )
    world.pass_time(10)
    assert (world.status.rows_dead, world.status.rows_per_second) == (3, 42.0)
