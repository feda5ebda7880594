"""When a proof is due, what is done about it next, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fix_pipeline import with_spec
from fix_pipeline_plan import BEGINNING, DEFAULTS, UID
from yeoul_operator.api.application import parse_application
from yeoul_operator.api.status import ConditionStatus
from yeoul_operator.api.validate import validate_application
from yeoul_operator.build.check import check_build
from yeoul_operator.build.children import build_children
from yeoul_operator.build.inputs import Attempt, BuildSettings, ValidatedApplication
from yeoul_operator.pipeline.application import Installation, Run
from yeoul_operator.pipeline.errand import REQUEST, Found, Step
from yeoul_operator.pipeline.notices import notices
from yeoul_operator.pipeline.observed import ApplicationFacts
from yeoul_operator.pipeline.proof import (
    Course,
    course,
    is_free,
    overdue,
    proof_application,
    proof_of,
    proven,
    ticket_of,
)
from yeoul_operator.pipeline.revision import revision_of
from yeoul_operator.pipeline.status import (
    ConditionType,
    PastState,
    PastStatus,
    Phase,
    PipelineStatus,
    VerifyStatus,
)
from yeoul_stream.pipeline import Verify, parse_pipeline

HOURLY = Verify.model_validate({"every": "1 hour", "deadline": "15 minutes"})
SAID = "holds: The proof holds: 12 records, nothing lost, nothing doubled."
UNDER_WAY = VerifyStatus(begun_at=BEGINNING, due_at=BEGINNING)
GIVEN = VerifyStatus(
    verdict="holds", given_at=BEGINNING, tried_at=BEGINNING,
    due_at=BEGINNING + timedelta(hours=1),
)  # fmt: skip


def after(status: VerifyStatus, seconds: float, found: Found | None = None) -> Course:
    """The course so many seconds later, while the stream is at work."""
    moment = BEGINNING + timedelta(seconds=seconds)
    return course(HOURLY, status, found or Found(), moment, is_free=True)


def ours(state: str, said: str = "", error: str = "") -> Found:
    """The application that gives the proof under way."""
    app = ApplicationFacts(UID, state, error)
    return Found(app, ticket_of(UNDER_WAY), said, is_ours=True)


def proving(driver: str = "http://d:1", **spec: Any) -> dict[str, Any]:
    """The application that proves what the sinks of a pipeline hold."""
    revision = revision_of(parse_pipeline(with_spec(**spec)), DEFAULTS)
    return proof_application(revision, Run(suspend=True), Installation(), UID, "7", driver)


def test_nothing_is_done_where_no_proofs_are_asked_for() -> None:
    found = course(None, VerifyStatus(), Found(), BEGINNING, is_free=True)
    assert found == Course(VerifyStatus())


def test_the_last_one_goes_with_the_wish() -> None:
    found = course(None, GIVEN, ours("COMPLETED"), BEGINNING, is_free=True)
    assert found == Course(VerifyStatus(), Step.DELETE)


def test_the_first_is_due_at_once_and_written_down_before_it_is_made() -> None:
    found = after(VerifyStatus(), 0)
    assert (found.status, found.step) == (UNDER_WAY, Step.NOTHING)
    assert after(UNDER_WAY, 0).step is Step.MAKE


def test_it_waits_until_the_stream_is_at_work() -> None:
    found = course(HOURLY, VerifyStatus(), Found(), BEGINNING, is_free=False)
    assert found == Course(VerifyStatus(due_at=BEGINNING))


def test_the_next_is_due_after_the_interval() -> None:
    assert after(GIVEN, 3000) == Course(GIVEN, again=601.0)
    assert after(GIVEN, 3600).status.begun_at == BEGINNING + timedelta(hours=1)


def test_another_interval_counts_from_the_last_proof() -> None:
    daily = Verify.model_validate({"every": "1 day"})
    found = course(daily, GIVEN, Found(), BEGINNING, is_free=True)
    assert found.status.due_at == BEGINNING + timedelta(days=1)


def test_the_application_of_the_last_one_goes_when_the_next_begins() -> None:
    assert after(GIVEN, 3600, ours("COMPLETED")).step is Step.DELETE


def test_what_gave_an_earlier_proof_goes_first() -> None:
    assert after(UNDER_WAY, 1, replace(ours("COMPLETED", SAID), ticket="1")).step is Step.DELETE


def test_there_is_one_at_a_time() -> None:
    assert after(UNDER_WAY, 800, ours("RUNNING")) == Course(UNDER_WAY, again=101.0)


def test_the_verdict_is_taken_from_its_last_words() -> None:
    found = after(UNDER_WAY, 60, ours("COMPLETED", SAID)).status
    assert (found.verdict, found.message) == ("holds", SAID.removeprefix("holds: "))
    assert found.given_at == found.tried_at == BEGINNING + timedelta(minutes=1)
    assert found.due_at == BEGINNING + timedelta(minutes=61)
    assert found.begun_at is None


@pytest.mark.parametrize(
    ("said", "error", "problem"),
    [
        ("unverified: The proof cannot be given.", "exit code 2", "The proof cannot be given."),
        ("", "the driver was killed", "the driver was killed"),
        ("", "", "it said nothing at its end"),
    ],
)
def test_one_that_cannot_be_given_leaves_the_last_verdict(
    said: str, error: str, problem: str
) -> None:
    begun = GIVEN.model_copy(update={"verdict": "fails", "begun_at": BEGINNING})
    found = after(begun, 60, ours("FAILED", said, error)).status
    assert (found.verdict, found.problem, found.given_at) == ("fails", problem, BEGINNING)


def test_one_that_could_not_be_given_is_tried_again_before_the_interval_is_over() -> None:
    failed = after(UNDER_WAY, 60, ours("FAILED")).status
    assert after(failed, 100) == Course(failed, again=561.0)
    assert after(failed, 660).status.begun_at is not None


def test_one_that_takes_too_long_is_given_up() -> None:
    found = after(UNDER_WAY, 900, ours("RUNNING"))
    assert found.step is Step.DELETE
    assert "spec.verify.deadline" in found.status.problem


def test_an_application_of_somebody_else_is_left_alone() -> None:
    found = after(UNDER_WAY, 1, Found(ApplicationFacts(owner_uid="other")))
    assert found.step is Step.NOTHING
    assert "belongs to somebody else" in found.status.problem


@pytest.mark.parametrize(
    ("status", "free"),
    [
        (PipelineStatus(phase=Phase.RUNNING), True),
        (PipelineStatus(phase=Phase.FINISHED), True),
        (PipelineStatus(phase=Phase.STARTING), False),
        (PipelineStatus(phase=Phase.SUSPENDED), False),
        (PipelineStatus(phase=Phase.RUNNING, past=PastStatus(state=PastState.RUNNING)), False),
    ],
)
def test_one_begins_while_the_stream_works_and_nothing_changes_its_past(
    status: PipelineStatus, free: bool
) -> None:
    assert is_free(status) is free


@pytest.mark.parametrize(
    ("verify", "value", "reason"),
    [
        (UNDER_WAY, ConditionStatus.UNKNOWN, "NotYet"),
        (GIVEN, ConditionStatus.TRUE, "Holds"),
        (GIVEN.model_copy(update={"problem": "away"}), ConditionStatus.UNKNOWN, "NotGiven"),
        (GIVEN.model_copy(update={"verdict": "nothing"}), ConditionStatus.UNKNOWN, "NotYet"),
        (
            GIVEN.model_copy(update={"verdict": "fails", "problem": "away"}),
            ConditionStatus.FALSE,
            "Differs",
        ),
    ],
)
def test_the_condition_says_what_is_known(
    verify: VerifyStatus, value: ConditionStatus, reason: str
) -> None:
    found = proven(PipelineStatus(), verify, BEGINNING).condition(ConditionType.PROVEN)
    assert found is not None
    assert (found.status, found.reason) == (value, reason)


def test_the_condition_goes_with_the_wish() -> None:
    before = proven(PipelineStatus(), GIVEN, BEGINNING)
    assert proven(before, VerifyStatus(), BEGINNING).conditions == ()


@pytest.mark.parametrize(
    ("verdict", "problem", "told"),
    [
        ("fails", "", ["ProofFailed"]),
        ("holds", "", ["ProofHolds"]),
        ("holds", "away", ["ProofNotGiven"]),
        ("nothing", "", []),
    ],
)
def test_the_end_of_a_proof_is_told(verdict: str, problem: str, told: list[str]) -> None:
    now = PipelineStatus(verify=VerifyStatus(verdict=verdict, problem=problem, tried_at=BEGINNING))
    assert [one.reason for one in notices(PipelineStatus(), now)] == told
    assert notices(now, now) == ()


def test_a_second_proof_that_holds_is_no_news() -> None:
    again = GIVEN.model_copy(update={"tried_at": BEGINNING + timedelta(hours=1)})
    assert notices(PipelineStatus(verify=GIVEN), PipelineStatus(verify=again)) == ()


def test_a_proof_is_overdue_only_while_one_could_be_given() -> None:
    late = BEGINNING + timedelta(hours=3)
    assert overdue(GIVEN, "Running", late) == 7200.0
    assert overdue(GIVEN, "Running", BEGINNING) == overdue(GIVEN, "Suspended", late) == 0.0


def test_its_application_is_the_streams_with_another_command() -> None:
    made = proving(verify={"every": "6 hours"})
    assert (made["metadata"]["name"], proof_of("minimal-proof")) == ("minimal-proof", "minimal")
    assert made["metadata"]["annotations"][REQUEST] == "7"
    assert made["spec"]["arguments"][2:] == ["--verify", "--tell", "http://d:1"]
    assert made["spec"]["restartPolicy"]["onFailureRetries"] == 0
    assert made["spec"]["suspend"] is False


def test_its_pod_is_restricted_and_has_no_token() -> None:
    body = proving()
    uid = "6b3a1f5e-0000-4000-8000-000000000001"
    app = parse_application({**body, "metadata": {**body["metadata"], "uid": uid, "generation": 1}})
    assert (validate_application(app), check_build(app, BuildSettings())) == ((), ())
    pod = build_children(
        ValidatedApplication(app), Attempt.of(uid, 1, BEGINNING), BuildSettings()
    ).driver_pod
    (container,) = pod["spec"]["containers"]
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"]["memory"] == "2048Mi"


def test_the_memory_that_a_pipeline_names_is_left() -> None:
    conf = {"spark.driver.memoryOverhead": "3g"}
    made = proving("", runtime={"sparkConf": conf})
    assert "memoryOverhead" not in made["spec"]["driver"]
    assert made["spec"]["arguments"][2:] == ["--verify"]
