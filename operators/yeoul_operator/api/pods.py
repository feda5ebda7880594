"""What driver and executor pods may be told."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from yeoul_operator.api.base import Bool, Int, Model, Part, Parts, Port, Texts
from yeoul_operator.api.scalars import (
    CpuQuantity,
    GpuName,
    MasterUrl,
    MemoryLimit,
    ObjectName,
    SparkSize,
)


class SecretType(StrEnum):
    """What Spark is told about a mounted Secret, besides its path."""

    GENERIC = "Generic"
    GCP_SERVICE_ACCOUNT = "GCPServiceAccount"
    HADOOP_DELEGATION_TOKEN = "HadoopDelegationToken"  # noqa: S105 the name of a type


class NamePath(Model):
    """A ConfigMap, and where it is mounted."""

    name: ObjectName
    """The ConfigMap's name."""
    path: str
    """The folder in the container where its keys appear as files."""


class SecretInfo(Model):
    """A Secret, and where it is mounted."""

    name: ObjectName
    """The Secret's name."""
    path: str
    """The folder in the container where its keys appear as files."""
    secret_type: SecretType = SecretType.GENERIC
    """`GCPServiceAccount` also sets GOOGLE_APPLICATION_CREDENTIALS to `<path>/key.json`,
    `HadoopDelegationToken` HADOOP_TOKEN_FILE_LOCATION to `<path>/hadoop.token`."""


class SecretKey(Model):
    """One key of a Secret."""

    name: ObjectName
    """The Secret's name."""
    key: str
    """The key in it."""


class Gpu(Model):
    """GPUs of a container."""

    name: GpuName
    """The resource's name, such as `nvidia.com/gpu`."""
    quantity: Annotated[Int, Field(ge=1)]
    """How many; request and limit."""


class ContainerPort(Model):
    """A further port of Spark's container."""

    name: Annotated[str, Field(max_length=15)]
    """Its name, at most 15 characters."""
    container_port: Port
    """Its number."""
    protocol: str = "TCP"
    """TCP, UDP or SCTP."""


class PodSpecFields(Model):
    """What driver and executor have in common."""

    template: Part | None = None
    """A PodTemplateSpec that the pod is made from; the fields beside it win."""
    cores: Annotated[Int, Field(ge=1)] | None = None
    """Cores that Spark counts with, and the CPU request where `coreRequest` is not given.
    Default 1."""
    core_request: CpuQuantity | None = None
    """The CPU request, such as `500m`."""
    core_limit: CpuQuantity | None = None
    """The CPU limit, such as `1200m`; without it there is none."""
    memory: SparkSize | None = None
    """The Java heap, such as `512m` or `2g`. Default `1g`."""
    memory_limit: MemoryLimit | None = None
    """The memory limit in place of heap plus overhead, such as `3g` or `3Gi`."""
    memory_overhead: SparkSize | None = None
    """Memory beside the heap, such as `512m`; a bare number is MiB."""
    gpu: Gpu | None = None
    """GPUs of the container."""
    image: str | None = None
    """The image, in place of `spec.image`."""
    env: Parts = ()
    """Environment variables (EnvVar)."""
    env_vars: Texts = Field(default_factory=dict)
    """Environment variables as names to values; `env` says more."""
    env_from: Parts = ()
    """ConfigMaps and Secrets whose keys become environment variables (EnvFromSource)."""
    env_secret_key_refs: dict[str, SecretKey] = Field(default_factory=dict)
    """Environment variables from keys of Secrets; `env` says more."""
    config_maps: tuple[NamePath, ...] = ()
    """ConfigMaps to mount."""
    secrets: tuple[SecretInfo, ...] = ()
    """Secrets to mount."""
    volume_mounts: Parts = ()
    """Where volumes of `spec.volumes` are mounted in Spark's container (VolumeMount)."""
    sidecars: Parts = ()
    """Containers beside Spark's (Container)."""
    init_containers: Parts = ()
    """Containers that run to their end before Spark's (Container)."""
    lifecycle: Part | None = None
    """Hooks of Spark's container (Lifecycle)."""
    affinity: Part | None = None
    """Where the pod may run (Affinity)."""
    tolerations: Parts = ()
    """Taints that the pod tolerates (Toleration)."""
    node_selector: Texts = Field(default_factory=dict)
    """Labels of the nodes that may run the pod, besides those of `spec.nodeSelector`."""
    labels: Texts = Field(default_factory=dict)
    """Labels of the pod."""
    annotations: Texts = Field(default_factory=dict)
    """Annotations of the pod."""
    security_context: Part | None = None
    """The security context of Spark's container (SecurityContext)."""
    pod_security_context: Part | None = None
    """The pod's security context (PodSecurityContext)."""
    scheduler_name: ObjectName | None = None
    """The scheduler that places the pod."""
    service_account: ObjectName | None = None
    """The pod's service account."""
    host_network: Bool | None = None
    """Whether the pod shares the node's network."""
    host_aliases: Parts = ()
    """Lines for the pod's hosts file (HostAlias)."""
    share_process_namespace: Bool | None = None
    """Whether the pod's containers see each other's processes."""
    dns_config: Part | None = None
    """DNS settings of the pod (PodDNSConfig)."""
    termination_grace_period_seconds: Annotated[Int, Field(ge=0)] | None = None
    """How long the pod may take to end, in seconds."""
    ports: tuple[ContainerPort, ...] = ()
    """Further ports of Spark's container."""
    java_options: str | None = None
    """JVM options."""
    priority_class_name: ObjectName | None = None
    """The pod's PriorityClass."""


class DriverSpec(PodSpecFields):
    """The driver: the process that plans, and starts executors."""

    pod_name: ObjectName | None = None
    """The pod's name in place of `<name>-driver`."""
    kubernetes_master: MasterUrl | None = None
    """The API server that the driver uses. Default https://kubernetes.default.svc."""
    service_annotations: Texts = Field(default_factory=dict)
    """Annotations of the headless service by which executors find the driver."""
    service_labels: Texts = Field(default_factory=dict)
    """Labels of that service."""


class ExecutorSpec(PodSpecFields):
    """The executors: the processes that do the work."""

    instances: Annotated[Int, Field(ge=0)] | None = None
    """How many. Default 1."""
    delete_on_termination: Bool | None = None
    """Whether Spark deletes executors that have ended. Default true."""
