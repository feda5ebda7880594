"""What the well-known operator's mutating webhook does to the pods that Spark created.

Written from its documentation, on raw JSON, without a line of ours. It touches only pods without a
template; ours honours the fields beside a template too, so here they count always.
"""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]

# field -> list or value of the pod's spec
_ADDED = {
    "hostAliases": "hostAliases",
    "initContainers": "initContainers",
    "sidecars": "containers",
    "tolerations": "tolerations",
}
_REPLACED = {
    "dnsConfig": "dnsConfig",
    "priorityClassName": "priorityClassName",
    "affinity": "affinity",
    "podSecurityContext": "securityContext",
    "terminationGracePeriodSeconds": "terminationGracePeriodSeconds",
    "shareProcessNamespace": "shareProcessNamespace",
}


def mutated(pod: Json, app: Json, role: str, metrics: tuple[str, str] | None) -> Json:
    """The pod with the fields of `app` that Spark has no keys for.

    `metrics`: the names of volume and ConfigMap with the configuration of metrics, if there is one.
    """
    pod = json.loads(json.dumps(pod))
    spec, fields = app["spec"], app["spec"][role]
    body = pod["spec"]
    container = _container(body, f"spark-kubernetes-{role}")
    _environment(container, spec, fields, body)
    _volumes(body, container, spec, fields)
    _placement(body, spec, fields)
    for name, key in _ADDED.items():
        if fields.get(name):
            body[key] = [*body.get(key, []), *fields[name]]
    body |= {key: fields[name] for name, key in _REPLACED.items() if fields.get(name) is not None}
    _resources(container["resources"], fields)
    container |= {name: fields[name] for name in ("securityContext", "lifecycle") if name in fields}
    container["ports"] = [*container.get("ports", []), *fields.get("ports", [])]
    if metrics:
        _metrics(body, container, spec["monitoring"], role, metrics)
    return dict(pod)


def _placement(body: Json, spec: Json, fields: Json) -> None:
    if fields.get("hostNetwork"):
        body |= {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}
    scheduler = spec.get("batchScheduler") or fields.get("schedulerName")
    if scheduler:
        body["schedulerName"] = scheduler
    if fields.get("nodeSelector"):
        body["nodeSelector"] = {**body.get("nodeSelector", {}), **fields["nodeSelector"]}


def _resources(resources: Json, fields: Json) -> None:
    if "memoryLimit" in fields:
        text = fields["memoryLimit"]
        units = {"g": f"{text[:-1]}Gi", "m": f"{text[:-1]}Mi"}
        resources["limits"]["memory"] = units.get(text[-1], text)
    if "gpu" in fields:
        name = fields["gpu"]["name"]
        resources["limits"][name] = str(fields["gpu"]["quantity"])
        # The API server takes it from the limit.
        resources["requests"].pop(name, None)


def _container(body: Json, name: str) -> Json:
    containers: list[Json] = body["containers"]
    return next((one for one in containers if one["name"] == name), containers[0])


def _environment(container: Json, spec: Json, fields: Json, body: Json) -> None:
    env = container.setdefault("env", [])
    env += fields.get("env", [])
    if fields.get("envFrom"):
        container["envFrom"] = [*container.get("envFrom", []), *fields["envFrom"]]
    for field, volume, variable, folder in (
        ("hadoopConfigMap", "hadoop-configmap-volume", "HADOOP_CONF_DIR", "/etc/hadoop/conf"),
        ("sparkConfigMap", "spark-configmap-volume", "SPARK_CONF_DIR", "/etc/spark/conf"),
    ):
        if field in spec:
            _mount_config_map(body, container, spec[field], volume, folder)
            env.append({"name": variable, "value": folder})
    for config_map in fields.get("configMaps", []):
        name = config_map["name"]
        _mount_config_map(body, container, name, f"{name}-vol", config_map["path"])


def _volumes(body: Json, container: Json, spec: Json, fields: Json) -> None:
    volumes = {one["name"]: one for one in spec.get("volumes", [])}
    for mount in fields.get("volumeMounts", []):
        if mount["name"].startswith("spark-local-dir-"):
            continue
        if mount["name"] not in {one["name"] for one in body["volumes"]}:
            body["volumes"].append(volumes[mount["name"]])
        container["volumeMounts"].append(mount)


def _metrics(
    body: Json, container: Json, wanted: Json, role: str, metrics: tuple[str, str]
) -> None:
    volume, config_map = metrics
    _mount_config_map(body, container, config_map, volume, "/etc/metrics/conf")
    exporter = wanted.get("prometheus")
    if exporter and wanted.get(f"expose{role.capitalize()}Metrics"):
        port = {
            "name": exporter.get("portName", "jmx-exporter"),
            "containerPort": exporter.get("port", 8090),
            "protocol": "TCP",
        }
        container.setdefault("ports", []).append(port)


def _mount_config_map(
    body: Json, container: Json, config_map: str, volume: str, folder: str
) -> None:
    body.setdefault("volumes", []).append({"name": volume, "configMap": {"name": config_map}})
    mount = {"name": volume, "mountPath": folder, "readOnly": True}
    container.setdefault("volumeMounts", []).append(mount)
