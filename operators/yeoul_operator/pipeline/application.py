"""The SparkApplication that a pipeline becomes: plain, so that anyone can inspect it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from yeoul_operator.api.application import API_VERSION, KIND
from yeoul_operator.api.meta import EPOCH_FLOOR, RESTARTED_AT
from yeoul_operator.pipeline.revision import KEY, Revision, config_map_name
from yeoul_stream.pipeline import Runtime, StreamPipeline

Document = dict[str, Any]

PIPELINE = "yeoul.dev/pipeline"
REVISION = "yeoul.dev/revision"
PORT = 8090
CONFIG_DIR = "/etc/yeoul/pipeline"
SECRETS_DIR = "/etc/yeoul/secrets"
# What a namespace of the level "restricted" asks for, and more. The image writes to Spark's local
# volume only. https://kubernetes.io/docs/concepts/security/pod-security-standards/
_SECURITY: Document = {
    "podSecurityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    },
}


@dataclass(frozen=True, slots=True)
class Installation:
    """What is the same for all pipelines of an installation."""

    name: str = "default"
    """Under it the sinks keep their positions."""
    main_file: str = "local:///opt/yeoul/stream.py"
    spark_version: str = "4.1.1"
    service_account: str = "spark"
    cpu_percent: int = 100
    """Of its cores each pod requests so much, unless the pipeline's sparkConf says it."""
    pull_policy: str = "IfNotPresent"


@dataclass(frozen=True, slots=True)
class Run:
    """What of an application may change without a new revision."""

    executors: int = 1
    epoch_floor: int = 0
    suspend: bool = False
    restarted_at: str = ""


def owner_reference(name: str, uid: str) -> Document:
    """Return the pipeline as the owner of its objects.

    Nothing of them blocks its deletion; the driver drains while the garbage collector waits for
    its pod.
    """
    return {
        "apiVersion": "yeoul.dev/v1alpha1",
        "kind": "StreamPipeline",
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }


def labels_of(name: str) -> dict[str, str]:
    """Return the labels of everything that a pipeline owns."""
    return {
        PIPELINE: name,
        "app.kubernetes.io/name": "yeoul-stream",
        "app.kubernetes.io/instance": name,
        "app.kubernetes.io/part-of": "yeoul",
        "app.kubernetes.io/managed-by": "yeoul-operator",
    }


def executor_selector(name: str) -> str:
    """Return the selector of a pipeline's executors."""
    return f"{PIPELINE}={name},spark-role=executor"


def application(
    revision: Revision,
    run: Run,
    installation: Installation,
    uid: str,
    labels: Mapping[str, str] | None = None,
) -> Document:
    """Return the application that runs a revision. `uid` and `labels` are the pipeline's.

    It bears them too: an operator that serves what a selector matches must find both.
    """
    pipeline = revision.pipeline
    name, namespace = pipeline.metadata.name, pipeline.metadata.namespace
    notes = {RESTARTED_AT: run.restarted_at} if run.restarted_at else {}
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {**(labels or {}), **labels_of(name), REVISION: revision.name},
            "ownerReferences": [owner_reference(name, uid)],
            "annotations": {**notes, EPOCH_FLOOR: str(run.epoch_floor)},
        },
        "spec": _spec(revision, run, installation),
    }


def _spec(revision: Revision, run: Run, installation: Installation) -> Document:
    runtime = revision.pipeline.spec.runtime
    hadoop = runtime.hadoop_config_map
    return {
        "type": "Python",
        "mode": "cluster",
        "sparkVersion": installation.spark_version,
        "image": runtime.image,
        "imagePullPolicy": installation.pull_policy,
        "mainApplicationFile": installation.main_file,
        "arguments": [
            "--pipeline",
            f"{CONFIG_DIR}/{KEY}",
            "--http-host",
            "0.0.0.0",  # noqa: S104 the operator and Prometheus ask from other pods
            "--http-port",
            str(PORT),
        ],
        **({"sparkConf": dict(runtime.spark_conf)} if runtime.spark_conf else {}),
        **({"hadoopConfigMap": hadoop} if hadoop else {}),
        "restartPolicy": {"type": "OnFailure" if ends(revision.pipeline) else "Always"},
        "suspend": run.suspend,
        "volumes": list(_volumes(revision)),
        "driver": _driver(revision, installation),
        "executor": {
            "instances": run.executors,
            "cores": runtime.executors.cores,
            **_request("executor", runtime.executors.cores, runtime, installation),
            "memory": runtime.executors.memory,
            "env": _env(installation),
            "volumeMounts": list(_secret_mounts(revision.pipeline)),
            **_SECURITY,
        },
    }


