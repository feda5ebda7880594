"""Every kind of object that an application becomes, on a real API server, and its end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bed.api import Api, until
from submit.application import SIDECAR, application
from yeoul_operator.api.application import parse_application
from yeoul_operator.build.children import build_children, owned_by_pod
from yeoul_operator.build.inputs import (
    Attempt,
    BuildSettings,
    Children,
    IngressSettings,
    ValidatedApplication,
)

pytestmark = pytest.mark.usefixtures("crds")

Json = dict[str, Any]

SETTINGS = BuildSettings(
    ingress=IngressSettings(
        url_format="spark.example/{{$appNamespace}}/{{$appName}}",
        class_name="nginx",
        tls=({"hosts": ["spark.example"], "secretName": "certificate"},),
    )
)
WITH_EVERYTHING: Json = {
    "driverPodDisruptionBudget": True,
    "batchScheduler": "yunikorn",
    "batchSchedulerOptions": {"queue": "road"},
    "sparkUIOptions": {"servicePort": 80, "serviceType": "NodePort"},
    "driverIngressOptions": [{"servicePort": 5005, "ingressURLFormat": "{{$appName}}.example"}],
    "monitoring": {
        "exposeDriverMetrics": True,
        "exposeExecutorMetrics": True,
        "prometheus": {"jmxExporterJar": "/prometheus/agent.jar"},
    },
    "executor": {"sidecars": [SIDECAR]},
    "sparkConf": {
        "spark.kubernetes.driver.volumes.persistentVolumeClaim.data.mount.path": "/data",
        "spark.kubernetes.driver.volumes.persistentVolumeClaim.data.options.claimName": "OnDemand",
        "spark.kubernetes.driver.volumes.persistentVolumeClaim.data.options.storageClass": "fast",
        "spark.kubernetes.driver.volumes.persistentVolumeClaim.data.options.sizeLimit": "1Gi",
    },
}


@pytest.fixture
def built(api: Api, namespace: str) -> Iterator[Children]:
    """The objects of an application that uses everything, created; the application exists."""
    document = application("everything", **WITH_EVERYTHING)
    metadata = {**document["metadata"], "namespace": namespace}
    app = parse_application(api.create({**document, "metadata": metadata}))
    attempt = Attempt.of(app.metadata.uid, 1, datetime.now(UTC))
    children = build_children(ValidatedApplication(app), attempt, SETTINGS)
    pod = api.create(children.driver_pod)
    for child in children.of_driver:
        api.create(owned_by_pod(child, pod))
    for child in children.of_application:
        api.create(child)
    yield children
    api.delete("SparkApplication", namespace, "everything")


def left(api: Api, objects: tuple[Json, ...]) -> list[str]:
    """Which of the objects are there and not on their way out."""
    found = (
        (one, api.get(one["kind"], one["metadata"]["namespace"], one["metadata"]["name"]))
        for one in objects
    )
    return [
        f"{one['kind']}/{one['metadata']['name']}"
        for one, there in found
        if there is not None and "deletionTimestamp" not in there["metadata"]
    ]


def test_an_application_may_become_all_of_these(built: Children) -> None:
    kinds = [one["kind"] for one in (*built.of_driver, *built.of_application)]
    assert kinds == [
        "Service",
        "PersistentVolumeClaim",
        "ConfigMap",
        "ConfigMap",
        "ConfigMap",
        "Service",
        "Ingress",
        "Service",
        "Ingress",
        "PodDisruptionBudget",
    ]


def test_nothing_of_an_attempt_is_left_when_its_driver_goes(api: Api, built: Children) -> None:
    metadata = built.driver_pod["metadata"]
    api.delete("Pod", metadata["namespace"], metadata["name"], gracePeriodSeconds=0)
    until("the attempt's objects are gone", lambda: not left(api, built.of_driver))
    assert len(left(api, built.of_application)) == len(built.of_application)


def test_nothing_is_left_when_the_application_goes(api: Api, built: Children) -> None:
    everything = (built.driver_pod, *built.of_driver, *built.of_application)
    api.delete("SparkApplication", built.driver_pod["metadata"]["namespace"], "everything")
    until("everything is gone", lambda: not left(api, everything))
