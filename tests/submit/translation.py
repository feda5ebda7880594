"""From a spec to arguments of `spark-submit`, as the well-known operator makes them.

Written from Spark's documentation of its keys and from that operator's documentation of its fields,
on purpose without a line of ours: raw JSON in, arguments out, one `--conf` after another, of which
the last one wins.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
Pairs = Iterator[tuple[str, Any]]

_OPERATOR = "sparkoperator.k8s.io"
_K = "spark.kubernetes"
_OF_APPLICATION = {
    "image": f"{_K}.container.image",
    "imagePullPolicy": f"{_K}.container.image.pullPolicy",
    "imagePullSecrets": f"{_K}.container.image.pullSecrets",
    "pythonVersion": f"{_K}.pyspark.pythonVersion",
    "memoryOverheadFactor": f"{_K}.memoryOverheadFactor",
}
_SECRET_ENV = {
    "GCPServiceAccount": ("GOOGLE_APPLICATION_CREDENTIALS", "key.json"),
    "HadoopDelegationToken": ("HADOOP_TOKEN_FILE_LOCATION", "hadoop.token"),
}


@dataclass(frozen=True)
class Access:
    """How `spark-submit` reaches the API server: by token, as it cannot read every key file."""

    server: str
    token: str
    authority: Path


def arguments(app: Json, submission_id: str, access: Access, folder: Path) -> list[str]:
    """What `spark-submit` is called with; pod templates are written into `folder`."""
    spec, name = app["spec"], app["metadata"]["name"]
    spec = with_monitoring(app) if (spec.get("monitoring") or {}).get("prometheus") else spec
    app = {**app, "spec": spec}
    flags = ["--master", f"k8s://{access.server}", "--deploy-mode", spec.get("mode", "cluster")]
    if "mainClass" in spec:
        flags += ["--class", spec["mainClass"]]
    flags += ["--name", name]
    for key, flag in (
        ("jars", "jars"),
        ("packages", "packages"),
        ("excludePackages", "exclude-packages"),
        ("repositories", "repositories"),
        ("pyFiles", "py-files"),
        ("files", "files"),
        ("archives", "archives"),
    ):
        if spec.get("deps", {}).get(key):
            flags += [f"--{flag}", ",".join(spec["deps"][key])]
    for key, value in _pairs(app, submission_id, folder):
        flags += ["--conf", f"{key}={value}"]
    for key, value in (
        ("oauthToken", access.token),
        ("caCertFile", access.authority),
    ):
        flags += ["--conf", f"{_K}.authenticate.submission.{key}={value}"]
    if "proxyUser" in spec:
        flags += ["--proxy-user", spec["proxyUser"]]
    return [*flags, spec["mainApplicationFile"], *spec.get("arguments", [])]


def pod_name(app: Json) -> str:
    """The driver pod's name."""
    spec = app["spec"]
    chosen = spec["driver"].get("podName") or spec.get("sparkConf", {}).get(f"{_K}.driver.pod.name")
    return str(chosen or f"{app['metadata']['name']}-driver")


