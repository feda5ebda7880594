"""Applications that are edited, held, restarted and deleted, as clients see them."""

from __future__ import annotations

import pytest

from bed import stages
from bed.api import Api, until
from fix_operator import SPARK, Applications, driver

SHORT = {stages.ENDS_AFTER: "100ms"}
STAYS = {stages.DELETION: stages.BY_TEST}


def uid(applications: Applications) -> str:
    pod = applications.pod()
    return str(pod["metadata"]["uid"]) if pod else ""


def test_an_edit_of_what_runs_replaces_the_driver(applications: Applications) -> None:
    applications.create()
    applications.reaches("RUNNING")
    before = uid(applications)
    applications.patch({"spec": {"arguments": ["1000"]}})
    until("another driver", lambda: uid(applications) not in ("", before))
    status = applications.reaches("RUNNING")
    assert [each.get("reason") for each in status["attempts"]] == ["Replaced", None]


def test_an_edit_of_the_retries_leaves_the_driver_alone(applications: Applications) -> None:
    applications.create()
    applications.reaches("RUNNING")
    before = uid(applications)
    applications.patch({"spec": {"restartPolicy": {"type": "Always"}}})
    applications.is_so("seen", lambda status: status["observedGeneration"] == 2)
    assert (uid(applications), applications.state()) == (before, "RUNNING")


def test_an_edit_runs_a_finished_application_again(applications: Applications) -> None:
    applications.create(driver=driver(**SHORT))
    applications.reaches("COMPLETED")
    applications.patch({"spec": {"arguments": ["1000"]}})
    applications.is_so("a second attempt", lambda status: len(status["attempts"]) == 2)
    applications.reaches("COMPLETED")


def test_the_annotation_restarts_the_driver(applications: Applications) -> None:
    applications.create()
    applications.reaches("RUNNING")
    before = uid(applications)
    applications.patch({"metadata": {"annotations": {"yeoul.dev/restartedAt": "now"}}})
    until("another driver", lambda: uid(applications) not in ("", before))
    applications.reaches("RUNNING")


def test_while_the_old_driver_terminates_there_is_no_other(
    api: Api, applications: Applications
) -> None:
    applications.create(driver=driver(**STAYS))
    applications.reaches("RUNNING")
    before = uid(applications)
    applications.patch({"spec": {"arguments": ["1000"]}})
    applications.reaches("INVALIDATING")
    until("a driver that goes", lambda: "deletionTimestamp" in _metadata(applications))
    assert uid(applications) == before
    api.delete("Pod", applications.namespace, "pi-driver", gracePeriodSeconds=0)
    applications.reaches("RUNNING")


def _metadata(applications: Applications) -> dict[str, object]:
    pod = applications.pod()
    return dict(pod["metadata"]) if pod else {}


def test_suspended_at_creation_it_is_not_submitted(applications: Applications) -> None:
    applications.create(suspend=True)
    applications.reaches("SUSPENDED")
    assert applications.pod() is None


def test_it_is_submitted_when_it_is_resumed(applications: Applications) -> None:
    applications.create(suspend=True)
    applications.reaches("SUSPENDED")
    applications.patch({"spec": {"suspend": False}})
    applications.reaches("RUNNING")


def test_suspension_ends_the_driver(applications: Applications) -> None:
    applications.create()
    applications.reaches("RUNNING")
    applications.patch({"spec": {"suspend": True}})
    applications.reaches("SUSPENDED")
    assert applications.pod() is None


def test_a_finished_application_goes_after_its_time_to_live(
    api: Api, applications: Applications
) -> None:
    applications.create(driver=driver(**SHORT), timeToLiveSeconds=1)
    until("it is gone", lambda: api.get(SPARK, applications.namespace, "pi") is None)


def test_a_deleted_driver_pod_is_replaced_where_failures_are(
    api: Api, applications: Applications
) -> None:
    policy = {"type": "OnFailure", "onFailureRetries": 0, "onFailureRetryInterval": 1}
    applications.create(restartPolicy=policy)
    applications.reaches("RUNNING")
    api.delete("Pod", applications.namespace, "pi-driver")
    status = applications.is_so("two attempts", lambda status: len(status["attempts"]) == 2)
    assert status["attempts"][0]["outcome"] == "InfrastructureFailure"


def test_a_deleted_driver_pod_fails_an_application_that_is_never_retried(
    api: Api, applications: Applications
) -> None:
    applications.create()
    applications.reaches("RUNNING")
    api.delete("Pod", applications.namespace, "pi-driver")
    status = applications.reaches("FAILED")
    assert "pi-driver" in status["applicationState"]["errorMessage"]


def test_an_edit_of_the_user_interface_changes_the_service_and_nothing_else(
    api: Api, applications: Applications
) -> None:
    applications.create()
    applications.reaches("RUNNING")
    before = uid(applications)
    applications.patch({"spec": {"sparkUIOptions": {"servicePort": 8088}}})

    def port() -> int:
        return int(
            api.read("Service", applications.namespace, "pi-ui-svc")["spec"]["ports"][0]["port"]
        )

    until("another port", lambda: port() == 8088)
    applications.is_so("told", lambda status: status["driverInfo"]["webUIPort"] == 8088)
    assert uid(applications) == before


def test_a_service_that_somebody_deletes_comes_back(api: Api, applications: Applications) -> None:
    applications.create()
    applications.reaches("RUNNING")
    api.delete("Service", applications.namespace, "pi-ui-svc")
    until("it is back", lambda: api.get("Service", applications.namespace, "pi-ui-svc"))


@pytest.mark.parametrize("kind", ["Pod", "Service", "ConfigMap"])
def test_what_belongs_to_an_attempt_belongs_to_its_driver(
    api: Api, applications: Applications, kind: str
) -> None:
    applications.create()
    applications.reaches("RUNNING")
    pod = applications.pod()
    assert pod is not None
    owners = {
        one["metadata"]["name"]: one["metadata"]["ownerReferences"][0]["kind"]
        for one in api.list(kind, applications.namespace, "yeoul.dev/attempt=1")
    }
    expected = SPARK if kind == "Pod" else "Pod"
    assert set(owners.values()) == {expected}
