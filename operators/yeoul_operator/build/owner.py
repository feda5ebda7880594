"""Who owns what: the application its driver and what outlives it, the driver everything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yeoul_operator.api.application import API_VERSION, KIND, SparkApplication
from yeoul_operator.build.inputs import Object


def owned_by_application(app: SparkApplication, obj: Mapping[str, Any]) -> Object:
    """Return the object with the application as its only owner.

    It does not block the application's deletion (`blockOwnerDeletion`): that would need a right on
    finalizers, and nothing is gained by waiting.
    """
    return _owned(obj, API_VERSION, KIND, app.metadata.name, app.metadata.uid)


def owned_by_pod(child: Mapping[str, Any], pod: Mapping[str, Any]) -> Object:
    """Return the object with a created driver pod as its only owner."""
    metadata = pod["metadata"]
    return _owned(child, "v1", "Pod", metadata["name"], metadata["uid"])


def _owned(obj: Mapping[str, Any], api_version: str, kind: str, name: str, uid: str) -> Object:
    reference = {
        "apiVersion": api_version,
        "kind": kind,
        "name": name,
        "uid": uid,
        "controller": True,
    }
    return {**obj, "metadata": {**obj["metadata"], "ownerReferences": [reference]}}
