"""The driver pod: Spark's feature steps one after another, then the application's own fields.

The order is that of Spark 4.1's `KubernetesDriverBuilder`, since it decides the order of
environment variables, volumes and arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from yeoul_operator.build import batch_scheduler, labels, names
from yeoul_operator.build.executor_template import with_template
from yeoul_operator.build.hadoop import with_hadoop_conf, with_kerberos
from yeoul_operator.build.inputs import Object
from yeoul_operator.build.memory import driver_memory_mib
from yeoul_operator.build.owner import owned_by_application
from yeoul_operator.build.parts import PodParts, env_var, merged, mount, parts_of, secret_volume
from yeoul_operator.build.pod_fields import DRIVER, with_fields
from yeoul_operator.build.resources import driver_resources, memory_limit
from yeoul_operator.build.service import container_ports
from yeoul_operator.build.spark_properties import FILE, NO_RESOURCE, with_properties
from yeoul_operator.build.submission import Submission, below, listed
from yeoul_operator.build.volumes import LOCAL_DIR, conf_volumes, mount_of, volume_of

CONTAINER = "spark-kubernetes-driver"
"""The name of the driver's container: clients read the log under it."""

_PYTHON_RUNNER = "org.apache.spark.deploy.PythonRunner"
_PYTHON = "spark.pyspark.python"
_DRIVER_PYTHON = "spark.pyspark.driver.python"

Step = Callable[[PodParts, Submission], PodParts]


def driver_pod(run: Submission, *, has_template: bool) -> Object:
    """Return the pod; `has_template`: whether executors have a template of their own."""
    parts = parts_of(run.spec.driver.template, CONTAINER)
    for step in _STEPS:
        parts = step(parts, run)
    if has_template:
        parts = with_template(parts, run)
    parts = with_properties(_with_local_dirs(parts, run), run)
    parts = _with_memory_limit(with_fields(parts, run, DRIVER), run)
    return _pod(parts, run)


def _pod(parts: PodParts, run: Submission) -> Object:
    own = labels.of_attempt(run, "driver")
    metadata = {
        **parts.metadata,
        "name": run.pod_name,
        "namespace": run.namespace,
        # What somebody chose stands above what is merely recommended.
        "labels": {
            **own,
            **(parts.metadata.get("labels") or {}),
            **labels.spark_labels(run),
            labels.ATTEMPT: own[labels.ATTEMPT],
        },
    }
    containers = [*parts.before, parts.container, *parts.after]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {**parts.spec, "containers": containers},
    }
    return owned_by_application(run.application, pod)


def _with_basics(parts: PodParts, run: Submission) -> PodParts:
    conf = run.conf
    parts = parts.with_container(image=_image(run), imagePullPolicy=_pull_policy(run))
    parts = parts.adding_to_container("ports", container_ports(conf))
    bind = {
        "name": "SPARK_DRIVER_BIND_ADDRESS",
        "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}},
    }
    given = below(conf, "spark.kubernetes.driverEnv.")
    parts = parts.adding_to_container(
        "env",
        [
            env_var("SPARK_USER", run.settings.spark_user),
            env_var("SPARK_APPLICATION_ID", run.app_id),
            *(env_var(name, value) for name, value in given.items()),
            bind,
        ],
    )
    return _with_resources(parts, run)


def _with_resources(parts: PodParts, run: Submission) -> PodParts:
    conf = run.conf
    cores = conf.get("spark.driver.cores", "1")
    limit = conf.get("spark.kubernetes.driver.limit.cores")
    memory = f"{driver_memory_mib(conf, python=run.python)}Mi"
    request = conf.get("spark.kubernetes.driver.request.cores", cores)
    parts = parts.with_resources("requests", {"cpu": request, "memory": memory})
    limits = {"memory": memory, **({"cpu": limit} if limit is not None else {})}
    return parts.with_resources("limits", {**limits, **driver_resources(conf)})


