"""Who runs Kafka, PostgreSQL and HDFS, and how the rest finds them."""

from __future__ import annotations

import base64
import json

import pytest
import yaml

from charts.strimzi import generated
from fix_chart import (
    BUILTIN,
    EXTERNAL,
    KERBEROS,
    OPERATED,
    ROOT,
    Chart,
    Object,
    RefusedError,
    over,
    pods,
    properties,
    stem,
)


def kinds(objects: list[Object], kind: str) -> list[Object]:
    return [one for one in objects if one["kind"] == kind]


def topics_job(chart: Chart, values: Object) -> Object:
    jobs = kinds(chart.objects(values), "Job")
    (found,) = [one for one in jobs if stem(one["metadata"]["name"]) == "yeoul-kafka-topics"]
    return found


def variables(pod: Object) -> dict[str, str]:
    (container,) = pod["spec"]["containers"]
    return {one["name"]: one["value"] for one in container["env"] if "value" in one}


def poller(chart: Chart, values: Object) -> dict[str, str]:
    return variables(dict(pods(chart.objects(values)))["yeoul-poller"])


def pipelines_secret(chart: Chart, values: Object) -> dict[str, str]:
    data = chart.find("Secret", "car-info-postgres", values)["stringData"]
    return {key: value for key, value in data.items() if key != "password"}


# Kafka


@pytest.mark.parametrize(
    ("values", "address"),
    [
        (BUILTIN, "yeoul-kafka-bootstrap:9092"),
        ({"kafka": {"provider": "strimzi"}}, "yeoul-kafka-bootstrap:9092"),
        (OPERATED, "yeoul-kafka-bootstrap:9093"),
        (EXTERNAL, "kafka.example:9092"),
    ],
)
def test_the_poller_finds_kafka(chart: Chart, values: Object, address: str) -> None:
    assert poller(chart, values)["YEOUL_POLL_BOOTSTRAP_SERVERS"] == address


def test_the_example_finds_the_builtin_kafka_and_its_database(chart: Chart) -> None:
    example = yaml.safe_load((ROOT / "manifests/examples/car-info.yaml").read_text())
    objects = chart.objects(BUILTIN)
    kafka = example["spec"]["source"]["kafka"]
    secrets = {
        sink["postgres"]["secretRef"] for sink in example["spec"]["sinks"] if "postgres" in sink
    }
    services = {
        f"{one['metadata']['name']}:{p['port']}"
        for one in kinds(objects, "Service")
        for p in one["spec"]["ports"]
    }
    assert kafka["bootstrapServers"] in services
    assert secrets <= {one["metadata"]["name"] for one in kinds(objects, "Secret")}


def test_the_clusters_id_is_one_of_kafkas_and_stays(chart: Chart) -> None:
    def identity(replicas: int) -> str:
        values = over(BUILTIN, ("kafka", "builtin", "replicas"), replicas)
        return variables(dict(pods(chart.objects(values)))["yeoul-kafka"])["KAFKA_CLUSTER_ID"]

    assert len(base64.b64decode(identity(1) + "==")) == 16
    assert identity(1) == identity(3)


def test_a_topic_has_all_its_keys(chart: Chart) -> None:
    values = over(BUILTIN, ("kafka", "topics"), [{"name": "a.b_c"}])
    job = topics_job(chart, values)
    topics = json.loads(variables(job["spec"]["template"])["TOPICS"])
    assert topics == [{"name": "a.b_c", "partitions": 4, "config": {}}]


def test_a_job_that_would_change_is_another_one(chart: Chart) -> None:
    def job(path: tuple[str, ...], value: object) -> str:
        return str(topics_job(chart, over(BUILTIN, path, value))["metadata"]["name"])

    changes: list[tuple[tuple[str, ...], object]] = [
        (("kafka", "topics"), [{"name": "other"}]),
        (("images", "tag"), "other"),
        (("labels",), {"a": "b"}),
        (("ingest", "poller", "resources"), {}),
    ]
    names = {job(path, value) for path, value in changes}
    assert len(names) == len(changes)


def test_a_topic_of_strimzi_has_its_name_in_kafka(chart: Chart) -> None:
    (topic,) = kinds(chart.objects(OPERATED), "KafkaTopic")
    assert (topic["metadata"]["name"], topic["spec"]["topicName"]) == ("car-info", "car_info")


@pytest.mark.parametrize(
    ("controllers", "roles"),
    [
        (3, {"brokers": ["broker"], "controllers": ["controller"]}),
        (0, {"brokers": ["controller", "broker"]}),
    ],
)
def test_brokers_are_controllers_where_there_are_no_others(
    chart: Chart, controllers: int, roles: dict[str, list[str]]
) -> None:
    values = over(OPERATED, ("kafka", "strimzi", "controllers", "replicas"), controllers)
    pools = kinds(chart.objects(values), "KafkaNodePool")
    assert {one["metadata"]["name"]: one["spec"]["roles"] for one in pools} == roles


