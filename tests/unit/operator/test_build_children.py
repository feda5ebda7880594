"""What an application becomes: always the same, owned, and told apart by attempts."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fix_build import UID, children, parsed, python, scala
from submit.cases import CASES
from yeoul_operator.api.validate import validate_application
from yeoul_operator.build.check import check_build
from yeoul_operator.build.children import owned_by_pod
from yeoul_operator.build.inputs import BuildSettings

EVERYTHING: dict[str, Any] = {
    "driverPodDisruptionBudget": True,
    "batchScheduler": "volcano",
    "sparkUIOptions": {"servicePort": 80},
    "driverIngressOptions": [{"servicePort": 5005, "ingressURLFormat": "{{$appName}}.example"}],
    "monitoring": {"exposeDriverMetrics": True, "exposeExecutorMetrics": True},
    "executor": {"tolerations": [{"operator": "Exists"}]},
}


@pytest.mark.parametrize("document", CASES, ids=lambda app: app["metadata"]["name"])
def test_the_same_inputs_give_equal_objects(document: dict[str, Any]) -> None:
    before = copy.deepcopy(document)
    app = parsed(document)
    assert children(app) == children(app)
    assert children(parsed(before)) == children(app)


@pytest.mark.parametrize("document", CASES, ids=lambda app: app["metadata"]["name"])
def test_what_spark_submit_takes_is_not_refused(document: dict[str, Any]) -> None:
    app = parsed(document)
    assert (*validate_application(app), *check_build(app, BuildSettings())) == ()


def test_a_plain_application_needs_a_service_and_a_config_map() -> None:
    built = children(scala(), settings=BuildSettings(ui_service=False))
    assert [child["kind"] for child in built.of_driver] == ["Service", "ConfigMap"]
    assert built.of_application == ()


def test_executors_have_a_template_where_they_need_one() -> None:
    built = children(scala(executor={"tolerations": [{"operator": "Exists"}]}))
    assert [child["kind"] for child in built.of_driver] == ["Service", "ConfigMap", "ConfigMap"]


def test_the_application_owns_the_driver_pod() -> None:
    (owner,) = children(scala("pi")).driver_pod["metadata"]["ownerReferences"]
    assert owner == {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "name": "pi",
        "uid": UID,
        "controller": True,
    }


def test_the_application_owns_what_outlives_an_attempt() -> None:
    outliving = children(scala(**EVERYTHING)).of_application
    kinds = [child["kind"] for child in outliving]
    assert sorted(kinds) == ["Ingress", "PodDisruptionBudget", "PodGroup", "Service", "Service"]
    assert {owner["uid"] for one in outliving for owner in one["metadata"]["ownerReferences"]} == {
        UID
    }


def test_what_outlives_an_attempt_is_the_same_for_the_next() -> None:
    app = scala(**EVERYTHING)
    assert children(app, 1).of_application == children(app, 2).of_application


def test_attempts_share_no_name_but_the_pods() -> None:
    app = scala(**EVERYTHING)
    one, other = (
        {child["metadata"]["name"] for child in children(app, number).of_driver}
        for number in (1, 2)
    )
    assert len(one) == 4
    assert not one & other


def test_a_child_is_owned_by_the_created_pod() -> None:
    child = children(scala()).of_driver[0]
    owned = owned_by_pod(child, {"metadata": {"name": "pi-driver", "uid": "abc"}})
    assert owned["metadata"]["ownerReferences"] == [
        {"apiVersion": "v1", "kind": "Pod", "name": "pi-driver", "uid": "abc", "controller": True}
    ]


def test_the_service_selects_the_attempts_driver() -> None:
    built = children(python())
    selector = built.of_driver[0]["spec"]["selector"]
    assert selector.items() <= built.driver_pod["metadata"]["labels"].items()
    assert "spark-app-selector" in selector


def test_the_driver_pod_says_what_it_is() -> None:
    labels = children(scala("pi"), 4).driver_pod["metadata"]["labels"]
    assert labels["app.kubernetes.io/instance"] == "pi"
    assert labels["app.kubernetes.io/managed-by"] == "yeoul-operator"
    assert labels["sparkoperator.k8s.io/app-name"] == "pi"
    assert labels["yeoul.dev/attempt"] == "4"
    assert labels["spark-role"] == "driver"


def test_labels_that_a_user_chose_stand_above_the_recommended() -> None:
    app = scala(driver={"labels": {"app.kubernetes.io/name": "billing"}})
    labels = children(app).driver_pod["metadata"]["labels"]
    assert labels["app.kubernetes.io/name"] == "billing"


def test_nobody_takes_the_operators_labels() -> None:
    document = {
        "sparkoperator.k8s.io/submission-id": "mine",
        "yeoul.dev/attempt": "7",
        "spark-role": "executor",
    }
    app = scala(driver={"template": {"metadata": {"labels": document}}})
    labels = children(app).driver_pod["metadata"]["labels"]
    assert {labels[key] for key in document}.isdisjoint({"mine", "7", "executor"})
