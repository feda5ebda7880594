"""The operator, its CRDs, and what its pipelines run as."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from charts.options.base import (
    Count,
    Free,
    Image,
    ImageName,
    Label,
    Name,
    Part,
    ServiceAccount,
    Values,
    Words,
)
from charts.options.settings import OperatorSettings


class Crds(Values):
    """The definitions of SparkApplication, ScheduledSparkApplication and StreamPipeline."""

    install: bool = True
    """Install them, and upgrade them with the chart; false: whoever may does it with \
`manifests/crds`."""
    keep: bool = True
    """Leave them behind when the release goes: with them go all applications and pipelines."""


class Webhook(Values):
    """Refuses bad specifications before they are stored. Needs rights over the whole cluster."""

    enabled: bool = True
    """Have it; never with `operator.namespaces`, since its configuration belongs to the whole \
cluster."""
    failure_policy: Literal["Ignore", "Fail"] = "Ignore"
    """What happens while no replica answers: with Ignore specifications are stored, and judged \
later."""
    timeout_seconds: Annotated[int, Field(ge=1, le=30)] = 3
    """How long the API server waits for an answer."""


class OperatorBudget(Values):
    """The operator's PodDisruptionBudget."""

    enabled: bool = True
    """Make one."""
    min_available: int | str = 1
    """How many pods, or what share, an eviction must leave."""


class Operator(Part):
    """The operator: runs applications and pipelines."""

    enabled: bool = True
    """Have it."""
    replicas: Count = 2
    """How many: one leads, the others answer the webhook and take over."""
    namespaces: list[Label] = []
    """Namespaces to serve, with rights in these only; empty: all of the cluster."""
    settings: OperatorSettings = {}
    """Settings of docs/operator.md in camelCase, such as `leaseSeconds: 30`."""
    webhook: Webhook = Webhook()
    """Refuses bad specifications before they are stored."""
    pod_disruption_budget: OperatorBudget = OperatorBudget()
    """Its PodDisruptionBudget."""
    service_account: ServiceAccount = ServiceAccount()
    """Its service account."""
    image: Image = Image(repository="yeoul-operator")
    resources: Free = {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"memory": "512Mi"},
    }


class Spark(Values):
    """What pipelines run as, where they do not say."""

    image: ImageName = ImageName(repository="yeoul-spark")
    """The image of drivers and executors."""
    namespaces: list[Label] = []
    """Namespaces with applications: each gets a service account for drivers. Empty: those of \
`operator.namespaces`, else the release's."""
    service_account: Name = "spark"
    """Name of the drivers' service account; empty: none is made, and pipelines use `default`."""
    service_account_annotations: Words = {}
    """Its annotations, such as a cloud's role."""