@pytest.mark.parametrize(("brokers", "copies"), [(1, (1, 1)), (2, (2, 1)), (5, (3, 2))])
def test_copies_fit_the_brokers(chart: Chart, brokers: int, copies: tuple[int, int]) -> None:
    values = over(OPERATED, ("kafka", "strimzi", "brokers", "replicas"), brokers)
    config = chart.find("Kafka", "yeoul", values)["spec"]["kafka"]["config"]
    assert (config["default.replication.factor"], config["min.insync.replicas"]) == copies


def test_without_the_plain_listener_everybody_needs_rights(chart: Chart) -> None:
    kafka = chart.find("Kafka", "yeoul", OPERATED)["spec"]["kafka"]
    assert [one["name"] for one in kafka["listeners"]] == ["tls"]
    assert kafka["authorization"] == {"type": "simple"}


def test_the_poller_is_a_user_of_strimzis_kafka(chart: Chart) -> None:
    options = chart.find("Secret", "yeoul-kafka-poller", OPERATED)["stringData"]
    lines = dict(line.split("=", 1) for line in options["options"].splitlines())
    assert lines["sasl.password"] == options["password"]
    assert lines["sasl.username"] == "yeoul-poller"
    assert lines["security.protocol"] == "SASL_SSL"


def test_a_node_selector_becomes_an_affinity_for_strimzi(chart: Chart) -> None:
    values = over(OPERATED, ("kafka", "strimzi", "brokers", "nodeSelector"), {"disk": "ssd"})
    pool = chart.find("KafkaNodePool", "brokers", values)["spec"]["template"]["pod"]
    required = pool["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    (term,) = required["nodeSelectorTerms"]
    assert term["matchExpressions"] == [{"key": "disk", "operator": "In", "values": ["ssd"]}]


def test_what_holds_data_outlives_the_release(chart: Chart) -> None:
    kept = {
        one["kind"]
        for one in chart.objects(OPERATED)
        if one["metadata"].get("annotations", {}).get("helm.sh/resource-policy") == "keep"
    }
    assert kept == {"Kafka", "KafkaNodePool", "KafkaTopic", "Cluster", "Secret"}


def test_manifests_for_strimzi_are_those_of_the_chart() -> None:
    for path, text in generated(ROOT).items():
        assert path.read_text() == text, f"{path.name}: run `make generate`"


# PostgreSQL


@pytest.mark.parametrize(
    ("values", "host", "sslmode"),
    [
        (BUILTIN, "yeoul-postgres.data.svc", "prefer"),
        (OPERATED, "yeoul-postgres-rw.data.svc", "require"),
    ],
)
def test_pipelines_find_our_database(chart: Chart, values: Object, host: str, sslmode: str) -> None:
    # All keys are there with every provider: an upgrade to another one leaves none of the old.
    assert pipelines_secret(chart, values) == {
        "host": host,
        "port": "5432",
        "dbname": "team13",
        "username": "team13",
        "sslmode": sslmode,
    }


def test_pipelines_find_a_database_that_is_there(chart: Chart) -> None:
    assert pipelines_secret(chart, EXTERNAL) == {
        "host": "postgres.example",
        "port": "5432",
        "dbname": "team13",
        "username": "team13",
        "sslmode": "require",
    }


@pytest.mark.parametrize(
    "values",
    [
        {**EXTERNAL, "postgres": {"provider": "external", "external": {"host": "there"}}},
        {"postgres": {"builtin": {"existingSecret": "passwords"}}},
    ],
)
def test_whose_password_is_not_known_gets_no_secret(chart: Chart, values: Object) -> None:
    secrets = {one["metadata"]["name"] for one in kinds(chart.objects(values), "Secret")}
    assert not secrets & {"car-info-postgres", "yeoul-postgres"}


@pytest.mark.parametrize("values", [BUILTIN, OPERATED])
def test_pipelines_have_the_owners_password(chart: Chart, values: Object) -> None:
    objects = {one["metadata"]["name"]: one for one in kinds(chart.objects(values), "Secret")}
    owners = objects["yeoul-postgres"]["stringData"]["password"]
    assert objects["car-info-postgres"]["stringData"]["password"] == owners


def test_pipelines_secrets_are_where_spark_is(chart: Chart) -> None:
    objects = chart.objects({"spark": {"namespaces": ["a", "b"]}})
    for kind, name in (("Secret", "car-info-postgres"), ("ConfigMap", "yeoul-hdfs-client")):
        found = [one for one in kinds(objects, kind) if one["metadata"]["name"] == name]
        assert [one["metadata"]["namespace"] for one in found] == ["a", "b"]


def test_data_lie_in_the_claim_whichever_official_image_it_is(chart: Chart) -> None:
    pod = dict(pods(chart.objects(BUILTIN)))["yeoul-postgres"]
    (container,) = pod["spec"]["containers"]
    (claim,) = [one["mountPath"] for one in container["volumeMounts"] if one["name"] == "data"]
    folder = variables(pod)["PGDATA"]
    assert folder.startswith(f"{claim}/")
    # A volume of images up to 17, and one that those from 18 on refuse.
    assert not f"{folder}/".startswith("/var/lib/postgresql/data/")


# HDFS


def test_nodes_and_clients_of_hdfs_read_the_same(chart: Chart) -> None:
    values = over(BUILTIN, ("hdfs", "builtin", "properties"), {"dfs.blocksize": 1048576})
    nodes, clients = (
        chart.find("ConfigMap", name, values)["data"]
        for name in ("yeoul-hdfs", "yeoul-hdfs-client")
    )
    assert nodes == clients
    assert properties(nodes["hdfs-site.xml"])["dfs.blocksize"] == "1048576"


def test_a_property_wins_over_ours(chart: Chart) -> None:
    values = over(BUILTIN, ("hdfs", "builtin", "properties"), {"dfs.permissions.enabled": True})
    data = chart.find("ConfigMap", "yeoul-hdfs", values)["data"]
    assert properties(data["hdfs-site.xml"])["dfs.permissions.enabled"] == "true"


def test_what_xml_would_read_is_escaped(chart: Chart) -> None:
    values = over(EXTERNAL, ("hdfs", "external", "hdfsSite"), {"a": "<b> & 'c'"})
    data = chart.find("ConfigMap", "yeoul-hdfs-client", values)["data"]
    assert properties(data["hdfs-site.xml"]) == {"a": "<b> & 'c'"}


def test_hdfs_that_is_there_is_found_by_its_properties(chart: Chart) -> None:
    data = chart.find("ConfigMap", "yeoul-hdfs-client", EXTERNAL)["data"]
    assert properties(data["core-site.xml"]) == {"fs.defaultFS": "hdfs://hdfs.example:8020"}


# Kerberos


def secured(chart: Chart) -> Object:
    values = {**EXTERNAL, "hdfs": KERBEROS}
    data: Object = chart.find("ConfigMap", "yeoul-hdfs-client", values)["data"]
    return data


def test_clients_are_told_that_hdfs_wants_kerberos(chart: Chart) -> None:
    found = properties(secured(chart)["core-site.xml"])
    assert found["hadoop.security.authentication"] == "kerberos"
    assert found["fs.defaultFS"] == "hdfs://lake"


def test_the_example_of_kerberos_says_what_the_chart_does(chart: Chart) -> None:
    example = yaml.safe_load((ROOT / "manifests/examples/kerberos-lake.yaml").read_text())
    runtime = yaml.safe_load(secured(chart)["pipeline-runtime.yaml"])["runtime"]
    assert runtime == example["spec"]["runtime"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (("hdfsSite",), "dfs.namenode.kerberos.principal"),
        (("kerberos", "keytabSecret"), "hdfs.external.kerberos.keytabSecret.name"),
        (("kerberos", "krb5ConfigMap"), "hdfs.external.kerberos.krb5ConfigMap"),
    ],
)
def test_what_kerberos_lacks_is_named(chart: Chart, path: tuple[str, ...], words: str) -> None:
    lacking = "" if path[-1] == "krb5ConfigMap" else {}
    with pytest.raises(RefusedError, match=words):
        chart.objects({**EXTERNAL, "hdfs": over(KERBEROS, ("external", *path), lacking)})


@pytest.mark.parametrize("file", ["values-kind.yaml", "values-production.yaml"])
def test_the_values_that_come_with_the_chart_render(chart: Chart, file: str) -> None:
    assert len(chart.objects(files=(file,))) > 30


def test_kinds_values_ask_for_no_more_than_a_small_node_has(chart: Chart) -> None:
    limits = [
        container["resources"]["limits"]["memory"]
        for name, pod in pods(chart.objects(files=("values-kind.yaml",)))
        # It comes when it is asked for, and goes.
        if name != "yeoul-test"
        for container in pod["spec"]["containers"]
    ]
    sizes = {"Mi": 1, "Gi": 1024}
    assert sum(int(one[:-2]) * sizes[one[-2:]] for one in limits) < 5 * 1024


def test_the_operator_can_be_had_alone(chart: Chart) -> None:
    external = {"provider": "external"}
    values = {
        **dict.fromkeys(("kafka", "postgres", "hdfs"), external),
        "ingest": {"poller": {"enabled": False}, "simulator": {"enabled": False}},
    }
    labels = [one["metadata"]["labels"] for one in chart.objects(values)]
    assert {one["app.kubernetes.io/component"] for one in labels} == {"operator", "spark"}
