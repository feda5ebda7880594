"""The fields of driver and executor that Spark has no configuration for: said to the pod itself.

Elsewhere a mutating webhook adds them to the pods that Spark created. Here the driver pod is built
with them, and executors get them from their pod template. What a field says wins over the template
beside it; entries of lists are added behind the template's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from yeoul_operator.api.application import PodSpecFields
from yeoul_operator.build import names
from yeoul_operator.build.inputs import Object
from yeoul_operator.build.monitoring import with_metrics
from yeoul_operator.build.parts import (
    PodParts,
    config_map_volume,
    env_var,
    merged,
    read_only_mount,
)
from yeoul_operator.build.submission import Submission
from yeoul_operator.build.volumes import by_configuration

HADOOP_FOLDER = "/etc/hadoop/conf"
"""Where `hadoopConfigMap` is mounted."""
SPARK_FOLDER = "/etc/spark/conf"
"""Where `sparkConfigMap` is mounted."""

DRIVER = "driver"
EXECUTOR = "executor"

Step = Callable[[PodParts, Submission, str], PodParts]


def with_fields(parts: PodParts, run: Submission, role: str) -> PodParts:
    """Return the pod of `role` with everything that its fields say."""
    for step in _STEPS:
        parts = step(parts, run, role)
    return parts


def fields_of(run: Submission, role: str) -> PodSpecFields:
    """Return the application's part about `role`."""
    return run.spec.driver if role == DRIVER else run.spec.executor


def _with_env(parts: PodParts, run: Submission, role: str) -> PodParts:
    fields = fields_of(run, role)
    parts = parts.adding_to_container("env", fields.env)
    return parts.adding_to_container("envFrom", fields.env_from)


def _with_configuration(parts: PodParts, run: Submission, role: str) -> PodParts:
    hadoop, spark = run.spec.hadoop_config_map, run.spec.spark_config_map
    if hadoop:
        parts = _with_config_map(parts, hadoop, "hadoop-configmap-volume", HADOOP_FOLDER)
        parts = parts.adding_to_container("env", [env_var("HADOOP_CONF_DIR", HADOOP_FOLDER)])
    if spark:
        parts = _with_config_map(parts, spark, "spark-configmap-volume", SPARK_FOLDER)
        # Executors have the files from the driver, which sends them those of SPARK_CONF_DIR.
        variable = [env_var("SPARK_CONF_DIR", SPARK_FOLDER)] if role == DRIVER else []
        parts = parts.adding_to_container("env", variable)
    for config_map in fields_of(run, role).config_maps:
        volume = names.volume_name(config_map.name, "vol")
        parts = _with_config_map(parts, config_map.name, volume, config_map.path)
    return parts


def _with_volumes(parts: PodParts, run: Submission, role: str) -> PodParts:
    volumes = {volume.get("name"): volume for volume in run.spec.volumes}
    mounts = [
        one for one in fields_of(run, role).volume_mounts if not by_configuration(one, volumes)
    ]
    mounted = dict.fromkeys(one["name"] for one in mounts if one["name"] in volumes)
    parts = parts.adding_to_spec("volumes", [volumes[name] for name in mounted])
    return parts.adding_to_container("volumeMounts", mounts)


def _with_container_fields(parts: PodParts, run: Submission, role: str) -> PodParts:
    fields = fields_of(run, role)
    ports = [port.model_dump(mode="json", by_alias=True) for port in fields.ports]
    parts = parts.adding_to_container("ports", ports)
    given = {"securityContext": fields.security_context, "lifecycle": fields.lifecycle}
    parts = parts.with_container(**_present(given))
    if fields.gpu is not None:
        parts = parts.with_resources("limits", {fields.gpu.name: str(fields.gpu.quantity)})
    return parts


def _with_pod_fields(parts: PodParts, run: Submission, role: str) -> PodParts:
    fields = fields_of(run, role)
    given: Object = {
        "affinity": fields.affinity,
        "dnsConfig": fields.dns_config,
        "priorityClassName": fields.priority_class_name,
        "securityContext": fields.pod_security_context,
        "terminationGracePeriodSeconds": fields.termination_grace_period_seconds,
        "shareProcessNamespace": fields.share_process_namespace or None,
    }
    if fields.host_network:
        # Otherwise a pod in the node's network asks the node's name server.
        given |= {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}
    parts = parts.with_spec(**_present(given))
    parts = parts.adding_to_spec("hostAliases", fields.host_aliases)
    return parts.adding_to_spec("tolerations", fields.tolerations)


def _with_other_containers(parts: PodParts, run: Submission, role: str) -> PodParts:
    fields = fields_of(run, role)
    beside = {(one.get("name"), one.get("image")) for one in parts.before}
    before = {(one.get("name"), one.get("image")) for one in parts.spec.get("initContainers") or ()}
    sidecars = [one for one in fields.sidecars if (one.get("name"), one.get("image")) not in beside]
    initial = [
        one for one in fields.init_containers if (one.get("name"), one.get("image")) not in before
    ]
    parts = parts.adding_to_spec("initContainers", initial)
    return replace(parts, after=(*parts.after, *sidecars))


def _with_placement(parts: PodParts, run: Submission, role: str) -> PodParts:
    if role == EXECUTOR:
        # Spark is told by its own keys: it would overwrite the template.
        return parts
    fields = run.spec.driver
    parts = replace(parts, spec=merged(parts.spec, "nodeSelector", fields.node_selector))
    if fields.scheduler_name and not run.spec.batch_scheduler:
        parts = parts.with_spec(schedulerName=fields.scheduler_name)
    return parts


def _with_config_map(parts: PodParts, config_map: str, volume: str, folder: str) -> PodParts:
    return parts.mounting(config_map_volume(volume, config_map), read_only_mount(volume, folder))


def _present(values: Object) -> Object:
    return {key: value for key, value in values.items() if value is not None}


_STEPS: tuple[Step, ...] = (
    _with_env,
    _with_configuration,
    _with_volumes,
    _with_container_fields,
    _with_pod_fields,
    _with_other_containers,
    _with_placement,
    with_metrics,
)
