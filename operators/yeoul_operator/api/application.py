"""A SparkApplication as a typed model."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from yeoul_operator.api.base import Bool, Int, Model, Parts, Texts
from yeoul_operator.api.meta import ObjectMeta
from yeoul_operator.api.parts import (
    BatchSchedulerOptions,
    Deps,
    DriverIngressOptions,
    DynamicAllocation,
    Monitoring,
    Prometheus,
    RestartPolicy,
    RestartType,
    ServedOptions,
    ServiceType,
    SparkUIOptions,
)
from yeoul_operator.api.pods import (
    ContainerPort,
    DriverSpec,
    ExecutorSpec,
    Gpu,
    NamePath,
    PodSpecFields,
    SecretInfo,
    SecretKey,
    SecretType,
)
from yeoul_operator.api.problems import InvalidSpec, parse
from yeoul_operator.api.scalars import (
    SERVED_MODE,
    SERVED_PYTHON,
    SERVED_TYPE,
    BatchScheduler,
    Factor,
    MainFile,
    ObjectName,
    SparkVersion,
)
from yeoul_operator.api.status import ApplicationStatus

API_VERSION = "sparkoperator.k8s.io/v1beta2"
KIND = "SparkApplication"


class ApplicationType(StrEnum):
    """The language of an application."""

    JAVA = "Java"
    SCALA = "Scala"
    PYTHON = "Python"
    R = "R"


class Mode(StrEnum):
    """Where the driver runs."""

    CLUSTER = "cluster"
    CLIENT = "client"
    IN_CLUSTER_CLIENT = "in-cluster-client"


class PullPolicy(StrEnum):
    """When the kubelet fetches an image."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


class PythonVersion(StrEnum):
    """Major versions of Python."""

    TWO = "2"
    THREE = "3"


class SparkApplicationSpec(Model):
    """What runs, with what, and what happens when it ends."""

    type: Annotated[ApplicationType, SERVED_TYPE]
    """`Java`, `Scala` or `Python`. `R` is refused."""
    mode: Annotated[Mode, SERVED_MODE] = Mode.CLUSTER
    """`cluster`: the driver runs in a pod of its own. The others are refused."""
    spark_version: SparkVersion
    """The version of Spark in the image, such as `4.1.1`."""
    image: str | None = None
    """The image of driver and executors."""
    image_pull_policy: PullPolicy | None = None
    """`Always`, `IfNotPresent` or `Never`."""
    image_pull_secrets: tuple[ObjectName, ...] = ()
    """Names of the Secrets with which images are pulled."""
    main_class: str | None = None
    """The class with `main`; Java and Scala only."""
    main_application_file: MainFile
    """The application's jar or Python file: `local:///…` in the image, or what Spark can
    download."""
    arguments: tuple[str, ...] = ()
    """Arguments of the application."""
    spark_conf: Texts = Field(default_factory=dict)
    """Spark's configuration, as with `--conf`."""
    hadoop_conf: Texts = Field(default_factory=dict)
    """Hadoop's configuration; each key becomes `spark.hadoop.<key>`."""
    spark_config_map: ObjectName | None = None
    """A ConfigMap with files for SPARK_CONF_DIR, such as `log4j2.properties`."""
    hadoop_config_map: ObjectName | None = None
    """A ConfigMap with files for HADOOP_CONF_DIR, such as `core-site.xml`."""
    volumes: Parts = ()
    """Volumes that driver and executors may mount (Volume)."""
    deps: Deps = Deps()
    """Jars, files and packages."""
    driver: DriverSpec
    """The driver."""
    executor: ExecutorSpec
    """The executors."""
    restart_policy: RestartPolicy = RestartPolicy()
    """When the application runs again."""
    time_to_live_seconds: Annotated[Int, Field(ge=0)] | None = None
    """How long after its end the application is deleted; by default never."""
    suspend: Bool = False
    """Whether to hold the application: nothing is submitted, and what runs is ended."""
    dynamic_allocation: DynamicAllocation | None = None
    """Executors that come and go with the work."""
    monitoring: Monitoring | None = None
    """Metrics."""
    batch_scheduler: BatchScheduler | None = None
    """`volcano` or `yunikorn`: all pods of the application are scheduled together."""
    batch_scheduler_options: BatchSchedulerOptions | None = None
    """What the batch scheduler is told."""
    spark_ui_options: Annotated[SparkUIOptions | None, Field(alias="sparkUIOptions")] = None
    """How the Spark UI is served."""
    driver_ingress_options: tuple[DriverIngressOptions, ...] = ()
    """Further ports of the driver to serve."""
    memory_overhead_factor: Factor | None = None
    """Memory beside the heap as a share of it; by default `0.1`, and `0.4` for Python."""
    node_selector: Texts = Field(default_factory=dict)
    """Labels of the nodes that may run the pods."""
    proxy_user: str | None = None
    """The Hadoop user as whom the driver acts (`--proxy-user`)."""
    python_version: Annotated[PythonVersion, SERVED_PYTHON] | None = None
    """`3`. Python 2 is refused."""
    failure_retries: Annotated[Int, Field(ge=0)] | None = None
    """The retries of `restartPolicy`, with `OnFailure`, where it does not say them."""
    retry_interval: Annotated[Int, Field(ge=1)] | None = None
    """The intervals of `restartPolicy`, in seconds, where it does not say them."""
    driver_pod_disruption_budget: Bool | None = None
    """Whether a PodDisruptionBudget keeps the driver from being evicted."""


class SparkApplication(Model):
    """A Spark application on Kubernetes: one driver, its executors, and how they fare."""

    metadata: ObjectMeta
    spec: SparkApplicationSpec
    status: ApplicationStatus = ApplicationStatus()


def parse_application(body: Mapping[str, Any]) -> SparkApplication:
    """The application in a document of the API server.

    Raises InvalidSpec with all problems: those of the schema here, and those of the rules that
    can be told in spite of them. A status that another program wrote never makes it invalid:
    what cannot be read of it is left out.
    """
    return parse(SparkApplication, body)


__all__ = [
    "API_VERSION",
    "KIND",
    "ApplicationStatus",
    "ApplicationType",
    "BatchSchedulerOptions",
    "ContainerPort",
    "Deps",
    "DriverIngressOptions",
    "DriverSpec",
    "DynamicAllocation",
    "ExecutorSpec",
    "Gpu",
    "InvalidSpec",
    "Mode",
    "Monitoring",
    "NamePath",
    "ObjectMeta",
    "PodSpecFields",
    "Prometheus",
    "PullPolicy",
    "PythonVersion",
    "RestartPolicy",
    "RestartType",
    "SecretInfo",
    "SecretKey",
    "SecretType",
    "ServedOptions",
    "ServiceType",
    "SparkApplication",
    "SparkApplicationSpec",
    "SparkUIOptions",
    "parse_application",
]
