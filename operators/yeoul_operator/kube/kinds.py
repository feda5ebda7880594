"""The kinds the operator reads and writes, and where the API server keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
"""An object as the API server speaks it: plain JSON."""

Key = tuple[str, str]
"""(namespace, name); the namespace of a cluster-wide object is empty."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource of the API: `v1`, `Pod`, `pods`."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool = True

    def path(
        self, namespace: str | None = None, name: str | None = None, subresource: str | None = None
    ) -> str:
        """Return the request path; without a namespace the one over all namespaces."""
        parts = ["api" if self.api_version == "v1" else "apis", self.api_version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        parts += [part for part in (name, subresource) if part]
        return "/" + "/".join(parts)


PODS = Kind("v1", "Pod", "pods")
SERVICES = Kind("v1", "Service", "services")
CONFIG_MAPS = Kind("v1", "ConfigMap", "configmaps")
SECRETS = Kind("v1", "Secret", "secrets")
PVCS = Kind("v1", "PersistentVolumeClaim", "persistentvolumeclaims")
SERVICE_ACCOUNTS = Kind("v1", "ServiceAccount", "serviceaccounts")
NODES = Kind("v1", "Node", "nodes", namespaced=False)
NAMESPACES = Kind("v1", "Namespace", "namespaces", namespaced=False)
EVENTS = Kind("v1", "Event", "events")
LEASES = Kind("coordination.k8s.io/v1", "Lease", "leases")
INGRESSES = Kind("networking.k8s.io/v1", "Ingress", "ingresses")
PDBS = Kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets")
POD_GROUPS = Kind("scheduling.volcano.sh/v1beta1", "PodGroup", "podgroups")
CRDS = Kind(
    "apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", False
)
VALIDATING_WEBHOOKS = Kind(
    "admissionregistration.k8s.io/v1",
    "ValidatingWebhookConfiguration",
    "validatingwebhookconfigurations",
    False,
)
SPARK_APPLICATIONS = Kind("sparkoperator.k8s.io/v1beta2", "SparkApplication", "sparkapplications")
SCHEDULED = Kind(
    "sparkoperator.k8s.io/v1beta2", "ScheduledSparkApplication", "scheduledsparkapplications"
)
STREAM_PIPELINES = Kind("yeoul.dev/v1alpha1", "StreamPipeline", "streampipelines")

KINDS = (
    PODS,
    SERVICES,
    CONFIG_MAPS,
    SECRETS,
    PVCS,
    SERVICE_ACCOUNTS,
    NODES,
    NAMESPACES,
    EVENTS,
    LEASES,
    INGRESSES,
    PDBS,
    POD_GROUPS,
    CRDS,
    VALIDATING_WEBHOOKS,
    SPARK_APPLICATIONS,
    SCHEDULED,
    STREAM_PIPELINES,
)
_BY_NAME: Mapping[tuple[str, str], Kind] = {(kind.api_version, kind.kind): kind for kind in KINDS}


def kind_of(obj: Mapping[str, Any]) -> Kind:
    """Return the kind of an object that carries `apiVersion` and `kind`.

    Raises:
        KeyError: the operator does not know it.
    """
    return _BY_NAME[obj["apiVersion"], obj["kind"]]


def key_of(obj: Mapping[str, Any]) -> Key:
    """Return (namespace, name) of an object."""
    metadata = obj["metadata"]
    return metadata.get("namespace", ""), metadata["name"]
