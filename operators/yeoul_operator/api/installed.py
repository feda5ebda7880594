"""The CRD that a cluster has, against the one that this version of the operator brings. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from yeoul_operator.api.crd import DIGEST_ANNOTATION, GROUP, Resource, digest, is_ours, root_schema
from yeoul_operator.api.crd import VERSION as API_VERSION
from yeoul_operator.api.shapes import fields


class Origin(StrEnum):
    """Whose a CRD is."""

    MISSING = "missing"
    OURS = "ours"
    OTHER_VERSION = "ours, of another version"
    FOREIGN = "of another installation"


@dataclass(frozen=True, slots=True)
class Installed:
    """What stands in the cluster.

    `usable` is false where the operator could not keep its books in the status: the API server
    would prune them at each write. `message` says what to do; it is empty where nothing is.
    """

    origin: Origin
    usable: bool
    message: str = ""


def judge_installed(resource: Resource, found: Mapping[str, Any] | None) -> Installed:
    """Judge the CRD that was found, None if there is none. It is never changed."""
    name = f"{resource.plural}.{GROUP}"
    if found is None:
        message = f"CRD {name} is not installed: kubectl apply -f manifests/crds"
        return Installed(Origin.MISSING, False, message)
    pruned = pruned_status(resource, found)
    lost = f", and drops these fields of the status: {', '.join(pruned)}" if pruned else ""
    if not is_ours(found):
        message = f"CRD {name} belongs to another installation and is left alone{lost}"
        remedy = "; to use ours instead: kubectl replace -f manifests/crds" if pruned else ""
        return Installed(Origin.FOREIGN, not pruned, message + remedy)
    annotations = found.get("metadata", {}).get("annotations") or {}
    if annotations.get(DIGEST_ANNOTATION) == digest(root_schema(resource)):
        return Installed(Origin.OURS, True)
    message = f"CRD {name} is of another version of the operator{lost}"
    return Installed(
        Origin.OTHER_VERSION, not pruned, f"{message}: kubectl apply -f manifests/crds"
    )


def pruned_status(resource: Resource, found: Mapping[str, Any]) -> list[str]:
    """The fields of our status that the API server would drop with this CRD."""
    versions = found.get("spec", {}).get("versions") or []
    served: Mapping[str, Any] = next((v for v in versions if v.get("name") == API_VERSION), {})
    schema = served.get("schema", {}).get("openAPIV3Schema", {})
    status = schema.get("properties", {}).get("status", {})
    if any(part.get("x-kubernetes-preserve-unknown-fields") for part in (schema, status)):
        return []
    known = status.get("properties", {})
    return [key for key in _status_keys(resource) if key not in known]


def _status_keys(resource: Resource) -> list[str]:
    model = fields(resource.model)["status"].shape.model
    return list(fields(model)) if model is not None else []
