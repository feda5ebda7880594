from __future__ import annotations

from typing import Any

import pytest

from fix_pipelines import document
from yeoul_operator.admission.review import Served, answer
from yeoul_operator.kube.selectors import parse_selector

Object = dict[str, Any]


def application(**spec: Any) -> Object:
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"name": "pi", "namespace": "jobs", "labels": {"team": "maps"}},
        "spec": {
            "type": "Python",
            "mode": "cluster",
            "sparkVersion": "4.1.1",
            "image": "spark:4.1.1",
            "mainApplicationFile": "local:///opt/pi.py",
            "driver": {"memory": "1g"},
            "executor": {"memory": "1g", "instances": 1},
            **spec,
        },
    }


BAD = application(type="R", driver={"memory": "much"})


def review(body: Object, operation: str = "CREATE", old: Object | None = None) -> Object:
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "u-1",
            "kind": {"group": "sparkoperator.k8s.io", "kind": body["kind"]},
            "operation": operation,
            "object": body,
            "oldObject": old,
        },
    }


def response(
    body: Object, operation: str = "CREATE", old: Object | None = None, served: Served | None = None
) -> Object:
    answered: Object = answer(review(body, operation, old), served or Served())["response"]
    return answered


def test_a_good_application_is_allowed() -> None:
    assert response(application())["allowed"]


def test_the_answer_bears_the_requests_uid() -> None:
    assert response(application())["uid"] == "u-1"


def test_all_problems_are_said_at_once() -> None:
    message = response(BAD)["status"]["message"]
    assert "spec.type" in message
    assert "spec.driver.memory = " in message


def test_causes_name_the_fields() -> None:
    causes = response(BAD)["status"]["details"]["causes"]
    assert {cause["field"] for cause in causes} >= {"spec.type", "spec.driver.memory"}


def test_a_refusal_is_a_status_of_the_kind_that_validation_gives() -> None:
    status = response(BAD)["status"]
    assert (status["code"], status["reason"]) == (422, "Invalid")


def test_a_bad_change_is_refused() -> None:
    assert not response(BAD, "UPDATE", old=application())["allowed"]


def test_a_bad_specification_that_does_not_change_stays_open_to_other_changes() -> None:
    changed = {**BAD, "metadata": {**BAD["metadata"], "finalizers": []}}
    assert response(changed, "UPDATE", old=BAD)["allowed"]


def test_what_is_being_deleted_is_not_judged() -> None:
    going = {**BAD, "metadata": {**BAD["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}}
    assert response(going, "UPDATE", old=application())["allowed"]


@pytest.mark.parametrize(
    ("served", "allowed"),
    [
        (Served(namespaces=("jobs",)), False),
        (Served(namespaces=("other",)), True),
        (Served(selector=parse_selector("team=maps")), False),
        (Served(selector=parse_selector("team=roads")), True),
    ],
)
def test_only_what_is_served_is_judged(served: Served, allowed: bool) -> None:
    assert response(BAD, served=served)["allowed"] is allowed


def test_a_schedules_template_is_judged() -> None:
    schedule = {
        **application(),
        "kind": "ScheduledSparkApplication",
        "spec": {"schedule": "every day", "template": BAD["spec"]},
    }
    message = response(schedule)["status"]["message"]
    assert "spec.schedule" in message
    assert "spec.template.driver.memory" in message


def test_doubts_become_warnings() -> None:
    body = application()
    body["spec"]["driver"]["memroy"] = "2g"
    answered = response(body)
    assert answered["allowed"]
    assert any("memroy" in warning for warning in answered["warnings"])


def test_a_good_pipeline_is_allowed() -> None:
    assert response(document("jobs"))["allowed"]


def test_a_pipeline_whose_sql_is_wrong_is_refused_by_path() -> None:
    body = document("jobs", sinks=[{"name": "out", "console": {}, "where": "no_such > 1"}])
    causes = response(body)["status"]["details"]["causes"]
    assert [one["field"] for one in causes] == ["spec.sinks[0].where"]
