"""The whole of `values.yaml`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from charts.options.airflow import Airflow
from charts.options.base import Free, FreeList, Name, Pods, Values, Words
from charts.options.hdfs import Hdfs
from charts.options.ingest import Ingest
from charts.options.kafka import Kafka
from charts.options.monitoring import Monitoring
from charts.options.operator import Crds, Operator, Spark
from charts.options.postgres import Postgres
from charts.options.trial import Trial
from charts.options.web import Web


class Images(Values):
    """Where images come from."""

    registry: str = "ghcr.io/yeoul"
    """Registry and folder of the images that have none of their own."""
    tag: str = ""
    """Tag of the images that have none of their own; empty: the chart's version."""
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    """When they are pulled."""


class Tls(Values):
    """TLS of the servers that the chart itself runs: Kafka and PostgreSQL take nothing else then.

    Choose it before the first start: nodes of Kafka that speak TLS do not understand those that do
    not.
    """

    enabled: bool = False
    """Have it."""
    existing_secret: Name = ""
    """A Secret with `tls.crt` and `tls.key`, such as cert-manager's, for the names that the \
chart's README lists; empty: an authority and a certificate of ten years are made up once, and \
kept."""
    ca: str = ""
    """The certificate of who signed `existingSecret`, as PEM."""


class NetworkPolicies(Values):
    """Who may talk to whom: the table in the chart's README. Your network must enforce them."""

    enabled: bool = True
    """Make them."""
    metrics_from: FreeList = []
    """Who else may read metrics, as peers of a NetworkPolicy, such as Prometheus' namespace."""
    clients_from: FreeList = []
    """Who else may use Kafka, PostgreSQL and HDFS, as peers of a NetworkPolicy."""


class Root(Values):
    """The values of the chart."""

    name_override: str = ""
    """What stands for the chart's name in names and labels."""
    fullname_override: str = ""
    """What all names begin with; empty: the release's name, with the chart's unless it holds it."""
    labels: Words = {}
    """Labels of all objects."""
    annotations: Words = {}
    """Annotations of all objects."""
    images: Images = Images()
    """Where images come from."""
    pods: Pods = Pods()
    """Settings of all pods."""
    crds: Crds = Crds()
    """The definitions of applications and pipelines."""
    operator: Operator = Operator()
    """The operator."""
    spark: Spark = Spark()
    """What pipelines run as."""
    kafka: Kafka = Kafka()
    """Kafka."""
    postgres: Postgres = Postgres()
    """PostgreSQL."""
    hdfs: Hdfs = Hdfs()
    """HDFS."""
    ingest: Ingest = Ingest()
    """From an HTTP API to Kafka."""
    monitoring: Monitoring = Monitoring()
    """Metrics, alerts and dashboards."""
    airflow: Airflow = Airflow()
    """Airflow as what feeds Kafka."""
    tls: Tls = Tls()
    """TLS of the servers that the chart itself runs."""
    network_policies: NetworkPolicies = NetworkPolicies()
    """Who may talk to whom."""
    web: Web = Web()
    """The status page."""
    test: Trial = Trial()
    """What `helm test` does: a record is sent, and found where a pipeline writes."""
    global_: Free = Field({}, alias="global")
    """What a parent chart shares with its parts; this chart uses nothing of it."""
