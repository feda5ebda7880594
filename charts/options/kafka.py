"""Kafka: Strimzi's, one that the chart runs itself, or one that is there."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from charts.options.base import (
    Budget,
    Count,
    Disk,
    Free,
    Image,
    Label,
    Name,
    Part,
    PodOptions,
    Values,
    Words,
)

Config = dict[str, str | int | float | bool]


class Topic(Values):
    """A topic that is made when it is missing."""

    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,249}$")]
    """Its name in Kafka."""
    partitions: Count = 4
    """How many partitions: as many executors can read at once. It can grow, never shrink."""
    config: Config = {}
    """Settings of the topic, such as `retention.ms`."""


class BuiltinKafka(Part):
    """Kafka by this chart (KRaft); the first three nodes are controllers, too."""

    image: Image = Image(repository="yeoul-kafka")
    replicas: Annotated[int, Field(ge=1, le=100)] = 1
    """How many nodes; 3 survive the loss of one. Choose 1, or 3 and more, before the first start: \
the controllers are fixed then."""
    storage: Disk = Disk(size="10Gi")
    """Where records are kept."""
    heap: str = "512m"
    """Java's heap, such as `1g`."""
    config: Config = {}
    """Further settings of the brokers, such as `log.retention.hours`."""
    metrics: bool = True
    """Have metrics on port 9404, by the reporter that Strimzi uses, too."""
    resources: Free = {
        "requests": {"cpu": "100m", "memory": "768Mi"},
        "limits": {"memory": "1Gi"},
    }
    pod_disruption_budget: Budget = Budget()
    """Its PodDisruptionBudget."""


class Pool(PodOptions):
    """A KafkaNodePool."""

    replicas: Annotated[int, Field(ge=0, le=1000)]
    """How many nodes."""
    storage: Disk
    """Where they keep their data."""
    resources: Free = {}
    """Requests and limits, as in a container."""
    jvm_options: Free = {}
    """Strimzi's `jvmOptions`."""


class Exporter(PodOptions):
    """Strimzi's exporter: sizes of topics and lag of consumer groups."""

    enabled: bool = True
    """Have it."""
    resources: Free = {
        "requests": {"cpu": "20m", "memory": "64Mi"},
        "limits": {"memory": "128Mi"},
    }
    """Requests and limits, as in a container."""


class EntityOperator(PodOptions):
    """What makes topics and users."""

    resources: Free = {
        "requests": {"cpu": "50m", "memory": "256Mi"},
        "limits": {"memory": "384Mi"},
    }
    """Requests and limits of each of its two containers."""


class Strimzi(Values):
    """Kafka by Strimzi, whose operator must be there (1.0 or newer: `kafka.strimzi.io/v1`)."""

    version: str = ""
    """Kafka's version; empty: Strimzi's newest."""
    plain_listener: bool = True
    """Also listen without TLS, on port 9092, for everybody whom the network lets; false: only \
port 9093, with TLS, a user and rights for each."""
    config: Config = {}
    """Further settings of the brokers."""
    brokers: Pool = Pool(
        replicas=3,
        storage=Disk(size="50Gi"),
        resources={
            "requests": {"cpu": "500m", "memory": "2Gi"},
            "limits": {"memory": "2Gi"},
        },
    )
    """The brokers."""
    controllers: Pool = Pool(
        replicas=3,
        storage=Disk(size="5Gi"),
        resources={
            "requests": {"cpu": "100m", "memory": "1Gi"},
            "limits": {"memory": "1Gi"},
        },
    )
    """The controllers; with 0 replicas the brokers are controllers, too."""
    delete_claims: bool = False
    """Delete the data with the Kafka resource."""
    metrics: bool = True
    """Have metrics of brokers and controllers on port 9404."""
    exporter: Exporter = Exporter()
    """Strimzi's exporter."""
    entity_operator: EntityOperator = EntityOperator()
    """What makes topics and users."""
    labels: Words = {}
    """Labels of the resources, by which Strimzi's operator may choose."""


class ExternalKafka(Values):
    """Kafka that is there; without an address there is none as far as the chart is concerned."""

    bootstrap_servers: str = ""
    """Brokers to ask first: `host:port`, several separated by commas."""


class KafkaSecret(Values):
    """The Secret by which pipelines trust Kafka, where `tls` is on: what `secretRef` names."""

    name: Name = "car-info-kafka"
    """Its name; empty: none is made."""
    namespaces: list[Label] = []
    """Where it is made; empty: in the namespaces of Spark."""


class Kafka(Values):
    """Kafka, through which all records go. Pipelines name it as `RELEASE-kafka-bootstrap:9092`."""

    provider: Literal["builtin", "strimzi", "external"] = "builtin"
    """Who runs it."""
    topics: list[Topic] = [Topic(name="car_info")]
    """Topics that are made when they are missing; not with `external`."""
    pipeline_secret: KafkaSecret = KafkaSecret()
    """The Secret by which pipelines trust it."""
    builtin: BuiltinKafka = BuiltinKafka()
    """Kafka by this chart."""
    strimzi: Strimzi = Strimzi()
    """Kafka by Strimzi."""
    external: ExternalKafka = ExternalKafka()
    """Kafka that is there."""
