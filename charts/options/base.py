"""What all models of the values have in common, and the shapes that several of them use."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Words = dict[str, str]
"""Any keys with texts: labels, annotations."""
Free = dict[str, Any]
"""Kubernetes' own words, taken as they are."""
FreeList = list[dict[str, Any]]
Name = Annotated[str, Field(pattern=r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$", max_length=253)]
"""A name of an object, or nothing."""
Label = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?([kMGTPE]|[KMGTPE]i)?$")]
Count = Annotated[int, Field(ge=1, le=1000)]
Port = Annotated[int, Field(ge=1, le=65535)]


class Values(BaseModel):
    """A mapping of the values: camelCase in files, and unknown keys are errors."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
    )


class ImageName(Values):
    """The name of a container image."""

    registry: str = ""
    """Registry and folder; empty: `images.registry`."""
    repository: str
    """Name of the image."""
    tag: str = ""
    """Tag; empty: `images.tag`, else the chart's version."""
    digest: str = ""
    """Digest such as `sha256:...`, which wins over the tag."""


class Image(ImageName):
    """A container image."""

    pull_policy: str = ""
    """Always, IfNotPresent or Never; empty: `images.pullPolicy`."""


class NameRef(Values):
    """The name of an object in the release's namespace."""

    name: Name
    """Its name."""


class PodOptions(Values):
    """What can be set for every pod. A part's own setting wins over `pods`; variables are added."""

    image_pull_secrets: list[NameRef] = []
    """Secrets with which images are pulled."""
    pod_labels: Words = {}
    """Labels of the pods."""
    pod_annotations: Words = {}
    """Annotations of the pods."""
    node_selector: Words = {}
    """Labels that a node must have."""
    affinity: Free = {}
    """Affinity, as in a pod."""
    tolerations: FreeList = []
    """Tolerations, as in a pod."""
    topology_spread_constraints: FreeList = []
    """How replicas are spread, as in a pod; without a `labelSelector` the part's own pods are \
meant. Empty: over nodes, where that is possible."""
    priority_class_name: str = ""
    """Priority class of the pods."""
    pod_security_context: Free = {}
    """Security context of the pods, added to one that satisfies the restricted standard."""
    security_context: Free = {}
    """Security context of the containers, added to one that satisfies the restricted standard."""
    extra_env: FreeList = []
    """Further variables of the containers, as in a container."""


class Pods(PodOptions):
    """Settings of all pods of the chart."""

    fixed_users: bool = True
    """Run as the users that the images were made for; false where the cluster chooses them, as \
OpenShift does."""
    synced_code: bool = False
    """For developers: the Python code of operator, poller and simulator lies in a volume of the \
pod, into which Skaffold copies what is edited. It counts from the container's next start on."""


class Part(PodOptions):
    """A part whose pods the chart makes."""

    image: Image
    """The image."""
    resources: Free = {}
    """Requests and limits, as in a container."""
    annotations: Words = {}
    """Annotations of the Deployment, StatefulSet or Job."""


class Volume(Values):
    """Storage that is kept when pods, or the release, go."""

    size: Quantity
    """How much is asked for."""
    storage_class_name: str = ""
    """Storage class; empty: the cluster's default."""
    selector: Free = {}
    """Which volumes are taken, as in a claim."""


class Disk(Volume):
    """Storage of a StatefulSet, kept when pods, or the release, go."""

    annotations: Words = {}
    """Annotations of the claims."""


class Budget(Values):
    """A PodDisruptionBudget."""

    enabled: bool = True
    """Make one where there is more than one replica."""
    max_unavailable: int | str = 1
    """How many pods, or what share, an eviction may take at once."""


class ServiceAccount(Values):
    """A service account."""

    create: bool = True
    """Make it; false: it is there already."""
    name: Name = ""
    """Its name; empty: the part's own."""
    annotations: Words = {}
    """Its annotations, such as a cloud's role."""
