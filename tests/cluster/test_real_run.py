"""The operator on a real node: applications run, fail as they should, and leave nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bed.api import Api, until
from cluster.applications import (
    NOT_STARTED,
    STARTED,
    Failure,
    application,
    pi,
    script,
    scripts,
)
from fix_node import PATIENCE, Site, fresh_namespace, operators

pytestmark = [pytest.mark.usefixtures("operator"), pytest.mark.timeout(1200)]

FINAL = ("COMPLETED", "FAILED", "SUBMISSION_FAILED")
CHILDREN = ("Pod", "Service", "ConfigMap", "Ingress", "PodDisruptionBudget")


def status(api: Api, namespace: str, name: str) -> dict[str, Any]:
    return dict(api.read("SparkApplication", namespace, name).get("status", {}))


def state(api: Api, namespace: str, name: str) -> str:
    return str(status(api, namespace, name).get("applicationState", {}).get("state", ""))


def ended(api: Api, namespace: str, name: str) -> dict[str, Any]:
    """The status, once the application is in a final state."""
    until(f"the end of {name}", lambda: state(api, namespace, name) in FINAL, PATIENCE)
    return status(api, namespace, name)


def executors(api: Api, namespace: str, name: str) -> list[str]:
    selector = f"spark-role=executor,sparkoperator.k8s.io/app-name={name}"
    return [pod["metadata"]["name"] for pod in api.list("Pod", namespace, selector)]


def children(api: Api, namespace: str, name: str) -> list[str]:
    """All objects that belong to the application, at whatever depth."""
    everything = [item for kind in CHILDREN for item in api.list(kind, namespace)]
    owners = {api.read("SparkApplication", namespace, name)["metadata"]["uid"]}
    found: list[str] = []
    # Executors belong to the driver, which belongs to the application: two rounds find all.
    for _ in range(3):
        for item in everything:
            owned = item["metadata"].get("ownerReferences", [])
            if any(one["uid"] in owners for one in owned):
                owners.add(item["metadata"]["uid"])
                found.append(item["metadata"]["uid"])
    return found


def left(api: Api, namespace: str, uids: list[str]) -> list[str]:
    everything = [item for kind in CHILDREN for item in api.list(kind, namespace)]
    return [item["metadata"]["name"] for item in everything if item["metadata"]["uid"] in uids]


@pytest.mark.parametrize(
    ("name", "spec", "says"),
    [("pi", pi(), "Pi is roughly 3."), ("sum", script("sum.py"), "the sum is 999000")],
)
def test_application_runs_on_executors_to_its_end_and_leaves_nothing(
    site: Site, api: Api, namespace: str, name: str, spec: dict[str, Any], says: str
) -> None:
    api.create(scripts(namespace))
    api.create(application(namespace, name, site.spark_image, **spec))
    until("an executor", lambda: executors(api, namespace, name), PATIENCE)
    until(
        "a running executor in the status",
        lambda: "RUNNING" in status(api, namespace, name).get("executorState", {}).values(),
        PATIENCE,
    )
    final = ended(api, namespace, name)
    assert final["applicationState"]["state"] == "COMPLETED", json.dumps(final, indent=1)
    assert says in api.log(namespace, f"{name}-driver", "spark-kubernetes-driver")
    until("no executors", lambda: not executors(api, namespace, name), PATIENCE)
    owned = children(api, namespace, name)
    assert owned
    api.delete("SparkApplication", namespace, name)
    until("an empty namespace", lambda: not left(api, namespace, owned), PATIENCE)


@pytest.mark.parametrize("name", STARTED)
def test_failed_driver_is_explained(site: Site, api: Api, namespace: str, name: str) -> None:
    api.create(scripts(namespace))
    failure = STARTED[name]
    api.create(application(namespace, name, site.spark_image, **failure.spec))
    check(failure, ended(api, namespace, name))


@pytest.fixture(scope="module")
def stuck(site: Site, operator: None) -> Iterator[str]:  # noqa: ARG001 - must be there first
    """A namespace with all that never start, since they wait for their time-outs together."""
    with fresh_namespace(site.api) as name:
        for case, failure in NOT_STARTED.items():
            body = application(name, case, site.spark_image, **failure.spec)
            for container in body["spec"]["driver"].get("initContainers", []):
                container["image"] = site.spark_image
            site.api.create(body)
        yield name


@pytest.mark.parametrize("name", NOT_STARTED)
def test_driver_that_never_starts_is_explained(api: Api, stuck: str, name: str) -> None:
    check(NOT_STARTED[name], ended(api, stuck, name))


def test_quota_is_explained(site: Site, api: Api, namespace: str) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "few", "namespace": namespace},
        "spec": {"hard": {"pods": "0"}},
    }
    api.create(quota)
    until("a counted quota", lambda: api.read("ResourceQuota", namespace, "few").get("status"))
    api.create(application(namespace, "pi", site.spark_image, **pi()))
    failure = Failure(pi(), ("exceeded quota: few", "raise it"), "SUBMISSION_FAILED")
    check(failure, ended(api, namespace, "pi"))


def test_application_that_goes_while_it_runs_leaves_nothing(
    site: Site, api: Api, namespace: str
) -> None:
    api.create(application(namespace, "pi", site.spark_image, **pi("100000")))
    until("a running application", lambda: state(api, namespace, "pi") == "RUNNING", PATIENCE)
    until("an executor", lambda: executors(api, namespace, "pi"), PATIENCE)
    owned = children(api, namespace, "pi")
    api.delete("SparkApplication", namespace, "pi")
    until("an empty namespace", lambda: not left(api, namespace, owned), PATIENCE)
    until("no executors", lambda: not executors(api, namespace, "pi"), PATIENCE)


def test_loss_of_the_operator_changes_nothing(site: Site, api: Api, namespace: str) -> None:
    api.create(application(namespace, "pi", site.spark_image, **pi()))
    until("a running application", lambda: state(api, namespace, "pi") == "RUNNING", PATIENCE)
    driver = api.read("Pod", namespace, "pi-driver")["metadata"]["uid"]
    for pod in operators(api):
        metadata = pod["metadata"]
        api.delete("Pod", metadata["namespace"], metadata["name"], gracePeriodSeconds=0)
    final = ended(api, namespace, "pi")
    assert final["applicationState"]["state"] == "COMPLETED", json.dumps(final, indent=1)
    assert [one["podUID"] for one in final["attempts"]] == [driver]


def test_what_belongs_to_the_driver_goes_with_it(site: Site, api: Api, namespace: str) -> None:
    api.create(application(namespace, "pi", site.spark_image, **pi("many")))
    ended(api, namespace, "pi")
    driver = api.read("Pod", namespace, "pi-driver")["metadata"]["uid"]

    def belongings() -> list[str]:
        everything = [item for kind in CHILDREN for item in api.list(kind, namespace)]
        return [
            item["metadata"]["name"]
            for item in everything
            if driver in [one["uid"] for one in item["metadata"].get("ownerReferences", [])]
        ]

    assert belongings()
    api.delete("Pod", namespace, "pi-driver")
    until("nothing of the driver's", lambda: not belongings(), PATIENCE)


def check(failure: Failure, found: dict[str, Any]) -> None:
    told = found["applicationState"]
    assert told["state"] == failure.state, json.dumps(found, indent=1)
    absent = [text for text in failure.says if text not in told.get("errorMessage", "")]
    assert not absent, f"not in: {told.get('errorMessage')}"
