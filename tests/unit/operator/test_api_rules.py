"""Each rule once: what it refuses, by its path, and that it leaves its neighbours alone."""

from __future__ import annotations

from typing import Any

import pytest

from fix_application import application, schedule
from yeoul_operator.api.application import parse_application
from yeoul_operator.api.scheduled import parse_scheduled
from yeoul_operator.api.validate import validate_application, validate_scheduled

MOUNT = {"name": "data", "mountPath": "/data"}


def problems(**spec: Any) -> dict[str, str]:
    found = validate_application(parse_application(application(**spec)))
    return {problem.path: problem.message for problem in found}


def conf(**entries: str) -> dict[str, str]:
    return {"spark." + key.replace("_", "."): value for key, value in entries.items()}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"type": "R"}, "spec.type"),
    ({"mode": "client"}, "spec.mode"),
    ({"mode": "in-cluster-client"}, "spec.mode"),
    ({"type": "Java"}, "spec.mainClass"),
    ({"type": "Scala", "mainClass": ""}, "spec.mainClass"),
    ({"sparkVersion": "2.4.5"}, "spec.sparkVersion"),
    ({"pythonVersion": "2"}, "spec.pythonVersion"),
    ({"mainApplicationFile": "/opt/app.py"}, "spec.mainApplicationFile"),
    ({"mainApplicationFile": "file:///opt/app.py"}, "spec.mainApplicationFile"),
    ({"mainApplicationFile": "FILE:/opt/app.py"}, "spec.mainApplicationFile"),
    ({"deps": {"jars": ["local:///a.jar", "b.jar"]}}, "spec.deps.jars[1]"),
    ({"deps": {"pyFiles": ["file:///a.zip"]}}, "spec.deps.pyFiles[0]"),
    ({"deps": {"packages": ["org.postgresql:postgresql"]}}, "spec.deps.packages[0]"),
    ({"deps": {"excludePackages": ["postgresql"]}}, "spec.deps.excludePackages[0]"),
    ({"driver": {"memory": "1Gi"}}, "spec.driver.memory"),
    ({"driver": {"memory": ""}}, "spec.driver.memory"),
    ({"executor": {"memoryOverhead": "0.5g"}}, "spec.executor.memoryOverhead"),
    ({"driver": {"memoryLimit": "much"}}, "spec.driver.memoryLimit"),
    ({"memoryOverheadFactor": "10%"}, "spec.memoryOverheadFactor"),
    ({"driver": {"coreRequest": "half"}}, "spec.driver.coreRequest"),
    ({"driver": {"coreLimit": "0"}}, "spec.driver.coreLimit"),
    ({"driver": {"coreRequest": "2", "coreLimit": "1500m"}}, "spec.driver.coreRequest"),
    ({"executor": {"cores": 2, "coreLimit": "1500m"}}, "spec.executor.coreLimit"),
    ({"driver": {"coreLimit": "500m"}}, "spec.driver.coreLimit"),
    ({"driver": {"gpu": {"name": "gpu", "quantity": 1}}}, "spec.driver.gpu.name"),
    ({"driver": {"podName": "Driver_1"}}, "spec.driver.podName"),
    ({"driver": {"kubernetesMaster": "kubernetes"}}, "spec.driver.kubernetesMaster"),
    ({"driver": {"serviceAccount": "Spark SA"}}, "spec.driver.serviceAccount"),
    ({"driver": {"labels": {"spark-role": "x"}}}, "spec.driver.labels.spark-role"),
    ({"executor": {"labels": {"team": "a b"}}}, "spec.executor.labels.team"),
    ({"driver": {"serviceLabels": {"-": "a"}}}, "spec.driver.serviceLabels.-"),
    ({"driver": {"annotations": {"a b": "c"}}}, 'spec.driver.annotations["a b"]'),
    ({"nodeSelector": {"disk": "a/b"}}, "spec.nodeSelector.disk"),
    ({"driver": {"env": [{"value": "x"}]}}, "spec.driver.env[0].name"),
    ({"driver": {"sidecars": [{"image": "x"}]}}, "spec.driver.sidecars[0].name"),
    (
        {"driver": {"initContainers": [{"name": "a"}, {"name": "a"}]}},
        "spec.driver.initContainers[1].name",
    ),
    ({"volumes": [{"emptyDir": {}}]}, "spec.volumes[0].name"),
    ({"driver": {"volumeMounts": [MOUNT]}}, "spec.driver.volumeMounts[0].name"),
    (
        {"volumes": [{"name": "data"}], "executor": {"volumeMounts": [{"name": "data"}]}},
        "spec.executor.volumeMounts[0].mountPath",
    ),
    (
        {"driver": {"configMaps": [{"name": "a", "path": "etc"}]}},
        "spec.driver.configMaps[0].path",
    ),
    ({"driver": {"secrets": [{"name": "A", "path": "/a"}]}}, "spec.driver.secrets[0].name"),
    (
        {"dynamicAllocation": {"enabled": True, "minExecutors": 3, "maxExecutors": 2}},
        "spec.dynamicAllocation.minExecutors",
    ),
    ({"batchScheduler": "fair"}, "spec.batchScheduler"),
    (
        {"driverIngressOptions": [{"ingressURLFormat": "x"}]},
        "spec.driverIngressOptions[0].servicePort",
    ),
    (
        {
            "driverIngressOptions": [
                {"servicePort": 80, "ingressURLFormat": "a"},
                {"servicePort": 81, "ingressURLFormat": "a"},
            ]
        },
        "spec.driverIngressOptions[1].ingressURLFormat",
    ),
    (
        {
            "driverIngressOptions": [
                {"servicePort": 80, "ingressURLFormat": "a"},
                {"servicePort": 80, "ingressURLFormat": "b"},
            ]
        },
        "spec.driverIngressOptions[1].servicePort",
    ),
    ({"sparkConf": conf(master="local[2]")}, 'spec.sparkConf["spark.master"]'),
    (
        {"sparkConf": conf(kubernetes_namespace="other")},
        'spec.sparkConf["spark.kubernetes.namespace"]',
    ),
    (
        {"sparkConf": conf(kubernetes_driver_podTemplateFile="/a.yaml")},
        'spec.sparkConf["spark.kubernetes.driver.podTemplateFile"]',
    ),
    (
        {"sparkConf": conf(kubernetes_authenticate_driver_oauthToken="x")},
        'spec.sparkConf["spark.kubernetes.authenticate.driver.oauthToken"]',
    ),
    ({"sparkConf": conf(driver_bindAddress="::")}, 'spec.sparkConf["spark.driver.bindAddress"]'),
    ({"sparkConf": conf(kerberos_keytab="/a.keytab")}, 'spec.sparkConf["spark.kerberos.keytab"]'),
    ({"sparkConf": conf(jars="local:///a.jar,/b.jar")}, 'spec.sparkConf["spark.jars"]'),
    (
        {"sparkConf": {"spark.kubernetes.executor.label.spark-role": "x"}},
        'spec.sparkConf["spark.kubernetes.executor.label.spark-role"]',
    ),
]


