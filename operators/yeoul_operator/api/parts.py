"""The smaller parts of an application's spec."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from yeoul_operator.api.base import Amounts, Bool, Int, Model, Parts, Port, Texts
from yeoul_operator.api.scalars import Exclusion, ObjectName, Package, Place, PortName


class Deps(Model):
    """What the application needs besides its own file.

    Places are `local:///…` (in the image), or what Spark can download: http, hdfs, s3a and so on.
    """

    jars: tuple[Place, ...] = ()
    """Jars for the class paths of driver and executors."""
    files: tuple[Place, ...] = ()
    """Files for the working folder of each executor."""
    py_files: tuple[Place, ...] = ()
    """`.zip`, `.egg` or `.py` files for PYTHONPATH."""
    packages: tuple[Package, ...] = ()
    """Maven coordinates `group:artifact:version`; the driver resolves them when it starts."""
    exclude_packages: tuple[Exclusion, ...] = ()
    """`group:artifact` to leave out of what the packages bring."""
    repositories: tuple[str, ...] = ()
    """Maven repositories to look in, besides the central one."""
    archives: tuple[Place, ...] = ()
    """Archives to unpack in the working folder of each executor."""


class RestartType(StrEnum):
    """When an application that ended runs again."""

    NEVER = "Never"
    ON_FAILURE = "OnFailure"
    ALWAYS = "Always"


class RestartPolicy(Model):
    """When an application runs again, how often, and after how long."""

    type: RestartType | None = None
    """`Never` (default), `OnFailure`, or `Always`."""
    on_submission_failure_retries: Annotated[Int, Field(ge=0)] | None = None
    """How often a failed submission is repeated, with `OnFailure`; by default as often as the
    operator is set to."""
    on_failure_retries: Annotated[Int, Field(ge=0)] | None = None
    """How often a failed run is repeated, with `OnFailure`; by default as often as the operator
    is set to."""
    on_submission_failure_retry_interval: Annotated[Int, Field(ge=1)] | None = None
    """Seconds before a failed submission is repeated; doubled with each. Default 5."""
    on_failure_retry_interval: Annotated[Int, Field(ge=1)] | None = None
    """Seconds before a failed run is repeated; doubled with each. Default 5."""


class DynamicAllocation(Model):
    """Executors that come and go with the work."""

    enabled: Bool = False
    """Whether Spark asks for executors as it needs them."""
    initial_executors: Annotated[Int, Field(ge=0)] | None = None
    """How many at the start; the larger of this and `executor.instances`."""
    min_executors: Annotated[Int, Field(ge=0)] | None = None
    """The fewest."""
    max_executors: Annotated[Int, Field(ge=0)] | None = None
    """The most."""
    shuffle_tracking_enabled: Bool | None = None
    """Whether executors that hold shuffle files are kept. Default true."""
    shuffle_tracking_timeout: Annotated[Int, Field(ge=0)] | None = None
    """How long such executors are kept at most, in milliseconds."""


class Prometheus(Model):
    """The Prometheus JMX exporter as a Java agent."""

    jmx_exporter_jar: str
    """The exporter's jar in the image, such as `/prometheus/jmx_prometheus_javaagent.jar`."""
    port: Annotated[Int, Field(ge=1024, le=49151)] | None = None
    """Its HTTP port. Default 8090."""
    port_name: Annotated[str, Field(max_length=15)] | None = None
    """The port's name. Default `jmx-exporter`."""
    config_file: str | None = None
    """Its configuration as a file in the image; wins over `configuration`."""
    configuration: str | None = None
    """Its configuration as text."""


class Monitoring(Model):
    """Metrics of driver and executors."""

    expose_driver_metrics: Bool = False
    """Whether the driver gives metrics."""
    expose_executor_metrics: Bool = False
    """Whether executors give metrics."""
    metrics_properties: str | None = None
    """The text of Spark's `metrics.properties`."""
    metrics_properties_file: str | None = None
    """A `metrics.properties` in the image; wins over `metricsProperties`."""
    prometheus: Prometheus | None = None
    """The Prometheus JMX exporter."""


class BatchSchedulerOptions(Model):
    """What the batch scheduler is told."""

    queue: str | None = None
    """The queue that the application belongs to."""
    priority_class_name: ObjectName | None = None
    """The PriorityClass of the pod group."""
    resources: Amounts = Field(default_factory=dict)
    """What the group needs at least before it starts, such as `cpu: "4"`; by default the sum of
    driver and executors."""


class ServiceType(StrEnum):
    """The types of service that can stand before a pod."""

    CLUSTER_IP = "ClusterIP"
    NODE_PORT = "NodePort"
    LOAD_BALANCER = "LoadBalancer"


class ServedOptions(Model):
    """A service before the driver, and an Ingress before that."""

    service_port: Port | None = None
    """The service's port."""
    service_port_name: PortName | None = None
    """The port's name."""
    service_type: ServiceType | None = None
    """`ClusterIP` (default), `NodePort` or `LoadBalancer`."""
    service_annotations: Texts = Field(default_factory=dict)
    """Annotations of the service."""
    service_labels: Texts = Field(default_factory=dict)
    """Labels of the service."""
    ingress_annotations: Texts = Field(default_factory=dict)
    """Annotations of the Ingress."""
    ingress_tls: Annotated[Parts, Field(alias="ingressTLS")] = ()
    """Hosts and Secrets for TLS of the Ingress (IngressTLS)."""


class SparkUIOptions(ServedOptions):
    """How the Spark UI is served."""


class DriverIngressOptions(ServedOptions):
    """How a further port of the driver is served."""

    ingress_url_format: Annotated[str | None, Field(alias="ingressURLFormat")] = None
    """The address, such as `{{$appName}}.example.com/{{$appNamespace}}`; without it there is a
    service and no Ingress."""
