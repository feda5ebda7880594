"""What is accepted but does not do what it seems to: shown as warnings, never refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from yeoul_operator.api.application import RestartType, SparkApplicationSpec
from yeoul_operator.api.pods import PodSpecFields
from yeoul_operator.api.shapes import Shape, fields
from yeoul_stream.pipeline.document import Location
from yeoul_stream.pipeline.finding import Finding, finding
from yeoul_stream.pipeline.suggest import did_you_mean

_SECRET = re.compile(r"secret|password|token|access[.]?key", re.IGNORECASE)
"""Spark's own idea of a secret (`spark.redaction.regex`)."""
_NO_SECRET = re.compile(r"spark\.kubernetes\.|.*(provider|class|file|path)$", re.IGNORECASE)
_SUBMISSION = re.compile(
    r"spark\.kubernetes\.(authenticate\.submission\..*|submission\..*|file\.upload\.path"
    r"|context|report\.interval)"
)
_OVERRIDDEN = {
    "spark.app.id": "is ignored: each attempt gets one of its own",
    "spark.app.name": "is ignored: it is the application's name",
    "spark.driver.host": "is ignored: it is the name of the driver's service",
    "spark.kubernetes.submitInDriver": "is ignored: it is always true",
}

_SAME = {
    "spark.{role}.cores": "cores",
    "spark.{role}.memory": "memory",
    "spark.{role}.memoryOverhead": "memoryOverhead",
    "spark.kubernetes.{role}.request.cores": "coreRequest",
    "spark.kubernetes.{role}.limit.cores": "coreLimit",
    "spark.kubernetes.{role}.pod.name": "podName",
    "spark.{role}.instances": "instances",
}
"""Keys of sparkConf that say the same as a field of a role; the field wins."""


def advise(spec: SparkApplicationSpec, location: Location) -> Iterator[Finding]:
    """Everything in the spec that has no effect, or one that is perhaps not wanted."""
    yield from _without_effect(spec, location)
    for role, pod in (("driver", spec.driver), ("executor", spec.executor)):
        yield from _said_twice(spec.spark_conf, role, pod, location)
    for field, conf in (("sparkConf", spec.spark_conf), ("hadoopConf", spec.hadoop_conf)):
        yield from _conf(conf, (*location, field))


def _without_effect(spec: SparkApplicationSpec, location: Location) -> Iterator[Finding]:
    if spec.batch_scheduler_options is not None and spec.batch_scheduler is None:
        yield finding(
            (*location, "batchSchedulerOptions"), None, "has no effect without batchScheduler"
        )
    policy = spec.restart_policy
    if policy.type in {None, RestartType.NEVER}:
        for key, value in (
            ("restartPolicy.onFailureRetries", policy.on_failure_retries),
            ("restartPolicy.onSubmissionFailureRetries", policy.on_submission_failure_retries),
            ("failureRetries", spec.failure_retries),
        ):
            if value:
                message = 'has no effect unless restartPolicy.type is "OnFailure"'
                yield finding((*location, *key.split(".")), value, message)
    allocation = spec.dynamic_allocation
    if allocation is not None and not allocation.enabled:
        yield finding((*location, "dynamicAllocation"), None, "has no effect without enabled: true")


def _said_twice(
    conf: Mapping[str, str], role: str, pod: PodSpecFields, location: Location
) -> Iterator[Finding]:
    known = fields(type(pod))
    for pattern, field in _SAME.items():
        key = pattern.replace("{role}", role)
        if key not in conf or field not in known:
            continue
        own = getattr(pod, known[field].attribute)
        if own is not None and str(own) != conf[key]:
            message = f"is ignored: spec.{role}.{field} is {own}"
            yield finding((*location, "sparkConf", key), conf[key], message)


def _conf(conf: Mapping[str, str], location: Location) -> Iterator[Finding]:
    for key, value in conf.items():
        place = (*location, key)
        if location[-1] == "sparkConf" and not key.startswith("spark."):
            yield finding(place, None, "is ignored by Spark; its keys begin with spark.")
        elif key in _OVERRIDDEN:
            yield finding(place, value, _OVERRIDDEN[key])
        elif key == "spark.submit.deployMode" and value != "cluster":
            yield finding(place, value, "is ignored: the driver runs in a pod of its own")
        elif _SUBMISSION.fullmatch(key):
            message = "has no effect: no JVM submits the application"
            yield finding(place, None, message)
        elif _SECRET.search(key) and not _NO_SECRET.match(key):
            message = (
                "seems to be a secret, and everybody who may read ConfigMaps can read it; "
                "keep it in a Secret and hand it over by env, envFrom or secrets"
            )
            yield Finding(place, None, message)


def unknown_keys(model: Any, document: object, location: Location) -> Iterator[Finding]:
    """Keys that are in no schema: the API server drops them without a trace."""
    if not isinstance(document, Mapping):
        return
    known = fields(model)
    for key, value in document.items():
        if key in known:
            yield from _below(known[key].shape, value, (*location, key))
        else:
            guess = did_you_mean(str(key), known)
            yield finding((*location, str(key)), None, f"is not a field and will be dropped{guess}")


def _below(shape: Shape, value: object, location: Location) -> Iterator[Finding]:
    if shape.kind == "model":
        yield from unknown_keys(shape.model, value, location)
    elif shape.item is not None and shape.item.kind == "model":
        entries = value.items() if isinstance(value, Mapping) else enumerate(_list(value))
        for key, entry in entries:
            yield from unknown_keys(shape.item.model, entry, (*location, key))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
