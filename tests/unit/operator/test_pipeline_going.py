from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fix_pipeline import pipeline
from fix_pipeline_plan import BEGINNING, DEFAULTS, UID
from yeoul_operator.pipeline.application import Run
from yeoul_operator.pipeline.going import Course, Going, Step, next_step
from yeoul_operator.pipeline.notices import notices
from yeoul_operator.pipeline.observed import ApplicationFacts
from yeoul_operator.pipeline.revision import revision_of
from yeoul_operator.pipeline.status import ConditionType, Phase, PipelineStatus

REVISION = revision_of(pipeline(), DEFAULTS)
GOING = Going(
    UID, "Delete", 2, PipelineStatus(revision=REVISION.name), BEGINNING, revision=REVISION
)


def ours(state: str, error: str = "", **facts: object) -> ApplicationFacts:
    """An application of the pipeline."""
    return replace(ApplicationFacts(UID, state, error), **facts)  # type: ignore[arg-type]


def reason(course: Course) -> str:
    """Why it is not erased yet."""
    found = course.status.condition(ConditionType.ERASED)
    return found.reason if found else ""


@pytest.mark.parametrize(
    ("app", "step"),
    [
        (ours("RUNNING"), Step.SUSPEND),
        (ours(""), Step.SUSPEND),
        (ours("RUNNING", run=Run(suspend=True)), Step.WAIT),
        (ours("SUSPENDING", run=Run(suspend=True)), Step.WAIT),
        (ours("SUSPENDED", run=Run(suspend=True)), Step.DELETE),
        (ours("COMPLETED"), Step.DELETE),
        (ours("FAILED"), Step.DELETE),
        (ours("SUSPENDED", is_going=True), Step.WAIT),
    ],
)
def test_the_driver_drains_before_its_application_goes(app: ApplicationFacts, step: Step) -> None:
    course = next_step(replace(GOING, app=app))
    assert (course.step, course.status.phase, reason(course)) == (step, Phase.DRAINING, "Draining")


def test_then_it_is_erased() -> None:
    course = next_step(GOING)
    assert (course.step, course.status.phase) == (Step.ERASE, Phase.ERASING)


def test_and_let_go_when_that_is_done() -> None:
    assert next_step(replace(GOING, eraser=ours("COMPLETED"))).step is Step.RELEASE


@pytest.mark.parametrize("app", [None, ours("RUNNING")])
def test_one_that_is_to_be_retained_is_let_go_at_once(app: ApplicationFacts | None) -> None:
    assert next_step(replace(GOING, policy="Retain", app=app)).step is Step.RELEASE


def test_one_that_never_ran_has_nothing_to_erase() -> None:
    assert next_step(replace(GOING, status=PipelineStatus())).step is Step.RELEASE


def test_a_failure_is_told_with_what_to_do() -> None:
    course = next_step(replace(GOING, eraser=ours("PENDING_RERUN", "no route to host")))
    [notice] = notices(GOING.status, course.status)
    assert (notice.type, notice.reason) == ("Warning", "EraseFailed")
    assert "no route to host; mend it, and it is tried again; or set" in notice.message


def test_one_that_has_used_up_its_tries_is_tried_again_less_and_less_often() -> None:
    going, asked = replace(GOING, eraser=ours("FAILED", "no route")), []
    for _ in range(60):
        course = next_step(going)
        if course.restarted_at and course.restarted_at not in asked:
            asked.append(course.restarted_at)
        going = replace(going, status=course.status, now=going.now + timedelta(seconds=30))
    moments = ["00:01:00", "00:03:00", "00:07:00", "00:15:00"]
    assert [one[11:19] for one in asked] == moments


def test_a_failure_stays_told_while_it_is_tried_again() -> None:
    failed = next_step(replace(GOING, eraser=ours("PENDING_RERUN", "no route")))
    again = next_step(replace(GOING, status=failed.status, eraser=ours("RUNNING")))
    assert reason(again) == "Failed"


def test_where_nobody_knows_what_ran_the_remedy_is_told() -> None:
    course = next_step(replace(GOING, revision=None))
    assert (course.step, reason(course)) == (Step.WAIT, "RevisionLost")


@pytest.mark.parametrize("owner", ["", "p-0"])
def test_what_belongs_to_others_is_not_touched(owner: str) -> None:
    theirs = ApplicationFacts(owner, "COMPLETED")
    assert next_step(replace(GOING, app=theirs)).step is Step.WAIT
    assert next_step(replace(GOING, eraser=theirs)).step is Step.WAIT
