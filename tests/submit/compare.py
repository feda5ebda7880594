"""When two sets of objects are the same, and what may differ."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_ADDED_BY_SERVER = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
_RANDOM = (
    (re.compile(r"spark-[0-9a-f]{32}"), "<app-id>"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "<unique>"),
)
# Spark draws the order of what comes from a hash map anew each time; these stand between.
_ANCHORS = (
    "SPARK_USER",
    "SPARK_APPLICATION_ID",
    "SPARK_DRIVER_BIND_ADDRESS",
    "PYSPARK_PYTHON",
    "PYSPARK_DRIVER_PYTHON",
    "HADOOP_CONF_DIR",
    "SPARK_LOCAL_DIRS",
    "SPARK_CONF_DIR",
)
# Their order says nothing.
_UNORDERED = ("/volumes", "/volumeMounts")


@dataclass(frozen=True)
class Difference:
    """A place where both sides differ; None: nothing stands there."""

    path: str
    theirs: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.path}\n    theirs: {_short(self.theirs)}\n    ours:   {_short(self.ours)}"


@dataclass(frozen=True)
class Allowed:
    """A difference that is meant, and why.

    `theirs` and `ours` say on which side something stands: `present`, `absent` or `any`.
    """

    path: str
    reason: str
    theirs: str = "any"
    ours: str = "any"

    def covers(self, difference: Difference) -> bool:
        """Whether this is that difference."""
        return (
            re.fullmatch(self.path, difference.path) is not None
            and _fits(self.theirs, difference.theirs)
            and _fits(self.ours, difference.ours)
        )


def as_given(pod: Json) -> Json:
    """A pod without what the API server, its admission and the scheduler added to it."""
    pod = json.loads(json.dumps(pod))
    pod.pop("status", None)
    for name in _ADDED_BY_SERVER:
        pod["metadata"].pop(name, None)
    spec = pod["spec"]
    for name in ("nodeName", "priority", "preemptionPolicy", "enableServiceLinks"):
        spec.pop(name, None)
    spec["volumes"] = [one for one in spec.get("volumes", []) if not _is_token(one)]
    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        mounts = container.get("volumeMounts", [])
        container["volumeMounts"] = [one for one in mounts if not _is_token(one)]
    spec["tolerations"] = [one for one in spec.get("tolerations", []) if not _is_default(one)]
    return dict(pod)


def normal(found: Json, namespace: str) -> Json:
    """All objects of one side, with random parts replaced and hash-map order taken out."""
    found = json.loads(json.dumps(found))
    for name in ("driver", "executor"):
        found[name] = _ordered(found[name])
    for name in ("service", "config-map"):
        found[name] = _cleaned(found[name])
    found["claims"] = sorted(
        (_cleaned(one) for one in found["claims"]), key=lambda one: str(one["metadata"]["name"])
    )
    found["properties"].pop("spark.app.submitTime")
    text = json.dumps(found, sort_keys=True).replace(namespace, "<namespace>")
    for pattern, placeholder in _RANDOM:
        text = pattern.sub(placeholder, text)
    return dict(json.loads(text))


def differences(theirs: Any, ours: Any, path: str = "") -> Iterator[Difference]:
    """Every place where the two differ. Named entries of lists are matched by their names."""
    if theirs == ours:
        return
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted({*theirs, *ours}):
            yield from differences(theirs.get(key), ours.get(key), f"{path}/{key}")
    elif isinstance(theirs, list) and isinstance(ours, list):
        yield from _of_lists(theirs, ours, path)
    else:
        yield Difference(path, theirs, ours)


def _of_lists(theirs: list[Any], ours: list[Any], path: str) -> Iterator[Difference]:
    left, right = _keyed(theirs), _keyed(ours)
    if left is None or right is None:
        yield Difference(path, theirs, ours)
        return
    for key in dict.fromkeys([*left, *right]):
        yield from differences(left.get(key), right.get(key), f"{path}/{key}")
    if path.endswith(_UNORDERED):
        return
    common = [key for key in left if key in right]
    if common != [key for key in right if key in left]:
        yield Difference(f"{path}/(order)", list(left), list(right))


def _keyed(entries: list[Any]) -> dict[str, Any] | None:
    if not all(isinstance(one, dict) for one in entries):
        return None
    keys = [
        str(
            one.get("mountPath")
            or one.get("name")
            or one.get("metadata", {}).get("name")
            or json.dumps(one)
        )
        for one in entries
    ]
    # The same variable may be set twice: the second is another entry.
    counted = [f"{key}#{keys[:index].count(key)}" for index, key in enumerate(keys)]
    return dict(zip((key.removesuffix("#0") for key in counted), entries, strict=True))


def _ordered(pod: Json) -> Json:
    pod = as_given(pod)
    for container in pod["spec"]["containers"]:
        if "env" in container:
            container["env"] = list(_between_anchors(_numbered_anew(container["env"])))
    return pod


def _numbered_anew(env: list[Json]) -> list[Json]:
    """Spark numbers the JVM options that it makes of its keys in the order of a hash map."""
    made = [one for one in env if _is_made_option(one)]
    values = iter(sorted(str(one["value"]) for one in made))
    return [{**one, "value": next(values)} if _is_made_option(one) else one for one in env]


def _is_made_option(variable: Json) -> bool:
    name, value = str(variable["name"]), str(variable.get("value", ""))
    return name.startswith("SPARK_JAVA_OPT_") and value.startswith("-Dspark.")


def _between_anchors(env: list[Json]) -> Iterator[Json]:
    segment: list[Json] = []
    for one in env:
        if one["name"] in _ANCHORS:
            yield from sorted(segment, key=lambda each: str(each["name"]))
            yield one
            segment = []
        else:
            segment.append(one)
    yield from sorted(segment, key=lambda each: str(each["name"]))


def _cleaned(obj: Json) -> Json:
    obj = dict(obj)
    obj.pop("status", None)
    obj["metadata"] = {
        key: value for key, value in obj["metadata"].items() if key not in _ADDED_BY_SERVER
    }
    return obj


def _fits(wanted: str, value: Any) -> bool:
    return wanted == "any" or (value is None) == (wanted == "absent")


def _is_token(entry: Json) -> bool:
    return str(entry.get("name", "")).startswith("kube-api-access-")


def _is_default(toleration: Json) -> bool:
    key = str(toleration.get("key", ""))
    taints = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
    return key in taints and toleration.get("tolerationSeconds") == 300


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 500 else f"{text[:500]}…"
