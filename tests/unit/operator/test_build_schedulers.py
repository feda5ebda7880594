"""What Volcano and YuniKorn are told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fix_build import children, driver, scala, submission
from yeoul_operator.build.quantity import times, total

SIZES: dict[str, Any] = {
    "driver": {"cores": 1, "coreRequest": "500m", "memory": "1g"},
    "executor": {"cores": 2, "memory": "2g", "instances": 3},
}


def pod_group(**spec: Any) -> dict[str, Any]:
    """The PodGroup of an application for Volcano."""
    built = children(scala("pi", batchScheduler="volcano", **{**SIZES, **spec}))
    (group,) = (one for one in built.of_application if one["kind"] == "PodGroup")
    return dict(group)


def task_groups(**spec: Any) -> list[dict[str, Any]]:
    """What YuniKorn reads at the driver."""
    pod = driver(scala(batchScheduler="yunikorn", **{**SIZES, **spec}))
    return list(json.loads(pod["metadata"]["annotations"]["yunikorn.apache.org/task-groups"]))


def test_volcano_waits_for_room_for_driver_and_executors() -> None:
    group = pod_group()
    assert group["spec"]["minMember"] == 1
    # 1408 MiB and three times 2432 MiB
    assert group["spec"]["minResources"] == {"cpu": "6500m", "memory": "8704Mi"}


def test_volcano_takes_the_resources_that_somebody_states() -> None:
    options = {"queue": "q", "priorityClassName": "high", "resources": {"cpu": "2"}}
    spec = pod_group(batchSchedulerOptions=options)["spec"]
    assert spec["minResources"] == {"cpu": "2"}
    assert (spec["queue"], spec["priorityClassName"]) == ("q", "high")


def test_pods_say_which_group_of_volcanos_they_belong_to() -> None:
    app = scala("pi", batchScheduler="volcano")
    pod, conf = driver(app), submission(app).conf
    key = "scheduling.k8s.io/group-name"
    assert pod["metadata"]["annotations"][key] == pod_group()["metadata"]["name"]
    assert conf[f"spark.kubernetes.executor.annotation.{key}"] == "spark-pi-pg"


@pytest.mark.parametrize("scheduler", ["volcano", "yunikorn"])
def test_all_pods_go_to_the_batch_scheduler(scheduler: str) -> None:
    app = scala(batchScheduler=scheduler, driver={"schedulerName": "other"})
    assert driver(app)["spec"]["schedulerName"] == scheduler
    assert submission(app).conf["spark.kubernetes.executor.scheduler.name"] == scheduler


def test_yunikorn_makes_room_for_both_groups() -> None:
    groups = {group["name"]: group for group in task_groups()}
    assert groups["spark-driver"]["minResource"] == {"cpu": "500m", "memory": "1408Mi"}
    assert groups["spark-executor"]["minMember"] == 3
    assert groups["spark-executor"]["minResource"] == {"cpu": "2", "memory": "2432Mi"}


def test_yunikorn_is_not_told_of_executors_that_do_not_start_at_once() -> None:
    (group,) = task_groups(dynamicAllocation={"enabled": True}, executor={})
    assert group["name"] == "spark-driver"


def test_yunikorn_begins_with_the_largest_of_the_numbers() -> None:
    wish = {"enabled": True, "minExecutors": 2, "initialExecutors": 5}
    assert task_groups(dynamicAllocation=wish)[1]["minMember"] == 5


def test_yunikorn_hears_of_the_queue() -> None:
    app = scala(batchScheduler="yunikorn", batchSchedulerOptions={"queue": "root.road"})
    assert driver(app)["metadata"]["labels"]["queue"] == "root.road"


def test_other_schedulers_get_no_group() -> None:
    built = children(scala(driver={"schedulerName": "other"}))
    assert [one["kind"] for one in built.of_application] == ["Service"]


@pytest.mark.parametrize(
    ("one", "other", "sum_"),
    [("500m", "1", "1500m"), ("1Gi", "1Mi", "1025Mi"), ("1", "1", "2"), ("1k", "24", "1024")],
)
def test_quantities_are_summed_up(one: str, other: str, sum_: str) -> None:
    assert total(one, other) == sum_


def test_quantities_are_multiplied() -> None:
    assert times("250m", 3) == "750m"
