"""The pod template from which the driver makes executors, where they need one."""

from __future__ import annotations

import json

from yeoul_operator.build import labels
from yeoul_operator.build.inputs import Object
from yeoul_operator.build.parts import PodParts, mount, parts_of
from yeoul_operator.build.pod_fields import EXECUTOR, with_fields
from yeoul_operator.build.submission import Submission

CONTAINER = "spark-kubernetes-executor"
FILE_KEY = "spark.kubernetes.executor.podTemplateFile"
CONTAINER_KEY = "spark.kubernetes.executor.podTemplateContainerName"

_FOLDER = "/opt/spark/pod-template"
_FILE = "pod-spec-template.yml"
_VOLUME = "pod-template-volume"
ENTRY = "podspec-configmap-key"


def executor_template(run: Submission) -> Object | None:
    """Return the executors' template; None where Spark's configuration says all that is wanted."""
    given = run.spec.executor.template
    bare = parts_of(None, CONTAINER)
    parts = with_fields(parts_of(given, CONTAINER), run, EXECUTOR)
    if given is None and parts == bare:
        return None
    # A further owner would keep executors alive when the driver, who is added to them, is gone.
    metadata = {key: value for key, value in parts.metadata.items() if key != "ownerReferences"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {**parts.spec, "containers": [parts.container, *parts.before, *parts.after]},
    }


def template_config_map(run: Submission, template: Object) -> Object:
    """Return the ConfigMap that brings the template to the driver."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": run.executor_template_name,
            "namespace": run.namespace,
            "labels": labels.of_attempt(run, "executor-template"),
        },
        "immutable": True,
        # JSON is YAML, and the same template is always the same text.
        "data": {ENTRY: json.dumps(template, sort_keys=True)},
    }


def template_conf() -> dict[str, str]:
    """Return the keys by which the driver finds the template."""
    return {FILE_KEY: f"{_FOLDER}/{_FILE}", CONTAINER_KEY: CONTAINER}


def with_template(parts: PodParts, run: Submission) -> PodParts:
    """Return the driver with the template mounted (`PodTemplateConfigMapStep`)."""
    volume = {
        "name": _VOLUME,
        "configMap": {
            "name": run.executor_template_name,
            "items": [{"key": ENTRY, "path": _FILE}],
        },
    }
    return parts.mounting(volume, mount(_VOLUME, _FOLDER))
