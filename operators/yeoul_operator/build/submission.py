"""One attempt of an application on its way to Kubernetes, with every name it will bear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from yeoul_operator.api.application import SparkApplication, SparkApplicationSpec
from yeoul_operator.build import names
from yeoul_operator.build.inputs import Attempt, BuildSettings

POD_NAME_KEY = "spark.kubernetes.driver.pod.name"


@dataclass(frozen=True)
class Submission:
    """Who is submitted, as which attempt, with which configuration.

    `conf` is what a caller of `spark-submit` would give it: the application's fields and its
    `sparkConf` in their order of precedence, nothing that Spark adds.
    """

    application: SparkApplication
    attempt: Attempt
    settings: BuildSettings
    conf: Mapping[str, str]

    @property
    def spec(self) -> SparkApplicationSpec:
        """The application's spec."""
        return self.application.spec

    @property
    def name(self) -> str:
        """The application's name."""
        return self.application.metadata.name

    @property
    def namespace(self) -> str:
        """The application's namespace."""
        return self.application.metadata.namespace

    @property
    def python(self) -> bool:
        """Whether Python runs beside the JVM."""
        return self.spec.type.value == "Python"

    @cached_property
    def app_id(self) -> str:
        """`spark.app.id`."""
        return names.spark_app_id(self.attempt.submission_id)

    @cached_property
    def unique(self) -> str:
        """What tells this attempt's objects from another's."""
        return names.unique_id(self.attempt.submission_id)

    @cached_property
    def prefix(self) -> str:
        """How the names of this attempt's objects begin."""
        return names.resource_prefix(self.name, self.unique)

    @cached_property
    def pod_name(self) -> str:
        """The driver pod's name."""
        return driver_pod_name(self.application)

    @cached_property
    def service_name(self) -> str:
        """The name of the driver's headless service."""
        return names.driver_service_name(self.prefix, self.unique)

    @cached_property
    def config_map_name(self) -> str:
        """The name of the ConfigMap with `spark.properties`."""
        return names.driver_config_map_name(self.unique)

    @cached_property
    def executor_template_name(self) -> str:
        """The name of the ConfigMap with the executors' pod template."""
        return names.prefixed_name(self.prefix, "driver-podspec-conf-map")

    @cached_property
    def metrics_name(self) -> str:
        """The name of the ConfigMap with the configuration of metrics."""
        return names.prefixed_name(self.prefix, "prom-conf")

    def with_ids(self, text: str) -> str:
        """Return `text` with Spark's placeholders filled in; a driver has no executor id."""
        return text.replace("{{APP_ID}}", self.app_id).replace("{{EXECUTOR_ID}}", "")


def driver_pod_name(application: SparkApplication) -> str:
    """Return the name of the driver pod: the same for every attempt."""
    given = application.spec.driver.pod_name or application.spec.spark_conf.get(POD_NAME_KEY)
    return given or names.object_name(application.metadata.name, "driver")


def below(conf: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Return what `conf` says below a prefix, keyed by the rest of the key, in its order."""
    return {key[len(prefix) :]: conf[key] for key in sorted(conf) if key.startswith(prefix)}


def listed(text: str) -> list[str]:
    """Return the entries of a comma-separated list, as Spark reads it."""
    return [entry.strip() for entry in text.split(",") if entry.strip()]
