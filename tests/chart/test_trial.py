"""`helm test`: what its pod sends, where it looks, and where there is none."""

from __future__ import annotations

import pytest

from fix_chart import BUILTIN, EXTERNAL, NAMESPACE, OPERATED, Chart, Object, containers, over, pods
from yeoul_ingest import push_settings
from yeoul_ingest.options import variables
from yeoul_ingest.push_settings import PushSettings

NO_SIMULATOR: Object = {
    "ingest": {
        "simulator": {"enabled": False},
        "poller": {"url": "https://api.example/1"},
        "apiKey": {"existingSecret": "key"},
    }
}


def pod(chart: Chart, values: Object) -> Object:
    return dict(pods(chart.objects(values)))["yeoul-test"]


def arguments(chart: Chart, values: Object) -> dict[str, list[str]]:
    return {one["name"]: one["args"] for one in containers(pod(chart, values))}


def is_there(chart: Chart, values: Object) -> bool:
    return "yeoul-test" in dict(pods(chart.objects(values)))


def test_it_is_a_test_of_helm(chart: Chart) -> None:
    assert pod(chart, BUILTIN)["metadata"]["annotations"]["helm.sh/hook"] == "test"


def test_the_record_goes_to_the_simulator_where_there_is_one(chart: Chart) -> None:
    assert arguments(chart, BUILTIN)["push"] == ["push", "--simulator=http://yeoul-simulator:8080"]


def test_it_goes_to_kafka_where_there_is_none(chart: Chart) -> None:
    values = over({**BUILTIN, **NO_SIMULATOR}, ("test", "topic"), "other")
    sent = ["push", "--bootstrap-servers=yeoul-kafka-bootstrap:9092", "--topic=other"]
    assert arguments(chart, values)["push"] == sent


def test_strimzis_kafka_gets_it_from_the_pollers_user(chart: Chart) -> None:
    made = pod(chart, {**OPERATED, **NO_SIMULATOR})
    secrets = {one["secret"]["secretName"] for one in made["spec"]["volumes"] if "secret" in one}
    assert {"yeoul-kafka-poller", "yeoul-cluster-ca-cert"} <= secrets


def test_both_sides_know_the_record_by_the_pods_identity(chart: Chart) -> None:
    push, find = containers(pod(chart, BUILTIN))
    names = [
        one["name"]
        for container in (push, find)
        for one in container["env"]
        if one.get("valueFrom") == {"fieldRef": {"fieldPath": "metadata.uid"}}
    ]
    assert names == ["YEOUL_PUSH_RECORD_ID", "RECORD_ID"]
    assert names[0] in variables(PushSettings, push_settings.ENV_PREFIX)
    assert "--record=$(RECORD_ID)" in find["args"]


@pytest.mark.parametrize(
    ("path", "left"), [(("test", "table", "name"), "--lake"), (("test", "lake", "path"), "--table")]
)
def test_one_place_is_enough(chart: Chart, path: tuple[str, ...], left: str) -> None:
    found = arguments(chart, over(BUILTIN, path, ""))["find"]
    wanted = [one for one in ("--lake=", "--table=") if any(a.startswith(one) for a in found)]
    assert wanted == [f"{left}="]


@pytest.mark.parametrize(
    "values",
    [
        {"test": {"enabled": False}},
        {"spark": {"namespaces": ["jobs"]}},
        {"test": {"table": {"name": ""}, "lake": {"path": ""}}},
        {
            **{key: {"provider": "external"} for key in ("kafka", "postgres", "hdfs")},
            "ingest": {"poller": {"enabled": False}, "simulator": {"enabled": False}},
        },
    ],
)
def test_there_is_none_where_it_could_not_work(chart: Chart, values: Object) -> None:
    assert not is_there(chart, values)


def test_it_reads_what_pipelines_read(chart: Chart) -> None:
    made = pod(chart, over(EXTERNAL, ("spark", "namespaces"), ["jobs", NAMESPACE]))
    volumes = {one["name"]: one for one in made["spec"]["volumes"]}
    assert volumes["postgres"]["secret"]["secretName"] == "car-info-postgres"
    assert volumes["hadoop"]["configMap"]["name"] == "yeoul-hdfs-client"
