"""Batch schedulers: Volcano by a PodGroup, YuniKorn by annotations of the driver.

Names of annotations and groups are those that the schedulers' own guides use for Spark.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from yeoul_operator.api.application import PodSpecFields, SparkApplication, SparkApplicationSpec
from yeoul_operator.build import labels, names
from yeoul_operator.build.inputs import Object
from yeoul_operator.build.memory import driver_memory_mib, executor_memory_mib
from yeoul_operator.build.owner import owned_by_application
from yeoul_operator.build.quantity import times, total
from yeoul_operator.build.submission import Submission

VOLCANO = "volcano"
YUNIKORN = "yunikorn"
SCHEDULERS = (VOLCANO, YUNIKORN)

_GROUP = "scheduling.k8s.io/group-name"
_TASK_GROUP = "yunikorn.apache.org/task-group-name"
_TASK_GROUPS = "yunikorn.apache.org/task-groups"
_INSTANCES = "spark.executor.instances"
_DYNAMIC = "spark.dynamicAllocation."
# What Spark asks for when nobody says a number: SchedulerBackendUtils.
_DEFAULT_INSTANCES = "2"


def conf(app: SparkApplication) -> dict[str, str]:
    """Return the keys by which driver and executors go to the batch scheduler."""
    scheduler = app.spec.batch_scheduler
    if scheduler == VOLCANO:
        group = pod_group_name(app)
        return {
            f"spark.kubernetes.{role}.annotation.{_GROUP}": group for role in _ROLES
        } | _by_name(VOLCANO)
    if scheduler == YUNIKORN:
        return _by_name(YUNIKORN) | _queue(app.spec) | _task_group_names()
    return {}


def driver_annotations(run: Submission) -> dict[str, str]:
    """Return what YuniKorn reads from the driver: the groups that it makes room for together."""
    if run.spec.batch_scheduler != YUNIKORN:
        return {}
    return {_TASK_GROUPS: json.dumps(_task_groups(run), sort_keys=True)}


def pod_group(run: Submission) -> Object | None:
    """Return Volcano's PodGroup of the application."""
    if run.spec.batch_scheduler != VOLCANO:
        return None
    options = run.spec.batch_scheduler_options
    given = {
        "queue": options.queue if options else None,
        "priorityClassName": options.priority_class_name if options else None,
    }
    amounts = {key: str(value) for key, value in options.resources.items()} if options else {}
    return owned_by_application(
        run.application,
        {
            "apiVersion": "scheduling.volcano.sh/v1beta1",
            "kind": "PodGroup",
            "metadata": {
                "name": pod_group_name(run.application),
                "namespace": run.namespace,
                "labels": labels.of_application(run.application, "pod-group"),
            },
            "spec": {
                # The driver starts alone: it is what asks for the executors.
                "minMember": 1,
                "minResources": amounts or _least(run),
                **{key: value for key, value in given.items() if value},
            },
        },
    )


def pod_group_name(app: SparkApplication) -> str:
    """Return the name of the application's PodGroup."""
    return names.object_name(f"spark-{app.metadata.name}", "pg")


def first_executors(conf: Mapping[str, str]) -> int:
    """Return how many executors the driver asks for at its start."""
    if conf.get(f"{_DYNAMIC}enabled", "false").lower() != "true":
        return int(conf.get(_INSTANCES, _DEFAULT_INSTANCES))
    keys = (f"{_DYNAMIC}minExecutors", f"{_DYNAMIC}initialExecutors", _INSTANCES)
    return max(int(conf.get(key, "0")) for key in keys)


_ROLES = ("driver", "executor")


def _by_name(scheduler: str) -> dict[str, str]:
    return {f"spark.kubernetes.{role}.scheduler.name": scheduler for role in _ROLES}


def _queue(spec: SparkApplicationSpec) -> dict[str, str]:
    queue = spec.batch_scheduler_options.queue if spec.batch_scheduler_options else None
    return {f"spark.kubernetes.{role}.label.queue": queue for role in _ROLES} if queue else {}


def _task_group_names() -> dict[str, str]:
    return {f"spark.kubernetes.{role}.annotation.{_TASK_GROUP}": f"spark-{role}" for role in _ROLES}


def _task_groups(run: Submission) -> list[Object]:
    driver = _task_group(run, "driver", 1, run.spec.driver)
    executors = first_executors(run.conf)
    # YuniKorn refuses a group without members.
    return [driver, _task_group(run, "executor", executors, run.spec.executor)][
        : 1 + (executors > 0)
    ]


def _task_group(run: Submission, role: str, members: int, fields: PodSpecFields) -> Object:
    described = {
        "nodeSelector": {**run.spec.node_selector, **fields.node_selector},
        "tolerations": list(fields.tolerations),
        "affinity": fields.affinity,
        "labels": dict(fields.labels),
    }
    return {
        "name": f"spark-{role}",
        "minMember": members,
        "minResource": _request(run, role),
        **{key: value for key, value in described.items() if value},
    }


def _least(run: Submission) -> dict[str, str]:
    executor, count = _request(run, "executor"), first_executors(run.conf)
    driver = _request(run, "driver")
    return {key: total(driver[key], times(executor[key], count)) for key in driver}


def _request(run: Submission, role: str) -> dict[str, str]:
    memory = driver_memory_mib if role == "driver" else executor_memory_mib
    cores = run.conf.get(f"spark.{role}.cores", "1")
    return {
        "cpu": run.conf.get(f"spark.kubernetes.{role}.request.cores", cores),
        "memory": f"{memory(run.conf, python=run.python)}Mi",
    }
