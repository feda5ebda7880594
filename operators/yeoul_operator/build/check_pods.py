"""The pods that would come of an application: names and places that stand twice, limits too low.

The API server refuses such pods, of executors only when the driver runs, and names places that are
in no file of the user's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from yeoul_operator.api.application import SparkApplicationSpec
from yeoul_operator.api.quantities import quantity
from yeoul_operator.build import driver_pod, executor_template
from yeoul_operator.build.inputs import Children, Object
from yeoul_stream.pipeline.finding import Finding, finding

# What the API server accepts as the data of a ConfigMap.
_LARGEST_CONFIG_MAP = 1 << 20


def check_pods(children: Children, spec: SparkApplicationSpec) -> Iterator[Finding]:
    """Yield what is wrong with the driver pod and the executors' template."""
    found = list(_check_pod(children.driver_pod, "driver", driver_pod.CONTAINER))
    # Of two containers of that name nobody can say which is Spark's.
    yield from found or _check_limit(children.driver_pod, spec)
    for child in children.of_driver:
        size = sum(len(key) + len(text.encode()) for key, text in child.get("data", {}).items())
        if size > _LARGEST_CONFIG_MAP:
            message = f"takes {size} bytes in a ConfigMap, which holds {_LARGEST_CONFIG_MAP}"
            yield finding(("spec",), None, f"{message}; shorten sparkConf or the template")
        text = child.get("data", {}).get(executor_template.ENTRY)
        if text is not None:
            yield from _check_pod(json.loads(text), "executor", executor_template.CONTAINER)


def _check_pod(pod: Mapping[str, Any], role: str, name: str) -> Iterator[Finding]:
    spec = pod["spec"]
    container = _container(pod, name)
    containers = [*spec["containers"], *(spec.get("initContainers") or ())]
    mounts = container.get("volumeMounts") or ()
    for what, names in (
        ("containers", _values(containers, "name")),
        ("volumes", _values(spec.get("volumes") or (), "name")),
        ("ports", _values(container.get("ports") or (), "name")),
        ("volumeMounts", _values(mounts, "mountPath")),
    ):
        for twice in _twice(names):
            message = "stands twice in the pod, counting template, fields and what Spark adds"
            yield finding(("spec", role, what), twice, message)


def _check_limit(pod: Mapping[str, Any], spec: SparkApplicationSpec) -> Iterator[Finding]:
    resources = _container(pod, driver_pod.CONTAINER)["resources"]
    request, limit = (resources[kind]["memory"] for kind in ("requests", "limits"))
    if quantity(limit) < quantity(request):
        message = f"must be at least the memory that is requested, {request}"
        yield finding(("spec", "driver", "memoryLimit"), spec.driver.memory_limit, message)
    cpu, most = resources["requests"]["cpu"], resources["limits"].get("cpu")
    if most is not None and quantity(most) < quantity(cpu):
        message = f"must be at least the CPU that is requested, {cpu}"
        yield finding(("spec", "driver", "coreLimit"), most, message)


def _container(pod: Mapping[str, Any], name: str) -> Object:
    return next(dict(one) for one in pod["spec"]["containers"] if one.get("name") == name)


def _values(entries: Iterable[Mapping[str, Any]], key: str) -> list[str]:
    return [str(one[key]).rstrip("/") for one in entries if one.get(key)]


def _twice(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
