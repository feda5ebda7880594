"""Applications that run and end, as clients see them."""

from __future__ import annotations

from bed import stages
from bed.api import Api, until
from fix_operator import Applications, Operator, driver

SHORT = {stages.ENDS_AFTER: "100ms"}
FAILING = {**SHORT, stages.EXIT_CODE: "3"}


def test_an_application_runs_once_its_driver_does(applications: Applications) -> None:
    applications.create()
    status = applications.reaches("RUNNING")
    assert status["driverInfo"]["podName"] == "pi-driver"


def test_no_state_is_published_before_the_driver_pod_exists(applications: Applications) -> None:
    applications.create()
    until("a state", lambda: applications.state() != "none")
    assert applications.pod() is not None


def test_a_driver_that_ends_well_completes_the_application(applications: Applications) -> None:
    applications.create(driver=driver(**SHORT))
    status = applications.reaches("COMPLETED")
    conditions = {each["type"]: each["status"] for each in status["conditions"]}
    assert conditions == {
        "Accepted": "True", "Submitted": "True", "Running": "False", "Completed": "True",
    }  # fmt: skip


def test_a_finished_driver_pod_stays(applications: Applications) -> None:
    applications.create(driver=driver(**SHORT))
    applications.reaches("COMPLETED")
    assert applications.pod() is not None


def test_a_driver_that_fails_fails_the_application(applications: Applications) -> None:
    applications.create(driver=driver(**FAILING))
    status = applications.reaches("FAILED")
    assert "exit code 3" in status["applicationState"]["errorMessage"]


def test_a_failure_is_tried_again_as_often_as_the_policy_says(applications: Applications) -> None:
    policy = {"type": "OnFailure", "onFailureRetries": 2, "onFailureRetryInterval": 1}
    applications.create(driver=driver(**FAILING), restartPolicy=policy)
    status = applications.reaches("FAILED", seconds=90)
    outcomes = [each["outcome"] for each in status["attempts"]]
    assert (status["executionAttempts"], outcomes) == (3, ["ApplicationFailure"] * 3)


def test_a_second_look_writes_nothing(applications: Applications, operator: Operator) -> None:
    applications.create()
    applications.reaches("RUNNING")
    turns = 'yeoul_reconcile_seconds_count{lane="status"}'
    before, seen = operator.writes(), operator.metrics()[turns]
    # A label is a change that the operator looks at, and that asks nothing of it.
    applications.patch({"metadata": {"labels": {"looked": "at"}}})
    until("another look", lambda: operator.metrics()[turns] > seen)
    assert operator.writes() == before


def test_everything_goes_with_the_application(api: Api, applications: Applications) -> None:
    applications.create()
    applications.reaches("RUNNING")
    api.delete("SparkApplication", applications.namespace, "pi")
    launched = "sparkoperator.k8s.io/launched-by-spark-operator=true"

    def left() -> list[str]:
        kinds = ("Pod", "Service", "ConfigMap")
        return [
            one["metadata"]["name"]
            for kind in kinds
            for one in api.list(kind, applications.namespace, launched)
        ]

    until("nothing of it is left", lambda: not left(), seconds=90)