def _with_placement(parts: PodParts, run: Submission) -> PodParts:
    conf = run.conf
    annotations = below(conf, "spark.kubernetes.driver.annotation.")
    annotations = {key: run.with_ids(value) for key, value in annotations.items()}
    annotations |= batch_scheduler.driver_annotations(run)
    selector = below(conf, "spark.kubernetes.node.selector.")
    selector |= below(conf, "spark.kubernetes.driver.node.selector.")
    secrets = listed(conf.get("spark.kubernetes.container.image.pullSecrets", ""))
    parts = replace(
        parts,
        metadata=merged(parts.metadata, "annotations", annotations),
        spec={**merged(parts.spec, "nodeSelector", selector), "restartPolicy": "Never"},
    )
    parts = parts.adding_to_spec("imagePullSecrets", [{"name": name} for name in secrets])
    named = {
        "schedulerName": conf.get("spark.kubernetes.driver.scheduler.name")
        or conf.get("spark.kubernetes.scheduler.name"),
        "serviceAccountName": conf.get("spark.kubernetes.authenticate.driver.serviceAccountName"),
    }
    return parts.with_spec(**{key: value for key, value in named.items() if value})


def _with_secrets(parts: PodParts, run: Submission) -> PodParts:
    for secret, folder in below(run.conf, "spark.kubernetes.driver.secrets.").items():
        name = names.volume_name(secret, "volume")
        parts = parts.mounting(secret_volume(name, secret), mount(name, folder))
    return parts


def _with_secret_env(parts: PodParts, run: Submission) -> PodParts:
    refs = below(run.conf, "spark.kubernetes.driver.secretKeyRef.")
    entries = []
    for name, ref in refs.items():
        secret, _, key = ref.partition(":")
        source = {"secretKeyRef": {"name": secret, "key": key}}
        entries.append({"name": name, "valueFrom": source})
    return parts.adding_to_container("env", entries)


def _with_volumes(parts: PodParts, run: Submission) -> PodParts:
    for volume in conf_volumes(run.conf, "driver"):
        parts = parts.mounting(volume_of(volume, run), mount_of(volume))
    return parts


def _with_command(parts: PodParts, run: Submission) -> PodParts:
    spec = run.spec
    acting = ["--proxy-user", spec.proxy_user] if spec.proxy_user else []
    main_class = _PYTHON_RUNNER if run.python else spec.main_class or NO_RESOURCE
    arguments = ["driver", *acting, "--properties-file", FILE, "--class", main_class]
    arguments += [spec.main_application_file, *spec.arguments]
    parts = parts.adding_to_container("args", arguments)
    if not run.python:
        return parts
    python = run.conf.get(_PYTHON)
    known = {
        "PYSPARK_PYTHON": python,
        "PYSPARK_DRIVER_PYTHON": run.conf.get(_DRIVER_PYTHON, python),
    }
    entries = [env_var(name, value) for name, value in known.items() if value is not None]
    return parts.adding_to_container("env", entries)


def _with_local_dirs(parts: PodParts, run: Submission) -> PodParts:
    mounts = [*(parts.container.get("volumeMounts") or ()), *run.spec.driver.volume_mounts]
    scratch = [one for one in mounts if str(one.get("name", "")).startswith(LOCAL_DIR)]
    folders = list(dict.fromkeys(one["mountPath"] for one in scratch))
    if not folders:
        fallback = f"/var/data/spark-{run.attempt.submission_id}"
        folders = listed(run.conf.get("spark.local.dir", fallback))
        in_memory = run.conf.get("spark.kubernetes.local.dirs.tmpfs", "false").lower() == "true"
        for number, folder in enumerate(folders, 1):
            name = f"{LOCAL_DIR}{number}"
            volume = {"name": name, "emptyDir": {"medium": "Memory"} if in_memory else {}}
            parts = parts.mounting(volume, mount(name, folder))
    return parts.adding_to_container("env", [env_var("SPARK_LOCAL_DIRS", ",".join(folders))])


def _with_memory_limit(parts: PodParts, run: Submission) -> PodParts:
    limit = run.spec.driver.memory_limit
    return parts.with_resources("limits", {"memory": memory_limit(limit)} if limit else {})


def _image(run: Submission) -> str:
    image = run.conf.get("spark.kubernetes.driver.container.image")
    image = image or run.conf.get("spark.kubernetes.container.image", "")
    return image.replace("{{SPARK_VERSION}}", run.spec.spark_version)


def _pull_policy(run: Submission) -> str:
    return run.conf.get("spark.kubernetes.container.image.pullPolicy", "IfNotPresent")


_STEPS: tuple[Step, ...] = (
    _with_basics,
    _with_placement,
    _with_secrets,
    _with_secret_env,
    _with_volumes,
    _with_command,
    with_hadoop_conf,
    with_kerberos,
)
