"""What the driver would make of a configuration: an executor pod, by Spark's own builder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from submit.jvm import Spark

Json = dict[str, Any]

_TEMPLATE = "spark.kubernetes.executor.podTemplateFile"


@dataclass(frozen=True)
class Driver:
    """A driver's side of it: its pod, its configuration, the executors' template as text."""

    pod: Json
    properties: Mapping[str, str]
    template: str | None


def executor_pod(spark: Spark, driver: Driver, folder: Path) -> Json:
    """The first executor of `driver`; `folder` takes the template."""
    jvm = spark.jvm
    apache = jvm.org.apache.spark
    properties = dict(driver.properties)
    if driver.template is not None:
        file = folder / "executor-template.json"
        file.write_text(driver.template)
        properties[_TEMPLATE] = str(file)
    given = spark.object_of(properties, "java.util.TreeMap")
    conf = apache.SparkConf(False).setAll(jvm.scala.jdk.javaapi.CollectionConverters.asScala(given))
    pod = spark.object_of(driver.pod, "io.fabric8.kubernetes.api.model.Pod")
    kubernetes_conf = apache.deploy.k8s.KubernetesConf.createExecutorConf(
        conf, "1", properties["spark.app.id"], jvm.scala.Option.apply(pod), 0
    )
    constants = getattr(getattr(apache.internal.config, "package$"), "MODULE$")
    security = apache.SecurityManager(conf, jvm.scala.Option.empty(), constants.AUTH_SECRET_FILE())
    profiles = getattr(getattr(apache.resource, "ResourceProfile$"), "MODULE$")
    profiles.clearDefaultProfile()
    profile = profiles.getOrCreateDefaultProfile(conf)
    builder = apache.scheduler.cluster.k8s.KubernetesExecutorBuilder()
    built = builder.buildFromFeatures(kubernetes_conf, security, spark.kubernetes, profile).pod()
    executor: Json = spark.document_of(built.pod())
    container = spark.document_of(built.container())
    executor["spec"].setdefault("containers", []).append(container)
    return executor
