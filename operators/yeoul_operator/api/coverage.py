"""What each field of the API does: the table behind the reference and the walk over peers' CRDs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel

from yeoul_operator.api.shapes import shape_at


class Verdict(StrEnum):
    """What becomes of a field that a user writes."""

    EFFECT = "takes effect"
    PARTLY = "takes effect; some values are refused by name"
    REFUSED = "refused by name"


@dataclass(frozen=True, slots=True)
class Coverage:
    """A field's verdict, and what it becomes or why it is refused."""

    verdict: Verdict
    how: str


def _does(how: str) -> Coverage:
    return Coverage(Verdict.EFFECT, how)


def _partly(how: str) -> Coverage:
    return Coverage(Verdict.PARTLY, how)


_APPLICATION: dict[str, Coverage] = {
    "type": _partly("which arguments the driver gets; `R` is refused"),
    "mode": _partly("`cluster`; `client` and `in-cluster-client` are refused"),
    "sparkVersion": _partly("label `spark-version`; versions before 3.0.0 are refused"),
    "image": _does("`spark.kubernetes.container.image`"),
    "imagePullPolicy": _does("`spark.kubernetes.container.image.pullPolicy`"),
    "imagePullSecrets": _does("`spark.kubernetes.container.image.pullSecrets`"),
    "mainClass": _does("`--class` of the driver"),
    "mainApplicationFile": _partly("the driver's primary resource; a submitter's file is refused"),
    "arguments": _does("the driver's arguments, unchanged"),
    "sparkConf": _partly("`spark.properties`; keys that could not take effect are refused"),
    "hadoopConf": _does("`spark.hadoop.<key>`"),
    "sparkConfigMap": _does("mounted, as SPARK_CONF_DIR"),
    "hadoopConfigMap": _does("mounted, as HADOOP_CONF_DIR"),
    "volumes": _does("volumes of each pod that mounts them"),
    "deps": _does("as below"),
    "deps.jars": _partly("`spark.jars`; a submitter's file is refused"),
    "deps.files": _partly("`spark.files`; a submitter's file is refused"),
    "deps.pyFiles": _partly("`spark.submit.pyFiles`; a submitter's file is refused"),
    "deps.archives": _partly("`spark.archives`; a submitter's file is refused"),
    "deps.packages": _does("`spark.jars.packages`"),
    "deps.excludePackages": _does("`spark.jars.excludes`"),
    "deps.repositories": _does("`spark.jars.repositories`"),
    "driver": _does("as below"),
    "executor": _does("as below"),
    "restartPolicy": _does("as below"),
    "restartPolicy.type": _does("whether an application that ended runs again"),
    "restartPolicy.onFailureRetries": _does("budget of failed runs"),
    "restartPolicy.onSubmissionFailureRetries": _does("budget of failed submissions"),
    "restartPolicy.onFailureRetryInterval": _does("first wait after a failed run"),
    "restartPolicy.onSubmissionFailureRetryInterval": _does("first wait after a failed submission"),
    "timeToLiveSeconds": _does("the application is deleted so long after its end"),
    "suspend": _does("nothing is submitted, and what runs is ended"),
    "dynamicAllocation": _does("as below"),
    "dynamicAllocation.enabled": _does("`spark.dynamicAllocation.enabled`"),
    "dynamicAllocation.initialExecutors": _does("`spark.dynamicAllocation.initialExecutors`"),
    "dynamicAllocation.minExecutors": _does("`spark.dynamicAllocation.minExecutors`"),
    "dynamicAllocation.maxExecutors": _does("`spark.dynamicAllocation.maxExecutors`"),
    "dynamicAllocation.shuffleTrackingEnabled": _does(
        "`spark.dynamicAllocation.shuffleTracking.enabled`"
    ),
    "dynamicAllocation.shuffleTrackingTimeout": _does(
        "`spark.dynamicAllocation.shuffleTracking.timeout`"
    ),
    "monitoring": _does("as below"),
    "monitoring.exposeDriverMetrics": _does("metrics sinks and agent of the driver"),
    "monitoring.exposeExecutorMetrics": _does("metrics sinks and agent of executors"),
    "monitoring.metricsProperties": _does("`metrics.properties` in a ConfigMap"),
    "monitoring.metricsPropertiesFile": _does("`spark.metrics.conf`"),
    "monitoring.prometheus": _does("as below"),
    "monitoring.prometheus.jmxExporterJar": _does("`-javaagent` in the Java options"),
    "monitoring.prometheus.port": _does("the agent's port, and annotation `prometheus.io/port`"),
    "monitoring.prometheus.portName": _does("name of that container port"),
    "monitoring.prometheus.configFile": _does("the agent's configuration"),
    "monitoring.prometheus.configuration": _does("the agent's configuration, in a ConfigMap"),
    "batchScheduler": _partly("`volcano` and `yunikorn`; others are refused"),
    "batchSchedulerOptions": _does("as below"),
    "batchSchedulerOptions.queue": _does("the queue of the group"),
    "batchSchedulerOptions.priorityClassName": _does("the priority of the group"),
    "batchSchedulerOptions.resources": _does("what the group needs at least"),
    "sparkUIOptions": _does("as below"),
    "driverIngressOptions": _does("a service and an Ingress for each entry"),
    "memoryOverheadFactor": _does("`spark.kubernetes.memoryOverheadFactor`"),
    "nodeSelector": _does("`spark.kubernetes.node.selector.<label>`"),
    "proxyUser": _does("`--proxy-user` of the driver"),
    "pythonVersion": _partly("Python 3 is what Spark runs; `2` is refused"),
    "failureRetries": _does("both retries of `restartPolicy`, where they are not given"),
    "retryInterval": _does("both intervals of `restartPolicy`, where they are not given"),
    "driverPodDisruptionBudget": _does("a PodDisruptionBudget for the driver"),
}