def ends(pipeline: StreamPipeline) -> bool:
    """Whether the job comes to an end by itself: every sink takes what is there, and no more."""
    return all(sink.trigger.kind == "available_now" for sink in pipeline.spec.sinks if sink.enabled)


def _driver(revision: Revision, installation: Installation) -> Document:
    runtime = revision.pipeline.spec.runtime
    pipeline_mount = {"name": "pipeline", "mountPath": CONFIG_DIR, "readOnly": True}
    return {
        "cores": runtime.driver.cores,
        **_request("driver", runtime.driver.cores, runtime, installation),
        "memory": runtime.driver.memory,
        "serviceAccount": installation.service_account,
        # What SIGTERM begins has this long; then the kubelet kills, and the sinks resume anyway.
        "terminationGracePeriodSeconds": max(1, round(runtime.drain_timeout)),
        "ports": [{"name": "progress", "containerPort": PORT, "protocol": "TCP"}],
        "env": [*_env(installation), _epoch_floor()],
        "volumeMounts": [pipeline_mount, *_secret_mounts(revision.pipeline)],
        **_SECURITY,
    }


def _request(role: str, cores: int, runtime: Runtime, installation: Installation) -> dict[str, str]:
    said = f"spark.kubernetes.{role}.request.cores" in runtime.spark_conf
    if said or installation.cpu_percent == 100:
        return {}
    return {"coreRequest": f"{10 * cores * installation.cpu_percent}m"}


def _env(installation: Installation) -> list[Document]:
    values = {"YEOUL_INSTALLATION": installation.name, "YEOUL_SECRETS_DIR": SECRETS_DIR}
    return [{"name": name, "value": value} for name, value in values.items()]


def _epoch_floor() -> Document:
    # From the pod's own annotation: written into the spec, each new floor would restart the driver.
    path = f"metadata.annotations['{EPOCH_FLOOR}']"
    return {"name": "YEOUL_EPOCH_FLOOR", "valueFrom": {"fieldRef": {"fieldPath": path}}}


def secrets(pipeline: StreamPipeline) -> tuple[str, ...]:
    """Return the Secrets that a pipeline names, each once, in order."""
    spec = pipeline.spec
    sinks = (name for sink in spec.sinks if sink.enabled for name in sink.secrets)
    registry = spec.record.schema_registry
    named = [spec.source.kafka.secret_ref, registry and registry.secret_ref, *sinks]
    return tuple(dict.fromkeys(name for name in named if name))


def _volumes(revision: Revision) -> Iterator[Document]:
    name = config_map_name(revision.pipeline.metadata.name, revision.name)
    yield {"name": "pipeline", "configMap": {"name": name}}
    for index, secret in enumerate(secrets(revision.pipeline)):
        yield {"name": f"secret-{index}", "secret": {"secretName": secret}}


def _secret_mounts(pipeline: StreamPipeline) -> Iterator[Document]:
    # Executors mount them too: their tasks open the connections to the database.
    for index, secret in enumerate(secrets(pipeline)):
        path = f"{SECRETS_DIR}/{secret}"
        yield {"name": f"secret-{index}", "mountPath": path, "readOnly": True}


def revision_of_application(found: Mapping[str, Any]) -> str:
    """Return the revision that an application runs."""
    return str((found["metadata"].get("labels") or {}).get(REVISION, ""))


def run_of_application(found: Mapping[str, Any]) -> Run:
    """Return what an application has of what may change without a new revision."""
    spec = found.get("spec") or {}
    notes = found["metadata"].get("annotations") or {}
    floor = notes.get(EPOCH_FLOOR, "")
    return Run(
        executors=int((spec.get("executor") or {}).get("instances") or 1),
        epoch_floor=int(floor) if floor.isdigit() else 0,
        suspend=bool(spec.get("suspend")),
        restarted_at=notes.get(RESTARTED_AT, ""),
    )


def covers(found: Any, wanted: Any) -> bool:
    """Whether everything that is wanted is there; what others have added does not count."""
    if isinstance(wanted, Mapping):
        if not isinstance(found, Mapping):
            return False
        return all(covers(found.get(key), value) for key, value in wanted.items())
    return bool(found == wanted)


def owner_uid(found: Mapping[str, Any]) -> str:
    """Return the UID of the pipeline that owns an object; empty if none does."""
    owners = found["metadata"].get("ownerReferences") or ()
    return next((one["uid"] for one in owners if one.get("kind") == "StreamPipeline"), "")
