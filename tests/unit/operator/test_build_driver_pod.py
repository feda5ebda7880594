"""The driver pod where it is more than what spark-submit makes."""

from __future__ import annotations

import json
from typing import Any

from fix_build import children, driver, python, scala, spark_container
from yeoul_operator.build.executor_template import ENTRY


def template_of(app: Any) -> dict[str, Any]:
    """The executors' template among what an application becomes."""
    (text,) = (one["data"][ENTRY] for one in children(app).of_driver if ENTRY in str(one))
    return dict(json.loads(text))


def test_the_container_has_the_name_that_clients_read_the_log_by() -> None:
    template = {"spec": {"containers": [{"name": "my-driver", "workingDir": "/work"}]}}
    assert spark_container(driver(scala(driver={"template": template})))["workingDir"] == "/work"


def test_an_owner_in_a_template_is_not_kept() -> None:
    template = {"metadata": {"ownerReferences": [{"kind": "Other", "controller": True}]}}
    (owner,) = driver(scala(driver={"template": template}))["metadata"]["ownerReferences"]
    assert owner["kind"] == "SparkApplication"


def test_an_executor_has_no_owner_but_its_driver() -> None:
    template = {"metadata": {"ownerReferences": [{"kind": "Other"}], "labels": {"a": "b"}}}
    found = template_of(scala(executor={"template": template}))
    assert found["metadata"] == {"labels": {"a": "b"}}


def test_sidecars_stand_behind_spark() -> None:
    sidecar = {"name": "shipper", "image": "registry.example/shipper:1"}
    pod = driver(scala(driver={"sidecars": [sidecar]}))
    assert [one["name"] for one in pod["spec"]["containers"]] == [
        "spark-kubernetes-driver",
        "shipper",
    ]


def test_a_sidecar_that_the_template_has_already_is_not_added_again() -> None:
    sidecar = {"name": "shipper", "image": "registry.example/shipper:1"}
    template = {"spec": {"containers": [{"name": "spark-kubernetes-driver"}, sidecar]}}
    pod = driver(scala(driver={"template": template, "sidecars": [sidecar]}))
    assert len(pod["spec"]["containers"]) == 2


def test_scratch_folders_may_lie_on_volumes_that_spark_has_no_keys_for() -> None:
    claim = {"spec": {"accessModes": ["ReadWriteOnce"]}}
    app = scala(
        volumes=[{"name": "spark-local-dir-1", "ephemeral": {"volumeClaimTemplate": claim}}],
        driver={"volumeMounts": [{"name": "spark-local-dir-1", "mountPath": "/scratch"}]},
    )
    pod = driver(app)
    env = {one["name"]: one.get("value") for one in spark_container(pod)["env"]}
    assert env["SPARK_LOCAL_DIRS"] == "/scratch"
    assert [one for one in pod["spec"]["volumes"] if "ephemeral" in one]


def test_the_users_variables_come_last_and_win() -> None:
    app = scala(driver={"env": [{"name": "SPARK_USER", "value": "me"}]})
    assert spark_container(driver(app))["env"][-1] == {"name": "SPARK_USER", "value": "me"}


def test_a_secret_with_a_dot_in_its_name_is_mounted() -> None:
    app = scala(driver={"secrets": [{"name": "my.secret", "path": "/mnt"}]})
    (volume,) = (one for one in driver(app)["spec"]["volumes"] if "secret" in one)
    assert volume["secret"]["secretName"] == "my.secret"
    assert "." not in volume["name"]


def test_python_workers_get_their_interpreter() -> None:
    app = python(sparkConf={"spark.pyspark.python": "/venv/bin/python"})
    env = {one["name"]: one.get("value") for one in spark_container(driver(app))["env"]}
    assert env["PYSPARK_PYTHON"] == "/venv/bin/python"
    assert env["PYSPARK_DRIVER_PYTHON"] == "/venv/bin/python"


def test_the_image_may_name_the_version_of_spark() -> None:
    app = scala(image="registry.example/spark:{{SPARK_VERSION}}")
    assert spark_container(driver(app))["image"] == "registry.example/spark:4.1.1"


def test_a_version_that_is_no_label_value_becomes_one() -> None:
    labels = driver(scala(sparkVersion="4.1.1+build 7"))["metadata"]["labels"]
    assert labels["spark-version"] == "4.1.1_build_7"


def test_a_template_is_left_as_it_is() -> None:
    template = {"spec": {"containers": [{"name": "spark-kubernetes-driver", "env": []}]}}
    before = json.dumps(template)
    driver(scala(driver={"template": template, "env": [{"name": "A", "value": "b"}]}))
    assert json.dumps(template) == before
