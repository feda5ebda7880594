from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fix_application import application, schedule
from yeoul_operator.api.application import InvalidSpec, parse_application
from yeoul_operator.api.scheduled import ConcurrencyPolicy, parse_scheduled
from yeoul_operator.api.status import (
    ApplicationState,
    ApplicationStatus,
    AttemptRecord,
    ExecutorState,
    Outcome,
    State,
    status_document,
)

MOMENT = datetime(2026, 11, 23, 17, 36, 8, 987_654, tzinfo=UTC)


def with_status(**status: Any) -> ApplicationStatus:
    return parse_application({**application(), "status": status}).status


def test_a_field_keeps_its_name_in_snake_case() -> None:
    app = parse_application(application(restartPolicy={"onFailureRetries": 3}))
    assert app.spec.restart_policy.on_failure_retries == 3


@pytest.mark.parametrize(
    ("key", "attribute"),
    [("sparkUIOptions", "spark_ui_options"), ("dynamicAllocation", "dynamic_allocation")],
)
def test_a_part_that_is_given_is_there(key: str, attribute: str) -> None:
    document = application()
    document["spec"][key] = {}
    assert getattr(parse_application(document).spec, attribute) is not None


def test_an_unknown_key_is_ignored() -> None:
    parse_application(application(labels={"team": "a"}))


def test_null_is_the_same_as_nothing() -> None:
    document = application(driver={"cores": None, "labels": None, "env": None})
    assert parse_application(document) == parse_application(application())


def test_parts_in_kubernetes_own_words_are_kept_as_they_are() -> None:
    affinity = {"podAffinity": {"future": [None, {"a": 1}]}}
    app = parse_application(application(executor={"affinity": affinity}))
    assert app.spec.executor.affinity == affinity


def test_every_mistake_is_reported_at_once() -> None:
    document = application(type=None, driver={"cores": "1"}, executor={"instances": -1})
    with pytest.raises(InvalidSpec) as caught:
        parse_application(document)
    assert {problem.path for problem in caught.value.problems} == {
        "spec.type",
        "spec.driver.cores",
        "spec.executor.instances",
    }


def test_a_number_where_text_belongs_is_told_to_be_quoted() -> None:
    with pytest.raises(InvalidSpec) as caught:
        parse_application(application(sparkConf={"spark.executor.cores": 2}))
    assert str(caught.value.problems[0]) == (
        'spec.sparkConf["spark.executor.cores"] = 2: must be text; write it in quotes'
    )


def test_the_value_of_a_key_that_names_a_secret_is_not_shown() -> None:
    with pytest.raises(InvalidSpec) as caught:
        parse_application(application(sparkConf={"spark.my.password": 12345}))
    assert "12345" not in str(caught.value)


def test_a_choice_that_is_only_known_to_be_refused_is_not_offered() -> None:
    with pytest.raises(InvalidSpec, match=r'"Java", "Scala", "Python"; R is not served'):
        parse_application(application(type="Go"))


def test_a_status_with_a_foreign_field_keeps_the_rest() -> None:
    status = with_status(
        applicationState={"state": "RUNNING"}, executionAttempts="many", terminationTime=None
    )
    assert (status.state, status.execution_attempts) == (State.RUNNING, 0)


def test_a_status_that_makes_no_sense_is_as_good_as_none() -> None:
    assert with_status(attempts=[{"number": "x"}], conditions=3) == ApplicationStatus()


def test_an_executor_state_that_is_not_known_is_unknown() -> None:
    assert with_status(executorState={"a": "NEW"}).executor_state == {"a": ExecutorState.UNKNOWN}


def test_an_empty_status_still_holds_what_the_well_known_schema_requires() -> None:
    assert status_document(ApplicationStatus()) == {"driverInfo": {}}


def test_times_are_written_to_the_second() -> None:
    document = status_document(ApplicationStatus(termination_time=MOMENT))
    assert document["terminationTime"] == "2026-11-23T17:36:08Z"


def test_what_is_stored_is_read_again() -> None:
    status = ApplicationStatus(
        application_state=ApplicationState(state=State.FAILED, error_message="exit code 1"),
        submission_id="one",
        executor_state={"pi-exec-1": ExecutorState.FAILED},
        attempt=2,
        attempts=(
            AttemptRecord(
                number=2,
                outcome=Outcome.APPLICATION_FAILURE,
                exit_code=1,
                submitted_at=MOMENT.replace(microsecond=0),
            ),
        ),
    )
    assert with_status(**status_document(status)) == status


def test_models_cannot_be_changed() -> None:
    app = parse_application(application())
    with pytest.raises(ValueError, match="frozen"):
        app.spec.suspend = True  # type: ignore[misc]


def test_a_schedule_has_the_usual_defaults() -> None:
    spec = parse_scheduled(schedule()).spec
    assert (spec.concurrency_policy, spec.successful_run_history_limit, spec.time_zone) == (
        ConcurrencyPolicy.ALLOW,
        1,
        "Local",
    )
