"""Airflow in the chart: what feeds Kafka, with which Connections, and who may do what."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from fix_chart import (
    BUILTIN,
    EXTERNAL,
    FED,
    FED_BY_ANOTHER,
    OPERATED,
    SECURED,
    Chart,
    Object,
    RefusedError,
    containers,
    over,
    pods,
)
from yeoul_airflow.feeds import Feed, read_feeds

SECURED_FED = over(SECURED, ("airflow", "provider"), "builtin")


def variables(chart: Chart, values: Object) -> dict[str, str]:
    """The scheduler's."""
    pod = chart.find("StatefulSet", "yeoul-airflow-scheduler", values)["spec"]["template"]
    return {one["name"]: one["value"] for one in pod["spec"]["containers"][0]["env"]}


def connections(chart: Chart, values: Object) -> Any:
    return json.loads(variables(chart, values)["AIRFLOW__SECRETS__BACKEND_KWARGS"])


def feeds(chart: Chart, values: Object, tmp_path: Any) -> list[Feed]:
    document = chart.find("ConfigMap", "yeoul-airflow-feeds", values)["data"]["feeds.yaml"]
    (tmp_path / "feeds.yaml").write_text(document)
    return read_feeds(tmp_path / "feeds.yaml")


@pytest.mark.parametrize(
    ("values", "feeders"),
    [
        (BUILTIN, {"yeoul-poller"}),
        (FED, {"yeoul-airflow-scheduler"}),
        (FED_BY_ANOTHER, set()),
    ],
)
def test_one_thing_feeds_kafka(chart: Chart, values: Object, feeders: set[str]) -> None:
    found = {name for name, _ in pods(chart.objects(values))}
    assert found & {"yeoul-poller", "yeoul-airflow-scheduler"} == feeders


@pytest.mark.parametrize("values", [FED, FED_BY_ANOTHER])
def test_the_first_feed_is_what_the_poller_would_do(
    chart: Chart, values: Object, tmp_path: Any
) -> None:
    (feed,) = feeds(chart, values, tmp_path)
    assert (feed.name, feed.topic, feed.key_field) == ("car_info", "car_info", "trmnId")
    assert feed.path == "/apig/apiman-gateway/tapi/v2xVehiclePositionInformation/1.0"
    assert (feed.connection, feed.kafka) == ("car_info_api", "yeoul_kafka")


def test_its_connections_are_the_pollers_too(chart: Chart) -> None:
    found = connections(chart, FED)
    assert found["apis"]["car_info_api"] == {
        "host": "http://yeoul-simulator:8080",
        "key_file": "/run/secrets/api/api-key",
    }
    assert found["kafkas"]["yeoul_kafka"] == {"bootstrap": "yeoul-kafka-bootstrap:9092"}


def test_another_api_is_split_into_connection_and_path(chart: Chart, tmp_path: Any) -> None:
    ingest = {
        "poller": {"url": "https://api.example:8443/a/1.0"},
        "apiKey": {"existingSecret": "key"},
    }
    values = {**FED, "ingest": ingest}
    assert connections(chart, values)["apis"]["car_info_api"]["host"] == "https://api.example:8443"
    assert feeds(chart, values, tmp_path)[0].path == "/a/1.0"


def test_a_kafka_with_tls_is_reached_with_the_pollers_options(chart: Chart) -> None:
    kafka = connections(chart, SECURED_FED)["kafkas"]["yeoul_kafka"]
    assert kafka["options_file"] == "/run/secrets/kafka/options"
    pod = chart.find("StatefulSet", "yeoul-airflow-scheduler", SECURED_FED)["spec"]["template"]
    mounted = {one["mountPath"] for one in pod["spec"]["containers"][0]["volumeMounts"]}
    assert {"/run/secrets/kafka", "/run/secrets/kafka-ca", "/run/authority"} <= mounted
    assert variables(chart, SECURED_FED)["PGSSLMODE"] == "verify-full"


def test_feeds_of_ones_own_take_the_place_of_the_first(chart: Chart, tmp_path: Any) -> None:
    own = {"name": "a", "connection": "a_api", "topic": "a"}
    values = over(over(FED, ("airflow", "feeds"), [own]),
                  ("airflow", "builtin", "connectionsSecret"), "conns")  # fmt: skip
    assert [feed.name for feed in feeds(chart, values, tmp_path)] == ["a"]
    found = connections(chart, values)
    assert "apis" not in found
    assert found["files"] == ["/run/secrets/connections/connections.json"]


def test_a_setting_is_a_variable(chart: Chart) -> None:
    values = over(FED, ("airflow", "builtin", "settings"), {"core.parallelism": 1048576})
    assert variables(chart, values)["AIRFLOW__CORE__PARALLELISM"] == "1048576"


def test_a_setting_without_a_section_is_refused(chart: Chart) -> None:
    with pytest.raises(RefusedError, match=r"name section and setting, as core\.parallelism"):
        chart.objects(over(FED, ("airflow", "builtin", "settings"), {"parallelism": 1}))


def test_no_variable_holds_a_secret(chart: Chart) -> None:
    objects = chart.objects(FED)
    (secret,) = [
        one for one in objects
        if (one["kind"], one["metadata"]["name"]) == ("Secret", "yeoul-airflow")
    ]  # fmt: skip
    for name, pod in pods(objects):
        told = json.dumps([[one.get("env"), one.get("args")] for one in containers(pod)])
        for key, value in secret["stringData"].items():
            assert value not in told, (name, key)


