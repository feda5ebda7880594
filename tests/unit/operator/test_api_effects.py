"""Every field that is said to take effect changes what is built, or the way an application lives.

Whether the change is the right one is for the comparison with spark-submit.
"""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from fix_application import Document, application
from yeoul_operator.api.application import parse_application
from yeoul_operator.api.coverage import application_coverage
from yeoul_operator.api.status import Outcome, Retries
from yeoul_operator.api.validate import validate_application
from yeoul_operator.build.children import build_children
from yeoul_operator.build.inputs import (
    Attempt,
    BuildSettings,
    Children,
    IngressSettings,
    ValidatedApplication,
)
from yeoul_operator.reconcile.budget import Policy, backoff_s, may_retry

MOMENT = datetime(2026, 11, 23, tzinfo=UTC)
POLICY = Policy(failure_retries=3)
SETTINGS = BuildSettings(ingress=IngressSettings(url_format="{{$appName}}.example.com"))

LIVES_BY: dict[str, Any] = {
    "suspend": True,
    "timeToLiveSeconds": 60,
    "restartPolicy.type": "Always",
    "restartPolicy.onFailureRetries": 0,
    "restartPolicy.onSubmissionFailureRetries": 0,
    "restartPolicy.onFailureRetryInterval": 30,
    "restartPolicy.onSubmissionFailureRetryInterval": 30,
    "failureRetries": 0,
    "retryInterval": 30,
}
"""Fields that decide when something is built, and not what."""

ONE_VALUE = {"mode", "pythonVersion"}
"""Fields of which one value is served, the default."""

POD: dict[str, Any] = {
    "template": {"metadata": {"annotations": {"from": "template"}}},
    "cores": 3,
    "coreRequest": "300m",
    "coreLimit": "3",
    "memory": "3g",
    "memoryLimit": "30g",
    "memoryOverhead": "777m",
    "gpu.name": "amd.com/gpu",
    "gpu.quantity": 2,
    "image": "spark:other",
    "env": [{"name": "A", "value": "1"}],
    "envVars": {"B": "2"},
    "envFrom": [{"secretRef": {"name": "all"}}],
    "envSecretKeyRefs": {"C": {"name": "secret", "key": "c"}},
    "configMaps": [{"name": "settings", "path": "/etc/settings"}],
    "secrets": [{"name": "keys", "path": "/etc/keys"}],
    "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    "sidecars": [{"name": "proxy", "image": "proxy"}],
    "initContainers": [{"name": "first", "image": "first"}],
    "lifecycle": {"preStop": {"exec": {"command": ["true"]}}},
    "affinity": {"podAntiAffinity": {}},
    "tolerations": [{"key": "spot", "operator": "Exists"}],
    "nodeSelector": {"disk": "fast"},
    "labels": {"team": "a"},
    "annotations": {"example.com/a": "b"},
    "securityContext": {"readOnlyRootFilesystem": True},
    "podSecurityContext": {"runAsUser": 185},
    "schedulerName": "other",
    "serviceAccount": "spark",
    "hostNetwork": True,
    "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a"]}],
    "shareProcessNamespace": True,
    "dnsConfig": {"searches": ["example.com"]},
    "terminationGracePeriodSeconds": 77,
    "ports": [{"name": "extra", "containerPort": 9999}],
    "javaOptions": "-Xss2m",
    "priorityClassName": "high",
}

SERVED: dict[str, Any] = {
    "servicePort": 8088,
    "servicePortName": "other",
    "serviceType": "NodePort",
    "serviceAnnotations": {"example.com/a": "b"},
    "serviceLabels": {"a": "b"},
    "ingressAnnotations": {"example.com/c": "d"},
    "ingressTLS": [{"hosts": ["a.example.com"], "secretName": "tls"}],
}

SAMPLES: dict[str, Any] = {
    "type": "Java",
    "sparkVersion": "3.5.7",
    "image": "spark:other",
    "imagePullPolicy": "Always",
    "imagePullSecrets": ["registry"],
    "mainClass": "a.Other",
    "mainApplicationFile": "local:///other.py",
    "arguments": ["a b", ""],
    "sparkConf": {"spark.sql.shuffle.partitions": "3"},
    "hadoopConf": {"fs.defaultFS": "hdfs://name:8020"},
    "sparkConfigMap": "spark-conf",
    "hadoopConfigMap": "hadoop-conf",
    "volumes": [{"name": "data", "hostPath": {"path": "/mnt"}}],
    "deps.jars": ["local:///a.jar"],
    "deps.files": ["local:///a.txt"],
    "deps.pyFiles": ["local:///a.zip"],
    "deps.archives": ["local:///a.tgz"],
    "deps.packages": ["a:b:1"],
    "deps.excludePackages": ["a:b"],
    "deps.repositories": ["https://repo.example.com"],
    "dynamicAllocation.enabled": False,
    "dynamicAllocation.initialExecutors": 3,
    "dynamicAllocation.minExecutors": 2,
    "dynamicAllocation.maxExecutors": 9,
    "dynamicAllocation.shuffleTrackingEnabled": False,
    "dynamicAllocation.shuffleTrackingTimeout": 1000,
    "monitoring.exposeDriverMetrics": False,
    "monitoring.exposeExecutorMetrics": False,
    "monitoring.metricsProperties": "*.sink.a=b",
    "monitoring.metricsPropertiesFile": "/opt/metrics.properties",
    "monitoring.prometheus.jmxExporterJar": "/other.jar",
    "monitoring.prometheus.port": 8099,
    "monitoring.prometheus.portName": "other",
    "monitoring.prometheus.configFile": "/opt/prometheus.yaml",
    "monitoring.prometheus.configuration": "rules: []",
    "batchScheduler": "yunikorn",
    "batchSchedulerOptions.queue": "other",
    "batchSchedulerOptions.priorityClassName": "high",
    "batchSchedulerOptions.resources": {"cpu": "9"},
    "memoryOverheadFactor": "0.77",
    "nodeSelector": {"disk": "fast"},
    "proxyUser": "alice",
    "driverPodDisruptionBudget": True,
    "driver.podName": "other-driver",
    "driver.kubernetesMaster": "https://other:6443",
    "driver.serviceAnnotations": {"example.com/a": "b"},
    "driver.serviceLabels": {"a": "b"},
    "driver.secrets[].secretType": "GCPServiceAccount",
    "executor.secrets[].secretType": "GCPServiceAccount",
    "executor.instances": 3,
    "executor.deleteOnTermination": False,
    **{f"driver.{key}": value for key, value in POD.items()},
    **{f"executor.{key}": value for key, value in POD.items()},
    **{f"sparkUIOptions.{key}": value for key, value in SERVED.items()},
    **{f"driverIngressOptions[].{key}": value for key, value in SERVED.items()},
    "driverIngressOptions[].ingressURLFormat": "other.example.com",
}

