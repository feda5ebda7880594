"""One application, twice on the same API server: by `spark-submit`, and by our builders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from bed.api import Api
from submit import translation, webhook
from submit.compare import as_given
from submit.executors import Driver, executor_pod
from submit.jvm import Spark
from yeoul_operator.api.application import parse_application
from yeoul_operator.build.children import build_children, owned_by_pod
from yeoul_operator.build.inputs import Attempt, BuildSettings, Children, ValidatedApplication

Json = dict[str, Any]

_TEMPLATE_KEY = "podspec-configmap-key"
_OWNED = ("Service", "ConfigMap", "PersistentVolumeClaim")


@dataclass(frozen=True)
class Outcome:
    """What came of one application on either side.

    Keys are `driver`, `service`, `claims`, `properties`, `config-map` and `executor`.
    """

    theirs: Json
    ours: Json


@dataclass(frozen=True)
class Observer:
    """Where and how applications are submitted.

    Each side has a namespace of its own: pods of the same name, one soon after the other, would be
    taken for each other by whoever plays the node.
    """

    api: Api
    spark: Spark
    access: translation.Access
    theirs: str
    ours: str
    folder: Path

    def observe(self, document: Json) -> Outcome:
        """Submit it both ways, one after the other, and leave nothing behind."""
        ours, children = self._submit_ours(document)
        made = [one for one in children.of_driver if _purpose(one) == "metrics"]
        metrics = ("prom-conf-vol", made[0]["metadata"]["name"]) if made else None
        return Outcome(self._submit_theirs(document, metrics), ours)

    def _submit_ours(self, document: Json) -> tuple[Json, Children]:
        with self._application(document, self.ours) as app:
            attempt = Attempt.of(app["metadata"]["uid"], 1, datetime.now(UTC))
            settings = BuildSettings(kubernetes_master=self.access.server)
            valid = ValidatedApplication(parse_application(app))
            children = build_children(valid, attempt, settings)
            pod = self.api.create(children.driver_pod)
            for child in children.of_driver:
                self.api.create(owned_by_pod(child, pod))
            found = self._collect(app)
        executor = self._defaulted(self._executor(found, self.ours))
        return {**_without_template(found), "executor": executor}, children

    def _submit_theirs(self, document: Json, metrics: tuple[str, str] | None) -> Json:
        with self._application(document, self.theirs) as app:
            submission_id = str(uuid4())
            self.spark.submit(translation.arguments(app, submission_id, self.access, self.folder))
            found = self._collect(app)
        executor = as_given(self._defaulted(self._executor(found, self.theirs)))
        return {
            **_without_template(found),
            "driver": self._defaulted(
                webhook.mutated(as_given(found["driver"]), app, "driver", metrics)
            ),
            "executor": self._defaulted(webhook.mutated(executor, app, "executor", metrics)),
        }

    @contextmanager
    def _application(self, document: Json, namespace: str) -> Iterator[Json]:
        metadata = {**document["metadata"], "namespace": namespace}
        yield self.api.create({**document, "metadata": metadata})
        self.api.delete("SparkApplication", namespace, metadata["name"])

    def _collect(self, app: Json) -> Json:
        """All that belongs to the driver of `app`, taken from the cluster."""
        name, namespace = translation.pod_name(app), app["metadata"]["namespace"]
        pod = self.api.read("Pod", namespace, name)
        owned = {kind: self._owned(kind, namespace, pod["metadata"]["uid"]) for kind in _OWNED}
        # Spark's ConfigMap has the same name for all that one JVM submits.
        for kind, objects in owned.items():
            for one in objects:
                self.api.delete(kind, namespace, one["metadata"]["name"])
        self.api.delete("Pod", namespace, name, gracePeriodSeconds=0)
        return self._sorted(pod, owned)

    def _owned(self, kind: str, namespace: str, uid: str) -> list[Json]:
        found = self.api.list(kind, namespace)
        return [
            one
            for one in found
            if any(owner["uid"] == uid for owner in one["metadata"].get("ownerReferences", ()))
        ]

    def _sorted(self, pod: Json, owned: dict[str, list[Json]]) -> Json:
        (service,) = owned["Service"]
        maps = {_purpose(one): one for one in owned["ConfigMap"]}
        properties = maps["properties"]["data"].pop("spark.properties")
        return {
            "driver": pod,
            "service": service,
            "claims": owned["PersistentVolumeClaim"],
            "properties": self.spark.properties(properties),
            "config-map": maps["properties"],
            "template": maps["template"]["data"][_TEMPLATE_KEY] if "template" in maps else None,
        }

    def _executor(self, found: Json, namespace: str) -> Json:
        driver = Driver(found["driver"], found["properties"], found["template"])
        executor = executor_pod(self.spark, driver, self.folder)
        executor["metadata"]["namespace"] = namespace
        return executor

    def _defaulted(self, pod: Json) -> Json:
        """The pod as the API server would keep it."""
        path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods?dryRun=All"
        return dict(self.api.request("POST", path, pod))


def _without_template(found: Json) -> Json:
    return {key: value for key, value in found.items() if key != "template"}


def _purpose(obj: Json) -> str:
    data = obj.get("data")
    if data is None:
        return ""
    if "spark.properties" in data:
        return "properties"
    return "template" if _TEMPLATE_KEY in data else "metrics"
