"""The fields of driver and executor that Spark has configuration keys for."""

from __future__ import annotations

from collections.abc import Mapping
from posixpath import join

from yeoul_operator.api.application import PodSpecFields, SecretType, SparkApplicationSpec
from yeoul_operator.build.volumes import local_dir_conf

Labels = Mapping[str, str]

_FILE_OF_SECRET = {
    SecretType.GCP_SERVICE_ACCOUNT: ("GOOGLE_APPLICATION_CREDENTIALS", "key.json"),
    SecretType.HADOOP_DELEGATION_TOKEN: ("HADOOP_TOKEN_FILE_LOCATION", "hadoop.token"),
}


def driver_conf(spec: SparkApplicationSpec, inherited: Labels, own: Labels) -> dict[str, str]:
    """Return the driver's keys.

    The role's labels replace those that it inherits; nothing replaces the operator's `own`.
    """
    driver = spec.driver
    # Here Spark takes the bare address, other than in `--master`; people write either.
    master = driver.kubernetes_master and driver.kubernetes_master.removeprefix("k8s://")
    return {
        **_both("driver", "spark.kubernetes.driverEnv.", driver),
        **prefixed("spark.kubernetes.driver.label.", {**inherited, **driver.labels, **own}),
        **local_dir_conf("driver", spec.volumes, driver.volume_mounts),
        **_given("spark.kubernetes.driver.master", master),
        **prefixed("spark.kubernetes.driver.service.label.", driver.service_labels),
        **prefixed("spark.kubernetes.driver.service.annotation.", driver.service_annotations),
    }


def executor_conf(spec: SparkApplicationSpec, inherited: Labels, own: Labels) -> dict[str, str]:
    """Return the executors' keys; of labels as for the driver."""
    executor = spec.executor
    grace = executor.termination_grace_period_seconds
    deleted = executor.delete_on_termination
    return {
        **_both("executor", "spark.executorEnv.", executor),
        **prefixed("spark.kubernetes.executor.label.", {**inherited, **executor.labels, **own}),
        **local_dir_conf("executor", spec.volumes, executor.volume_mounts),
        **_given("spark.executor.instances", executor.instances),
        **_given(
            "spark.kubernetes.executor.deleteOnTermination",
            None if deleted is None else str(deleted).lower(),
        ),
        # Spark's own settings win over a pod template's in these three.
        **prefixed("spark.kubernetes.executor.node.selector.", executor.node_selector),
        **_given("spark.kubernetes.executor.scheduler.name", executor.scheduler_name),
        **_given(
            "spark.kubernetes.executor.terminationGracePeriodSeconds",
            None if grace is None else f"{grace}s",
        ),
    }


def prefixed(prefix: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return the values under keys that begin with `prefix`."""
    return {f"{prefix}{key}": value for key, value in values.items()}


def _both(role: str, env_prefix: str, fields: PodSpecFields) -> dict[str, str]:
    kubernetes = f"spark.kubernetes.{role}."
    refs = {name: f"{ref.name}:{ref.key}" for name, ref in fields.env_secret_key_refs.items()}
    return {
        **_given(f"spark.{role}.cores", fields.cores),
        **_given(f"spark.{role}.memory", fields.memory),
        **_given(f"spark.{role}.memoryOverhead", fields.memory_overhead),
        **_given(f"spark.{role}.extraJavaOptions", fields.java_options),
        **_given(f"{kubernetes}request.cores", fields.core_request),
        **_given(f"{kubernetes}limit.cores", fields.core_limit),
        **_given(
            f"spark.kubernetes.authenticate.{role}.serviceAccountName", fields.service_account
        ),
        **prefixed(f"{kubernetes}annotation.", fields.annotations),
        **prefixed(f"{kubernetes}secretKeyRef.", refs),
        **prefixed(env_prefix, fields.env_vars),
        **{f"{kubernetes}secrets.{secret.name}": secret.path for secret in fields.secrets},
        **prefixed(env_prefix, _env_of_secrets(fields)),
    }


def _env_of_secrets(fields: PodSpecFields) -> dict[str, str]:
    known = [secret for secret in fields.secrets if secret.secret_type in _FILE_OF_SECRET]
    return {
        name: join(secret.path, file)
        for secret in known
        for name, file in [_FILE_OF_SECRET[secret.secret_type]]
    }


def _given(key: str, value: object) -> dict[str, str]:
    return {} if value is None else {key: str(value)}
