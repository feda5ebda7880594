"""What is refused because of the whole configuration, and where it says so."""

from __future__ import annotations

from typing import Any

import pytest

from fix_build import python, scala
from yeoul_operator.api.application import SparkApplication
from yeoul_operator.build.check import check_build
from yeoul_operator.build.inputs import BuildSettings


def paths(app: SparkApplication) -> list[str]:
    """Where something is wrong."""
    return [problem.path for problem in check_build(app, BuildSettings())]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("spark.driver.memory", "1Gi"),
        ("spark.driver.memory", "0"),
        ("spark.driver.memoryOverheadFactor", "ten"),
        ("spark.executor.memoryOverhead", "1.5g"),
        ("spark.driver.cores", "0"),
        ("spark.executor.cores", "half"),
        ("spark.executor.instances", "0"),
        ("spark.ui.port", "0"),
        ("spark.driver.port", "70000"),
        ("spark.driver.blockManager.port", "7078"),
        ("spark.kubernetes.driver.request.cores", "1 core"),
        ("spark.kubernetes.container.image.pullPolicy", "Sometimes"),
        ("spark.kubernetes.driver.service.ipFamilies", "IPv5"),
        ("spark.kubernetes.driver.secretKeyRef.PASSWORD", "no-key"),
        ("spark.driver.resource.gpu.amount", "many"),
    ],
)
def test_a_value_that_spark_does_not_take_is_named(key: str, value: str) -> None:
    assert paths(scala(sparkConf={key: value})) == [f'spec.sparkConf["{key}"]']


def test_a_wrong_value_is_named_where_it_was_written() -> None:
    app = scala(driver={"memory": "1Gi"}, sparkConf={"spark.driver.memory": "2g"})
    assert paths(app) == ["spec.driver.memory"]


def test_all_is_said_at_once() -> None:
    conf = {"spark.driver.memory": "x", "spark.ui.port": "x"}
    assert len(paths(scala(sparkConf=conf))) == 2


def test_an_image_is_required() -> None:
    assert paths(scala(image=None)) == ["spec.image"]


def test_the_operators_image_is_enough() -> None:
    settings = BuildSettings(image="registry.example/default:1")
    assert check_build(scala(image=None), settings) == ()


def test_no_executors_need_dynamic_allocation() -> None:
    assert paths(scala(executor={"instances": 0})) == ["spec.executor.instances"]
    assert paths(scala(executor={"instances": 0}, dynamicAllocation={"enabled": True})) == []


def test_python_files_end_in_py() -> None:
    app = python()
    spec = app.spec.model_copy(update={"main_application_file": "local:///app/main"})
    assert paths(app.model_copy(update={"spec": spec})) == ["spec.mainApplicationFile"]


def test_a_python_file_is_no_jar() -> None:
    assert paths(scala(mainApplicationFile="local:///app/main.py")) == ["spec.mainApplicationFile"]


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"hostPath.logs.options.path": "/logs"}, "hostPath.logs.mount.path"),
        ({"hostPath.logs.mount.path": "/logs"}, "hostPath.logs.options.path"),
        ({"nfs.n.mount.path": "/n", "nfs.n.options.path": "/n"}, "nfs.n.options.server"),
        ({"csi.c.mount.path": "/c"}, "csi.c"),
        (
            {"emptyDir.e.mount.path": "/e", "emptyDir.e.options.sizeLimit": "5"},
            "emptyDir.e.options.sizeLimit",
        ),
        ({"emptyDir.a.mount.path": "/e", "emptyDir.b.mount.path": "/e"}, "emptyDir.b.mount.path"),
    ],
)
def test_volumes_of_spark_are_complete(options: dict[str, str], path: str) -> None:
    prefix = "spark.kubernetes.executor.volumes."
    app = scala(sparkConf={f"{prefix}{key}": value for key, value in options.items()})
    assert paths(app) == [f'spec.sparkConf["{prefix}{path}"]']


def test_a_memory_limit_is_at_least_the_request() -> None:
    app = scala(driver={"memory": "1g", "memoryLimit": "1g"})
    assert paths(app) == ["spec.driver.memoryLimit"]


def test_an_executors_memory_limit_leaves_room_beside_the_heap() -> None:
    app = scala(executor={"memory": "1g", "memoryLimit": "1g"})
    assert paths(app) == ["spec.executor.memoryLimit"]


_TWICE: dict[str, Any] = {"name": "extra", "emptyDir": {}}


@pytest.mark.parametrize(
    ("role", "spec", "path"),
    [
        (
            "driver",
            {
                "sidecars": [{"name": "spark-kubernetes-driver", "image": "x"}],
            },
            "containers",
        ),
        (
            "driver",
            {"template": {"spec": {"containers": [{"name": "spark-kubernetes-driver"}] * 2}}},
            "containers",
        ),
        ("driver", {"ports": [{"name": "spark-ui", "containerPort": 9000}]}, "ports"),
        ("driver", {"configMaps": [{"name": "c", "path": "/opt/spark/conf/"}]}, "volumeMounts"),
        (
            "executor",
            {
                "template": {"spec": {"volumes": [_TWICE]}},
                "volumeMounts": [{"name": "extra", "mountPath": "/extra"}],
            },
            "volumes",
        ),
    ],
)
def test_what_would_stand_twice_in_a_pod_is_named(
    role: str, spec: dict[str, Any], path: str
) -> None:
    parts: dict[str, Any] = {"volumes": [_TWICE], role: spec}
    assert paths(scala(**parts)) == [f"spec.{role}.{path}"]


def test_a_token_secret_needs_its_key() -> None:
    key = "spark.kubernetes.kerberos.tokenSecret."
    app = scala(sparkConf={f"{key}name": "tokens"})
    assert paths(app) == [f'spec.sparkConf["{key}itemKey"]']


def test_an_address_of_a_port_has_a_host() -> None:
    app = scala(driverIngressOptions=[{"servicePort": 5005, "ingressURLFormat": "http://[bad"}])
    assert paths(app) == ["spec.driverIngressOptions[0].ingressURLFormat"]


def test_an_executors_cpu_limit_is_at_least_its_request() -> None:
    app = scala(executor={"cores": 3}, sparkConf={"spark.kubernetes.executor.limit.cores": "2"})
    assert paths(app) == ['spec.sparkConf["spark.kubernetes.executor.limit.cores"]']


def test_a_configuration_fits_into_a_config_map() -> None:
    assert paths(scala(sparkConf={"spark.large": "x" * (1 << 20)})) == ["spec"]


def test_hadoops_configuration_comes_from_one_config_map() -> None:
    key = "spark.kubernetes.hadoop.configMapName"
    app = scala(hadoopConfigMap="one", sparkConf={key: "other"})
    assert paths(app) == [f'spec.sparkConf["{key}"]']
