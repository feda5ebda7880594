"""Metrics of driver and executors."""

from __future__ import annotations

import json
from typing import Any

import yaml

from fix_build import children, driver, scala, spark_container, submission
from yeoul_operator.build.executor_template import ENTRY

JAR = "/prometheus/agent.jar"


def monitored(**wish: Any) -> Any:
    """An application with metrics of both roles."""
    both = {"exposeDriverMetrics": True, "exposeExecutorMetrics": True}
    return scala("pi", monitoring={**both, **wish}, driver={"javaOptions": "-Xss2m"})


def files(app: Any) -> dict[str, str]:
    """The files that are mounted for it."""
    (data,) = (
        one["data"]
        for one in children(app).of_driver
        if "metrics.properties" in str(one.get("data", {}).keys())
    )
    return dict(data)


def test_the_exporter_is_an_agent_of_both() -> None:
    conf = submission(monitored(prometheus={"jmxExporterJar": JAR})).conf
    agent = f"-javaagent:{JAR}=8090:/etc/metrics/conf/prometheus.yaml"
    assert conf["spark.driver.extraJavaOptions"] == f"-Xss2m {agent}"
    assert conf["spark.executor.extraJavaOptions"] == agent


def test_java_options_of_spark_conf_are_kept() -> None:
    app = scala(
        monitoring={"exposeDriverMetrics": True, "prometheus": {"jmxExporterJar": JAR}},
        sparkConf={"spark.driver.extraJavaOptions": "-Dkept=1"},
    )
    options = submission(app).conf["spark.driver.extraJavaOptions"]
    assert options.startswith("-Dkept=1 -javaagent:")


def test_prometheus_finds_the_exporter() -> None:
    pod = driver(monitored(prometheus={"jmxExporterJar": JAR, "port": 9999}))
    annotations = pod["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == "9999"
    assert annotations["prometheus.io/scrape"] == "true"
    ports = {one["name"]: one["containerPort"] for one in spark_container(pod)["ports"]}
    assert ports["jmx-exporter"] == 9999


def test_metrics_keep_their_name_over_restarts() -> None:
    app = monitored(prometheus={"jmxExporterJar": JAR})
    assert {submission(app, number).conf["spark.metrics.namespace"] for number in (1, 2)} == {
        "jobs.pi"
    }


def test_the_default_rules_are_yaml_with_a_name_each() -> None:
    rules = yaml.safe_load(files(monitored(prometheus={"jmxExporterJar": JAR}))["prometheus.yaml"])
    assert all(rule["name"].startswith("spark_") for rule in rules["rules"])


def test_own_files_stand_above_the_defaults() -> None:
    wish = {
        "metricsProperties": "*.sink.x=y",
        "prometheus": {"jmxExporterJar": JAR, "configuration": "rules: []"},
    }
    assert files(monitored(**wish)) == {
        "metrics.properties": "*.sink.x=y",
        "prometheus.yaml": "rules: []",
    }


def test_metrics_properties_count_without_an_exporter() -> None:
    app = monitored(metricsProperties="*.sink.x=y")
    assert files(app) == {"metrics.properties": "*.sink.x=y"}
    assert submission(app).conf["spark.metrics.conf"] == "/etc/metrics/conf/metrics.properties"


def test_files_of_the_image_need_no_config_map() -> None:
    app = monitored(
        metricsPropertiesFile="/in/image.properties",
        prometheus={"jmxExporterJar": JAR, "configFile": "/in/image.yaml"},
    )
    assert not [one for one in driver(app)["spec"]["volumes"] if one["name"] == "prom-conf-vol"]


def test_executors_have_the_files_by_their_template() -> None:
    app = monitored(prometheus={"jmxExporterJar": JAR})
    (text,) = (
        one["data"][ENTRY] for one in children(app).of_driver if ENTRY in one.get("data", {})
    )
    (container,) = json.loads(text)["spec"]["containers"]
    assert [one["mountPath"] for one in container["volumeMounts"]] == ["/etc/metrics/conf"]