_POD: dict[str, Coverage] = {
    "template": _does("the pod that Spark's settings are merged into"),
    "cores": _does("`spark.{role}.cores`"),
    "coreRequest": _does("`spark.kubernetes.{role}.request.cores`"),
    "coreLimit": _does("`spark.kubernetes.{role}.limit.cores`"),
    "memory": _does("`spark.{role}.memory`"),
    "memoryLimit": _does("the container's memory limit"),
    "memoryOverhead": _does("`spark.{role}.memoryOverhead`"),
    "gpu": _does("the container's GPUs"),
    "gpu.name": _does("the resource's name"),
    "gpu.quantity": _does("request and limit"),
    "image": _does("`spark.kubernetes.{role}.container.image`"),
    "env": _does("environment of Spark's container"),
    "envVars": _does("environment of Spark's container"),
    "envFrom": _does("environment of Spark's container"),
    "envSecretKeyRefs": _does("`spark.kubernetes.{role}.secretKeyRef.<name>`"),
    "configMaps": _does("mounted"),
    "secrets": _does("`spark.kubernetes.{role}.secrets.<name>`"),
    "secrets[].secretType": _does("an environment variable that says where the Secret is"),
    "volumeMounts": _does("mounts of Spark's container"),
    "sidecars": _does("containers of the pod"),
    "initContainers": _does("init containers of the pod"),
    "lifecycle": _does("hooks of Spark's container"),
    "affinity": _does("the pod's affinity"),
    "tolerations": _does("the pod's tolerations"),
    "nodeSelector": _does("`spark.kubernetes.{role}.node.selector.<label>`"),
    "labels": _partly("`spark.kubernetes.{role}.label.<label>`; Spark's own are refused"),
    "annotations": _does("`spark.kubernetes.{role}.annotation.<annotation>`"),
    "securityContext": _does("the security context of Spark's container"),
    "podSecurityContext": _does("the pod's security context"),
    "schedulerName": _does("`spark.kubernetes.{role}.scheduler.name`"),
    "serviceAccount": _does("`spark.kubernetes.authenticate.{role}.serviceAccountName`"),
    "hostNetwork": _does("the pod's network, with the DNS policy that fits"),
    "hostAliases": _does("the pod's hosts file"),
    "shareProcessNamespace": _does("the pod's process namespace"),
    "dnsConfig": _does("the pod's DNS settings"),
    "terminationGracePeriodSeconds": _does("the pod's grace period"),
    "ports": _does("ports of Spark's container"),
    "javaOptions": _does("`spark.{role}.extraJavaOptions`"),
    "priorityClassName": _does("the pod's priority class"),
}

_DRIVER: dict[str, Coverage] = {
    "podName": _does("`spark.kubernetes.driver.pod.name`"),
    "kubernetesMaster": _does("`spark.kubernetes.driver.master`"),
    "serviceAnnotations": _does("`spark.kubernetes.driver.service.annotation.<annotation>`"),
    "serviceLabels": _does("`spark.kubernetes.driver.service.label.<label>`"),
}

_EXECUTOR: dict[str, Coverage] = {
    "instances": _does("`spark.executor.instances`"),
    "deleteOnTermination": _does("`spark.kubernetes.executor.deleteOnTermination`"),
}

_SERVED: dict[str, Coverage] = {
    "servicePort": _does("the service's port"),
    "servicePortName": _does("the port's name"),
    "serviceType": _does("the service's type"),
    "serviceAnnotations": _does("the service's annotations"),
    "serviceLabels": _does("the service's labels"),
    "ingressAnnotations": _does("the Ingress's annotations"),
    "ingressTLS": _does("the Ingress's TLS"),
}

_SCHEDULE: dict[str, Coverage] = {
    "schedule": _does("when runs are made"),
    "timeZone": _does("the zone in which the schedule is read"),
    "template": _does("the spec of each run, as above"),
    "suspend": _does("no further runs are made"),
    "concurrencyPolicy": _does("what happens when a run is due while one goes on"),
    "successfulRunHistoryLimit": _does("how many runs that succeeded are kept"),
    "failedRunHistoryLimit": _does("how many runs that failed are kept"),
}


def application_coverage() -> dict[str, Coverage]:
    """Every field below the spec of an application, by its path, lists as `[]`.

    What lies below a part in Kubernetes' own words has its verdict, and so have the fields of an
    entry that are not named here.
    """
    return {
        **_APPLICATION,
        **_below("driver", _POD | _DRIVER),
        **_below("executor", _POD | _EXECUTOR),
        **_below("sparkUIOptions", _SERVED),
        **_below(
            "driverIngressOptions[]",
            _SERVED | {"ingressURLFormat": _does("the Ingress's host and path")},
        ),
    }


def schedule_coverage() -> dict[str, Coverage]:
    """Every field of a schedule's own."""
    return dict(_SCHEDULE)


def verdict_of(path: str, model: type[BaseModel], table: dict[str, Coverage]) -> Coverage | None:
    """The verdict on a field below `model`; None where the field is unknown and thus pruned.

    `path` as in `driver.secrets[].name` and `driver.envSecretKeyRefs{}.key`.
    """
    if shape_at(model, tuple(re.findall(r"[^.\[\]{}]+|\[\]|\{\}", path))) is None:
        return None
    while path and path not in table:
        path = path[: max(path.rfind("."), path.rfind("["), path.rfind("{"), 0)]
    return table.get(path)


def _below(holder: str, table: dict[str, Coverage]) -> dict[str, Coverage]:
    return {
        f"{holder}.{key}": Coverage(entry.verdict, entry.how.replace("{role}", holder))
        for key, entry in table.items()
    }