@pytest.mark.parametrize(("spec", "path"), REFUSED, ids=[path for _, path in REFUSED])
def test_what_cannot_take_effect_is_refused_by_name(spec: dict[str, Any], path: str) -> None:
    assert list(problems(**spec)) == [path]


ACCEPTED: list[dict[str, Any]] = [
    {},
    {"sparkVersion": ""},
    {"sparkVersion": "latest"},
    {"sparkVersion": "3.5.7"},
    {"type": "Java", "mainClass": "a.B", "mainApplicationFile": "spark-internal"},
    {"mainApplicationFile": "s3a://bucket/app.py"},
    {"mainApplicationFile": "local:/opt/app.py"},
    {"deps": {"archives": ["https://example.com/env.tgz#env"]}},
    {"driver": {"memoryLimit": "2Gi"}},
    {"driver": {"memoryLimit": "2g"}},
    {"driver": {"memory": "512M"}},
    {"driver": {"coreLimit": "500m", "coreRequest": "100m"}},
    {
        "driver": {"coreLimit": "500m"},
        "sparkConf": {"spark.kubernetes.driver.request.cores": "100m"},
    },
    {"executor": {"instances": 0}},
    {"nodeSelector": {"a": "b"}, "driver": {"nodeSelector": {"c": "d"}}},
    {"batchScheduler": "volcano"},
    {"batchScheduler": "yunikorn"},
    {"pythonVersion": "3"},
    {"proxyUser": "alice"},
    {"driverIngressOptions": [{"servicePort": 80}]},
    {"volumes": [{"name": "data"}], "driver": {"volumeMounts": [MOUNT]}},
    {"driver": {"volumeMounts": [MOUNT], "template": {"spec": {"volumes": [{"name": "data"}]}}}},
    {
        "driver": {"volumeMounts": [MOUNT]},
        "sparkConf": {"spark.kubernetes.driver.volumes.emptyDir.data.mount.path": "/x"},
    },
    {"driver": {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}},
    {"sparkConf": conf(submit_deployMode="client", kubernetes_namespace="team")},
    {"sparkConf": conf(master="k8s://https://kubernetes.default.svc")},
    {"sparkConf": conf(kerberos_keytab="local:///etc/a.keytab")},
    {"driver": {"labels": {"example.com/team": "", "dag_id": "a.b-c"}}},
]


@pytest.mark.parametrize("spec", ACCEPTED, ids=str)
def test_what_can_take_effect_is_accepted(spec: dict[str, Any]) -> None:
    assert problems(**spec) == {}


def test_a_name_is_no_longer_than_a_label_value() -> None:
    app = parse_application(application(name="a" * 64))
    assert [problem.path for problem in validate_application(app)] == ["metadata.name"]


def test_all_problems_come_at_once() -> None:
    found = problems(
        type="R", mode="client", driver={"memory": "1Gi"}, sparkConf={"spark.master": "yarn"}
    )
    assert len(found) == 4


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"schedule": "every day"}, "spec.schedule"),
        ({"timeZone": "Seoul"}, "spec.timeZone"),
        ({"template": {"type": "R"}}, "spec.template.type"),
        (
            {"template": {"sparkConf": {"spark.master": "yarn"}}},
            'spec.template.sparkConf["spark.master"]',
        ),
    ],
)
def test_a_schedule_is_refused_by_its_own_paths(spec: dict[str, Any], path: str) -> None:
    found = validate_scheduled(parse_scheduled(schedule(**spec)))
    assert [problem.path for problem in found] == [path]


def test_the_name_of_a_schedule_leaves_room_for_the_time_of_a_run() -> None:
    found = validate_scheduled(parse_scheduled(schedule(name="a" * 53)))
    assert [problem.path for problem in found] == ["metadata.name"]


def test_a_sound_schedule_has_no_problem() -> None:
    assert validate_scheduled(parse_scheduled(schedule(schedule="@every 10m"))) == ()
