"""Schedules on a real API server; time is short there, so they run every second or two."""

from __future__ import annotations

from typing import Any

import pytest

from bed import stages
from bed.api import Api, ApiError, until
from fix_operator import Operator, application, driver

KIND = "ScheduledSparkApplication"
SHORT = driver(**{stages.ENDS_AFTER: "100ms"})


def schedule(namespace: str, every: str = "@every 2s", **spec: Any) -> dict[str, Any]:
    """A schedule of runs that end at once."""
    template = application(namespace, driver=SHORT)["spec"]
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": KIND,
        "metadata": {"name": "often", "namespace": namespace, "labels": {"team": "maps"}},
        "spec": {"schedule": every, "template": template, **spec},
    }


def runs(api: Api, namespace: str) -> list[dict[str, Any]]:
    """The runs there are."""
    return api.list("SparkApplication", namespace)


def status(api: Api, namespace: str) -> dict[str, Any]:
    """The schedule's status, empty where there is none."""
    return dict(api.read(KIND, namespace, "often").get("status") or {})


@pytest.fixture(autouse=True)
def _at_work(operator: Operator) -> None:
    del operator


def test_runs_are_made_and_the_last_ones_kept(api: Api, namespace: str) -> None:
    api.create(schedule(namespace))
    until("a run that succeeded", lambda: status(api, namespace).get("pastSuccessfulRunNames"))
    first = status(api, namespace)["pastSuccessfulRunNames"]
    until("another", lambda: status(api, namespace).get("pastSuccessfulRunNames") != first)
    until("the first is gone", lambda: not _named(api, namespace, first[0]))


def _named(api: Api, namespace: str, name: str) -> bool:
    return api.get("SparkApplication", namespace, name) is not None


def test_a_run_belongs_to_its_schedule_and_has_its_labels(api: Api, namespace: str) -> None:
    api.create(schedule(namespace))
    until("a run", lambda: runs(api, namespace))
    metadata = runs(api, namespace)[0]["metadata"]
    assert metadata["ownerReferences"][0]["kind"] == KIND
    assert metadata["labels"]["team"] == "maps"
    assert metadata["labels"]["sparkoperator.k8s.io/scheduled-app-name"] == "often"


def test_a_suspended_schedule_makes_none(api: Api, namespace: str) -> None:
    api.create(schedule(namespace, suspend=True))
    until("it was seen", lambda: status(api, namespace).get("scheduleState"))
    assert "nextRun" not in status(api, namespace)


def test_the_next_run_is_told(api: Api, namespace: str) -> None:
    api.create(schedule(namespace, "0 3 * * *", timeZone="Asia/Seoul"))
    until("a next run", lambda: status(api, namespace).get("nextRun"))
    assert status(api, namespace)["nextRun"].endswith("T18:00:00Z")


def test_a_schedule_that_is_none_is_refused_or_told(api: Api, namespace: str) -> None:
    try:
        api.create(schedule(namespace, "61 * * * *"))
    except ApiError as error:
        assert "spec.schedule" in str(error)  # noqa: PT017 either way is right
        return
    until("a reason", lambda: status(api, namespace).get("reason"))
    assert "spec.schedule" in status(api, namespace)["reason"]