def test_the_secret_outlives_the_release(chart: Chart) -> None:
    kept = chart.find("Secret", "yeoul-airflow", FED)["metadata"]["annotations"]
    assert kept == {"helm.sh/resource-policy": "keep"}


@pytest.mark.parametrize("base", [OPERATED, EXTERNAL])
def test_a_database_that_nobody_here_may_make_is_asked_for(chart: Chart, base: Object) -> None:
    values = over(base, ("airflow", "provider"), "builtin")
    with pytest.raises(RefusedError, match=r"airflow\.builtin\.existingSecret: name a Secret"):
        chart.objects(values)
    chart.objects(over(values, ("airflow", "builtin", "existingSecret"), "theirs"))


def test_an_administrator_of_another_server_makes_it(chart: Chart) -> None:
    values = over(over(EXTERNAL, ("airflow", "provider"), "builtin"),
                  ("postgres", "external", "adminSecret"), "admin")  # fmt: skip
    (job,) = [pod for name, pod in pods(chart.objects(values)) if "airflow-migration" in name]
    (admin,) = [one for one in job["spec"]["volumes"] if one["name"] == "admin"]
    assert admin["secret"] == {"secretName": "admin"}
    assert "--admin-secret=/run/secrets/admin" in job["spec"]["containers"][0]["args"]


def subjects(chart: Chart, values: Object) -> list[Object]:
    return [
        subject
        for one in chart.objects(values)
        if (one["kind"], one["metadata"]["name"]) == ("RoleBinding", "yeoul-airflow")
        for subject in one["subjects"]
    ]


def test_who_runs_tasks_may_submit_applications(chart: Chart) -> None:
    (one,) = subjects(chart, FED)
    assert (one["name"], one["namespace"]) == ("yeoul-airflow-scheduler", "data")
    assert subjects(chart, BUILTIN) == subjects(chart, FED_BY_ANOTHER) == []


def test_accounts_of_an_airflow_elsewhere_are_named(chart: Chart) -> None:
    external = {"namespace": "airflow", "serviceAccounts": ["airflow-worker"]}
    values = over(FED_BY_ANOTHER, ("airflow", "external"), external)
    (one,) = subjects(chart, values)
    assert (one["name"], one["namespace"]) == ("airflow-worker", "airflow")
    for kind, name in (("ConfigMap", "feeds"), ("Secret", "connections")):
        found = chart.find(kind, f"yeoul-airflow-{name}", values)
        assert found["metadata"]["namespace"] == "airflow"


def test_an_airflow_elsewhere_gets_connections_as_variables(chart: Chart) -> None:
    secret = chart.find("Secret", "yeoul-airflow-connections", FED_BY_ANOTHER)["stringData"]
    kafka = json.loads(secret["AIRFLOW_CONN_YEOUL_KAFKA"])
    assert kafka["conn_type"] == "kafka"
    assert kafka["extra"] == {"bootstrap.servers": "yeoul-kafka-bootstrap.data.svc:9092"}


def test_its_document_of_feeds_is_yaml_of_the_models(chart: Chart) -> None:
    data = chart.find("ConfigMap", "yeoul-airflow-feeds", FED_BY_ANOTHER)["data"]
    assert data["YEOUL_FEEDS"] == "/etc/yeoul/feeds/feeds.yaml"
    assert list(yaml.safe_load(data["feeds.yaml"])) == ["feeds"]


def test_a_poller_that_ends_asks_whether_airflow_takes_over(chart: Chart) -> None:
    pod = chart.find("Deployment", "yeoul-poller", BUILTIN)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    server = chart.find("Deployment", "yeoul-airflow-server", FED)["metadata"]["name"]
    assert container["lifecycle"]["preStop"]["exec"]["command"][3:] == [
        f"--server={server}",
        "--scheduler=yeoul-airflow-scheduler:9102",
    ]
    assert pod["terminationGracePeriodSeconds"] > 300
    quiet = {one["name"]: one.get("value") for one in container["env"]}
    assert quiet["YEOUL_POLL_QUIET_START"] == "15"


def test_how_long_a_poller_waits_can_be_set(chart: Chart) -> None:
    values = over(BUILTIN, ("ingest", "poller", "settings"), {"quietStart": 0})
    pod = chart.find("Deployment", "yeoul-poller", values)["spec"]["template"]["spec"]
    quiet = {one["name"]: one.get("value") for one in pod["containers"][0]["env"]}
    assert quiet["YEOUL_POLL_QUIET_START"] == "0"


def test_upkeep_is_of_the_same_installation_as_pipelines(chart: Chart) -> None:
    values = over(FED, ("operator", "settings"), {"installation": "blue"})
    found = variables(chart, values)
    assert found["YEOUL_COMPACT_INSTALLATION"] == "blue"
    assert found["YEOUL_COMPACT_HADOOP_CONFIG_MAP"] == "yeoul-hdfs-client"
    assert found["YEOUL_COMPACT_SERVICE_ACCOUNT"] == "spark"
    assert variables(chart, FED)["YEOUL_COMPACT_INSTALLATION"] == "default"