def owner(app: Json) -> Json:
    """The reference to the application that the well-known operator gives its pods."""
    return {
        "apiVersion": f"{_OPERATOR}/v1beta2",
        "kind": "SparkApplication",
        "name": app["metadata"]["name"],
        "uid": app["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def with_monitoring(app: Json) -> Json:
    """The spec with what Prometheus' JMX exporter needs."""
    spec = json.loads(json.dumps(app["spec"]))
    wanted, metadata = spec["monitoring"], app["metadata"]
    exporter = wanted["prometheus"]
    folder, port = "/etc/metrics/conf", exporter.get("port", 8090)
    rules = exporter.get("configFile") or f"{folder}/prometheus.yaml"
    conf = spec.setdefault("sparkConf", {})
    conf["spark.metrics.namespace"] = f"{metadata['namespace']}.{metadata['name']}"
    conf["spark.metrics.conf"] = wanted.get("metricsPropertiesFile", f"{folder}/metrics.properties")
    for role, flag in (("driver", "exposeDriverMetrics"), ("executor", "exposeExecutorMetrics")):
        if wanted.get(flag):
            agent = f"-javaagent:{exporter['jmxExporterJar']}={port}:{rules}"
            options = spec[role].get("javaOptions")
            spec[role]["javaOptions"] = f"{options} {agent}" if options else agent
            spec[role].setdefault("annotations", {}).update(
                {
                    "prometheus.io/scrape": "true",
                    "prometheus.io/port": str(port),
                    "prometheus.io/path": "/metrics",
                }
            )
    return dict(spec)


def _pairs(app: Json, submission_id: str, folder: Path) -> Pairs:
    """All `--conf`, in the well-known operator's order."""
    spec, driver = app["spec"], app["spec"]["driver"]
    yield f"{_K}.namespace", app["metadata"]["namespace"]
    lists = {"imagePullSecrets": ",".join(spec.get("imagePullSecrets", []))}
    yield from _said({**spec, **lists}, _OF_APPLICATION)
    yield f"{_K}.submission.waitAppCompletion", "false"
    conf = spec.get("sparkConf", {})
    yield from ((key, value) for key, value in conf.items() if key != f"{_K}.driver.pod.name")
    yield from _prefixed("spark.hadoop.", spec.get("hadoopConf"))
    yield f"{_K}.driver.pod.name", pod_name(app)
    yield from _role(app, submission_id, "driver", f"{_K}.driverEnv.")
    yield from _said(driver, {"kubernetesMaster": f"{_K}.driver.master"})
    yield from _prefixed(f"{_K}.driver.service.label.", driver.get("serviceLabels"))
    yield from _prefixed(f"{_K}.driver.service.annotation.", driver.get("serviceAnnotations"))
    yield from _instances(spec)
    yield from _role(app, submission_id, "executor", "spark.executorEnv.")
    if "deleteOnTermination" in spec["executor"]:
        kept = str(spec["executor"]["deleteOnTermination"]).lower()
        yield f"{_K}.executor.deleteOnTermination", kept
    yield from _prefixed(f"{_K}.node.selector.", spec.get("nodeSelector"))
    yield from _dynamic(spec.get("dynamicAllocation") or {})
    yield from _templates(app, folder)


def _instances(spec: Json) -> Pairs:
    dynamic = (spec.get("dynamicAllocation") or {}).get("enabled", False)
    if "instances" in spec["executor"]:
        yield "spark.executor.instances", spec["executor"]["instances"]
    elif "spark.executor.instances" not in spec.get("sparkConf", {}) and not dynamic:
        yield "spark.executor.instances", 1


def _role(app: Json, submission_id: str, role: str, env: str) -> Pairs:
    spec, fields, kubernetes = app["spec"], app["spec"][role], f"{_K}.{role}"
    yield from _labels(app, submission_id, role)
    yield from _said(
        {"image": fields.get("image") or spec.get("image")},
        {"image": f"{kubernetes}.container.image"},
    )
    conf = spec.get("sparkConf", {})
    for key, default in (("cores", 1), ("memory", "1g")):
        if key in fields or f"spark.{role}.{key}" not in conf:
            yield f"spark.{role}.{key}", fields.get(key, default)
    yield from _said(
        fields,
        {
            "coreRequest": f"{kubernetes}.request.cores",
            "coreLimit": f"{kubernetes}.limit.cores",
            "memoryOverhead": f"spark.{role}.memoryOverhead",
            "serviceAccount": f"{_K}.authenticate.{role}.serviceAccountName",
            "javaOptions": f"spark.{role}.extraJavaOptions",
        },
    )
    yield from _prefixed(f"{kubernetes}.annotation.", fields.get("annotations"))
    refs = fields.get("envSecretKeyRefs", {})
    named = {key: f"{ref['name']}:{ref['key']}" for key, ref in refs.items()}
    yield from _prefixed(f"{kubernetes}.secretKeyRef.", named)
    yield from _prefixed(env, fields.get("envVars"))
    for secret in fields.get("secrets", []):
        yield f"{kubernetes}.secrets.{secret['name']}", secret["path"]
        if secret.get("secretType") in _SECRET_ENV:
            variable, file = _SECRET_ENV[secret["secretType"]]
            yield f"{env}{variable}", f"{secret['path']}/{file}"
    yield from _local_dirs(spec, fields, f"{kubernetes}.volumes")


def _labels(app: Json, submission_id: str, role: str) -> Pairs:
    fields, prefix = app["spec"][role], f"{_K}.{role}.label."
    yield f"{prefix}{_OPERATOR}/app-name", app["metadata"]["name"]
    yield f"{prefix}{_OPERATOR}/launched-by-spark-operator", "true"
    yield f"{prefix}{_OPERATOR}/submission-id", submission_id
    if "template" not in fields:
        yield f"{prefix}{_OPERATOR}/mutated-by-spark-operator", "true"
    own = app["metadata"].get("labels", {})
    kept = {key: value for key, value in own.items() if not key.startswith("kueue.x-k8s.io/")}
    yield from _prefixed(prefix, {**kept, **fields.get("labels", {})})


def _said(fields: Json, keys: dict[str, str]) -> Pairs:
    yield from ((key, fields[name]) for name, key in keys.items() if fields.get(name))


def _prefixed(prefix: str, values: Json | None) -> Pairs:
    yield from ((f"{prefix}{key}", value) for key, value in (values or {}).items())


def _local_dirs(spec: Json, fields: Json, prefix: str) -> Pairs:
    for mount in fields.get("volumeMounts", []):
        if not mount["name"].startswith("spark-local-dir-"):
            continue
        volume = next(one for one in spec["volumes"] if one["name"] == mount["name"])
        (kind,) = (key for key in volume if key != "name")
        key = f"{prefix}.{kind}.{mount['name']}"
        yield f"{key}.mount.path", mount["mountPath"]
        if mount.get("subPath"):
            yield f"{key}.mount.subPath", mount["subPath"]
        if mount.get("readOnly"):
            yield f"{key}.mount.readOnly", "true"
        for option, value in volume[kind].items():
            yield f"{key}.options.{option}", value


def _dynamic(wish: Json) -> Pairs:
    if not wish.get("enabled"):
        return
    prefix = "spark.dynamicAllocation"
    yield f"{prefix}.enabled", "true"
    for key in ("initialExecutors", "minExecutors", "maxExecutors"):
        if key in wish:
            yield f"{prefix}.{key}", wish[key]
    tracked = wish.get("shuffleTrackingEnabled", True)
    yield f"{prefix}.shuffleTracking.enabled", str(tracked).lower()
    if "shuffleTrackingTimeout" in wish:
        yield f"{prefix}.shuffleTracking.timeout", wish["shuffleTrackingTimeout"]


def _templates(app: Json, folder: Path) -> Pairs:
    for role in ("driver", "executor"):
        container = f"spark-kubernetes-{role}"
        bare = {"spec": {"containers": [{"name": container}]}}
        template = json.loads(json.dumps(app["spec"][role].get("template", bare)))
        reference = owner(app)
        if role == "executor":
            del reference["controller"], reference["blockOwnerDeletion"]
        metadata = template.setdefault("metadata", {})
        metadata.setdefault("ownerReferences", []).append(reference)
        file = folder / f"{role}.json"
        file.write_text(json.dumps(template))
        yield f"{_K}.{role}.podTemplateFile", file
        yield f"{_K}.{role}.podTemplateContainerName", container
