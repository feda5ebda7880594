"""The SparkApplications that a schedule makes, and how they are told from others. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from yeoul_operator.api.application import API_VERSION
from yeoul_operator.api.application import KIND as APPLICATION
from yeoul_operator.api.scheduled import KIND
from yeoul_operator.api.status import State
from yeoul_operator.build.names import label_value
from yeoul_operator.schedule.plan import RunFacts

LABEL = "sparkoperator.k8s.io/scheduled-app-name"
Object = Mapping[str, Any]


def run_of(schedule: Object, name: str) -> dict[str, Any]:
    """Return the application for a run: the template as it was written, owned by the schedule."""
    metadata = schedule["metadata"]
    return {
        "apiVersion": API_VERSION,
        "kind": APPLICATION,
        "metadata": {
            "name": name,
            "namespace": metadata["namespace"],
            "labels": {**(metadata.get("labels") or {}), LABEL: label_value(metadata["name"])},
            "ownerReferences": [
                {
                    "apiVersion": API_VERSION,
                    "kind": KIND,
                    "name": metadata["name"],
                    "uid": metadata["uid"],
                    "controller": True,
                    "blockOwnerDeletion": False,
                }
            ],
        },
        "spec": schedule["spec"]["template"],
    }


def schedule_of(application: Object) -> str | None:
    """Return the name of the schedule that owns an application, if one does."""
    owner = _owner(application)
    return str(owner["name"]) if owner else None


def facts_of(application: Object, owner_uid: str) -> RunFacts | None:
    """Return the facts of a run of that very schedule."""
    owner = _owner(application)
    if owner is None or owner["uid"] != owner_uid:
        return None
    metadata = application["metadata"]
    state = ((application.get("status") or {}).get("applicationState") or {}).get("state", "")
    return RunFacts(
        name=metadata["name"],
        uid=metadata["uid"],
        state=State(state) if state in set(State) else State.UNKNOWN,
        created_at=datetime.fromisoformat(metadata["creationTimestamp"]),
        is_going="deletionTimestamp" in metadata,
    )


def _owner(application: Object) -> Object | None:
    owners = application["metadata"].get("ownerReferences") or ()
    return next((each for each in owners if each.get("kind") == KIND), None)