JAVA = {"type": "Java", "mainClass": "a.Main"}
PROMETHEUS = {"jmxExporterJar": "/agent.jar"}
MONITORED = {
    "monitoring": {
        "exposeDriverMetrics": True,
        "exposeExecutorMetrics": True,
        "prometheus": PROMETHEUS,
    }
}
ON_FAILURE = {"restartPolicy": {"type": "OnFailure"}}
AROUND: dict[str, Document] = {
    "restartPolicy.on": ON_FAILURE,
    "failureRetries": ON_FAILURE,
    "retryInterval": ON_FAILURE,
    "type": {"mainClass": "a.Main"},
    "mainClass": JAVA,
    "volumes": {
        "volumes": [{"name": "data", "emptyDir": {}}],
        "driver": {"volumeMounts": POD["volumeMounts"]},
    },
    "driver.volumeMounts": {"volumes": [{"name": "data", "emptyDir": {}}]},
    "executor.volumeMounts": {"volumes": [{"name": "data", "emptyDir": {}}]},
    "driver.gpu": {"driver": {"gpu": {"name": "nvidia.com/gpu", "quantity": 1}}},
    "executor.gpu": {"executor": {"gpu": {"name": "nvidia.com/gpu", "quantity": 1}}},
    "driver.secrets[]": {"driver": {"secrets": POD["secrets"]}},
    "executor.secrets[]": {"executor": {"secrets": POD["secrets"]}},
    "dynamicAllocation": {"dynamicAllocation": {"enabled": True}},
    "monitoring": MONITORED,
    "batchSchedulerOptions": {"batchScheduler": "volcano", "batchSchedulerOptions": {}},
    "sparkUIOptions": {"sparkUIOptions": {}},
    "driverIngressOptions[]": {
        "driverIngressOptions": [{"servicePort": 8080, "ingressURLFormat": "a.example.com"}]
    },
}
"""What a field needs beside it to mean anything; that of the longest prefix holds."""


def around(path: str) -> Document:
    prefixes = [prefix for prefix in AROUND if path.startswith(prefix)]
    return copy.deepcopy(AROUND[max(prefixes, key=len)]) if prefixes else {}


def put(spec: Document, path: str, value: Any) -> None:
    *holders, last = path.split(".")
    for holder in holders:
        key = holder.removesuffix("[]")
        found = spec.setdefault(key, [{}] if holder.endswith("[]") else {})
        spec = found[0] if isinstance(found, list) else found
    spec[last] = value


def pair(path: str, value: Any) -> tuple[Document, Document]:
    """The application without the field, and with it."""
    without = application(**around(path))
    having = copy.deepcopy(without)
    put(having["spec"], path, value)
    return without, having


def built(document: Document) -> Children:
    app = parse_application(document)
    assert validate_application(app) == ()
    attempt = Attempt.of(app.metadata.uid, 1, MOMENT)
    return build_children(ValidatedApplication(app), attempt, SETTINGS)


def leaves() -> set[str]:
    """The fields that hold a value themselves."""
    paths = set(application_coverage())
    below = {path: (f"{path}.", f"{path}[]") for path in paths}
    return {path for path in paths if not any(other.startswith(below[path]) for other in paths)}


@pytest.mark.parametrize("path", sorted(SAMPLES))
def test_a_field_changes_what_is_built(path: str) -> None:
    without, having = pair(path, SAMPLES[path])
    assert built(without) != built(having)


def life(document: Document) -> tuple[object, ...]:
    """What an application's spec says about its life: submitted, repeated, deleted."""
    spec = parse_application(document).spec
    outcomes = (Outcome.APPLICATION_FAILURE, Outcome.SUBMISSION_FAILURE)
    failed = Retries(application_failures=1, submission_failures=1)
    return (
        spec.suspend,
        spec.time_to_live_seconds,
        *(may_retry(spec, failed, outcome, POLICY) for outcome in outcomes),
        *(backoff_s(spec, failed, outcome, POLICY, 0.0) for outcome in outcomes),
    )


@pytest.mark.parametrize("path", sorted(LIVES_BY))
def test_a_field_changes_how_an_application_lives(path: str) -> None:
    without, having = pair(path, LIVES_BY[path])
    assert life(without) != life(having)


def test_no_field_is_left_out() -> None:
    tried = set(SAMPLES) | set(LIVES_BY) | ONE_VALUE
    assert leaves() - tried == set()
