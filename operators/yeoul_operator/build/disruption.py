"""The budget that keeps a driver from being evicted while a node is drained."""

from __future__ import annotations

from yeoul_operator.api.application import SparkApplication
from yeoul_operator.build import labels
from yeoul_operator.build.inputs import Object
from yeoul_operator.build.owner import owned_by_application
from yeoul_operator.build.submission import driver_pod_name


def disruption_budget(app: SparkApplication) -> Object | None:
    """Return the PodDisruptionBudget of the driver, where the application wants one."""
    if not app.spec.driver_pod_disruption_budget:
        return None
    return owned_by_application(
        app,
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {
                "name": driver_pod_name(app),
                "namespace": app.metadata.namespace,
                "labels": labels.of_application(app, "driver"),
            },
            "spec": {
                "minAvailable": 1,
                "selector": {"matchLabels": dict(labels.driver_selector(app))},
            },
        },
    )
