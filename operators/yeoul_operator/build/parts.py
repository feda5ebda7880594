"""A pod taken apart: Spark's container, those beside it, and the rest; and how parts are added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from yeoul_operator.build.inputs import Object


@dataclass(frozen=True)
class PodParts:
    """`container` is Spark's; `before` and `after` stand beside it, in that order.

    Nothing here is changed in place: every step returns new parts.
    """

    metadata: Object = field(default_factory=dict)
    spec: Object = field(default_factory=dict)
    container: Object = field(default_factory=dict)
    before: tuple[Object, ...] = ()
    after: tuple[Object, ...] = ()

    def with_spec(self, **fields: Any) -> PodParts:
        """Return the parts with those fields of the pod's spec replaced."""
        return replace(self, spec={**self.spec, **fields})

    def with_container(self, **fields: Any) -> PodParts:
        """Return the parts with those fields of Spark's container replaced."""
        return replace(self, container={**self.container, **fields})

    def adding_to_spec(self, name: str, entries: Iterable[Any]) -> PodParts:
        """Return the parts with entries added to a list of the spec."""
        return replace(self, spec=added(self.spec, name, entries))

    def adding_to_container(self, name: str, entries: Iterable[Any]) -> PodParts:
        """Return the parts with entries added to a list of Spark's container."""
        return replace(self, container=added(self.container, name, entries))

    def with_resources(self, kind: str, amounts: Mapping[str, str]) -> PodParts:
        """Return the parts with `requests` or `limits` of Spark's container set."""
        resources = merged(self.container.get("resources") or {}, kind, amounts)
        return self.with_container(resources=resources) if amounts else self

    def mounting(self, volume: Object, mount: Object) -> PodParts:
        """Return the parts with a volume, mounted in Spark's container."""
        with_volume = self.adding_to_spec("volumes", [volume])
        return with_volume.adding_to_container("volumeMounts", [mount])


def parts_of(template: Mapping[str, Any] | None, container_name: str) -> PodParts:
    """Take a PodTemplateSpec apart; without one the parts are empty but for the container's name.

    Spark's container is the one of that name, else the first, as in Spark's `KubernetesUtils`. It
    always gets the name, since clients look for the log under it.
    """
    given = deepcopy(dict(template or {}))
    spec = given.get("spec") or {}
    containers = spec.pop("containers", None) or [{}]
    chosen = next(
        (index for index, one in enumerate(containers) if one.get("name") == container_name), 0
    )
    return PodParts(
        metadata=given.get("metadata") or {},
        spec=spec,
        container={**containers[chosen], "name": container_name},
        before=(*containers[:chosen], *containers[chosen + 1 :]),
    )


def added(target: Mapping[str, Any], name: str, entries: Iterable[Any]) -> Object:
    """Return a copy of `target` whose list `name` has further entries."""
    more = list(entries)
    return {**target, name: [*(target.get(name) or ()), *more]} if more else dict(target)


def merged(target: Mapping[str, Any], name: str, entries: Mapping[str, Any]) -> Object:
    """Return a copy of `target` whose mapping `name` has further entries, the new ones winning."""
    return {**target, name: {**(target.get(name) or {}), **entries}} if entries else dict(target)


def env_var(name: str, value: str) -> Object:
    """Return an environment variable."""
    return {"name": name, "value": value}


def config_map_volume(name: str, config_map: str) -> Object:
    """Return a volume with all keys of a ConfigMap."""
    return {"name": name, "configMap": {"name": config_map}}


def secret_volume(name: str, secret: str) -> Object:
    """Return a volume with all keys of a Secret."""
    return {"name": name, "secret": {"secretName": secret}}


def mount(name: str, path: str) -> Object:
    """Return where a volume is mounted."""
    return {"name": name, "mountPath": path}


def read_only_mount(name: str, path: str) -> Object:
    """Return where a volume is mounted that nobody writes to."""
    return {"name": name, "mountPath": path, "readOnly": True}
