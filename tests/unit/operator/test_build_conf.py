"""Whose word counts: fields, sparkConf, the operator's settings."""

from __future__ import annotations

from fix_build import python, scala, submission
from yeoul_operator.build.inputs import BuildSettings

IMAGE = "spark.kubernetes.container.image"


def test_a_field_wins_over_spark_conf() -> None:
    app = scala(driver={"memory": "2g"}, sparkConf={"spark.driver.memory": "4g"})
    assert submission(app).conf["spark.driver.memory"] == "2g"


def test_spark_conf_wins_over_a_default() -> None:
    app = scala(sparkConf={"spark.driver.memory": "4g"})
    assert submission(app).conf["spark.driver.memory"] == "4g"


def test_spark_conf_wins_over_the_pull_policy() -> None:
    key = f"{IMAGE}.pullPolicy"
    app = scala(imagePullPolicy="Always", sparkConf={key: "Never"})
    assert submission(app).conf[key] == "Never"


def test_spark_conf_wins_over_the_overhead_factor() -> None:
    key = "spark.kubernetes.memoryOverheadFactor"
    app = scala(memoryOverheadFactor="0.3", sparkConf={key: "0.5"})
    assert submission(app).conf[key] == "0.5"


def test_the_operators_image_holds_where_nobody_names_one() -> None:
    app = scala(image=None)
    run = submission(app, settings=BuildSettings(image="registry.example/default:1"))
    assert run.conf[IMAGE] == "registry.example/default:1"


def test_an_application_has_one_executor_where_nobody_says_how_many() -> None:
    assert submission(scala()).conf["spark.executor.instances"] == "1"


def test_dynamic_allocation_begins_with_what_it_is_told() -> None:
    app = scala(dynamicAllocation={"enabled": True, "initialExecutors": 3})
    conf = submission(app).conf
    assert "spark.executor.instances" not in conf
    assert conf["spark.dynamicAllocation.initialExecutors"] == "3"


def test_labels_of_queues_stay_on_the_application() -> None:
    document = scala()
    metadata = document.metadata.model_copy(
        update={"labels": {"kueue.x-k8s.io/queue-name": "q", "team": "road"}}
    )
    conf = submission(document.model_copy(update={"metadata": metadata})).conf
    assert conf["spark.kubernetes.executor.label.team"] == "road"
    assert "spark.kubernetes.executor.label.kueue.x-k8s.io/queue-name" not in conf


def test_an_executors_memory_limit_becomes_its_overhead() -> None:
    app = python(
        executor={"memory": "1g", "memoryLimit": "3Gi"},
        sparkConf={"spark.executor.pyspark.memory": "512m"},
    )
    assert submission(app).conf["spark.executor.memoryOverhead"] == "1536m"


def test_keys_of_others_are_left_out() -> None:
    assert "hive.x" not in submission(scala(sparkConf={"hive.x": "1"})).conf


def test_a_gcp_secret_tells_the_client_library_where_its_key_is() -> None:
    secret = {"name": "gcp", "path": "/mnt/gcp", "secretType": "GCPServiceAccount"}
    conf = submission(scala(executor={"secrets": [secret]})).conf
    assert conf["spark.executorEnv.GOOGLE_APPLICATION_CREDENTIALS"] == "/mnt/gcp/key.json"


def test_packages_are_left_to_the_driver_to_resolve() -> None:
    deps = {
        "packages": ["org.example:a:1", "org.example:b:2"],
        "excludePackages": ["org.example:c"],
        "repositories": ["https://repo.example/maven"],
    }
    conf = submission(scala(deps=deps)).conf
    assert conf["spark.jars.packages"] == "org.example:a:1,org.example:b:2"
    assert conf["spark.jars.excludes"] == "org.example:c"
    assert conf["spark.jars.repositories"] == "https://repo.example/maven"


def test_the_drivers_api_server_is_a_bare_address() -> None:
    app = scala(driver={"kubernetesMaster": "k8s://https://kubernetes.example"})
    assert submission(app).conf["spark.kubernetes.driver.master"] == "https://kubernetes.example"
