"""Airflow's own task runner between the simulated API, in all its moods, and a real Kafka."""

from __future__ import annotations

import json
import re
import signal
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from fix_airflow import Airflow, Ran, api_connection, kafka_connection, running_airflow
from fix_ingest import KEY, Answer, Serve, serve
from fix_poller import Api, arrived, running_api, wait_until
from yeoul_airflow.exporter import exporting
from yeoul_ingest.simulator.settings import API_PATH, SimulatorSettings
from yeoul_local.platform import Platform

__all__ = ["serve"]

SECRET = KEY.get_secret_value()
# What ends on time has ended by then: the run, Kafka's confirmations, Airflow's own start and end.
LATE_S = 25.0


@dataclass(frozen=True)
class Site:
    """Airflow with feeds into topics of their own.

    Attributes:
        topics: by feed.
        metrics: where the exporter of metrics answers.
    """

    airflow: Airflow
    bootstrap: str
    topics: dict[str, str]
    metrics: str

    def run(self, feed: str, url: str, key: str = SECRET, kafka: str = "", **params: Any) -> Ran:
        """One run of a feed whose API is at `url`."""
        return self.airflow.run(f"{feed}_ingest", self.env(feed, url, key, kafka), **params)

    def env(self, feed: str, url: str, key: str = SECRET, kafka: str = "") -> dict[str, str]:
        return {
            f"AIRFLOW_CONN_{feed.upper()}_API": api_connection(url, key),
            "AIRFLOW_CONN_YEOUL_KAFKA": kafka_connection(kafka or self.bootstrap),
        }

    def arrived(self, feed: str) -> list[bytes]:
        return [message.value for message in arrived(self.bootstrap, self.topics[feed])]

    def metric(self, name: str, **labels: str) -> float:
        """The sum over all series with these labels."""
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        lines = httpx.get(self.metrics, trust_env=False).text.splitlines()
        return sum(
            float(line.split()[-1])
            for line in lines
            if re.match(rf"{name}(\{{| )", line) and all(one in line for one in wanted)
        )


@pytest.fixture(scope="module")
def site(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("airflow")
    bootstrap = platform.endpoints.kafka_bootstrap
    topics = {name: f"{name}-{uuid.uuid4().hex[:8]}" for name in ("cars", "sensors", "stuck")}
    admin = AdminClient({"bootstrap.servers": bootstrap})
    new = [
        NewTopic(topics["cars"], 4, 1),
        NewTopic(topics["sensors"], 1, 1),
        # It takes no record of ours.
        NewTopic(topics["stuck"], 1, 1, config={"max.message.bytes": "100"}),
    ]
    for future in admin.create_topics(new).values():
        future.result(60)
    feeds = home / "feeds.yaml"
    feeds.write_text(yaml.safe_dump({"feeds": declared(topics)}))
    with exporting("127.0.0.1", 0, 0) as (statsd, port):
        env = {
            "YEOUL_FEEDS": str(feeds),
            "AIRFLOW__METRICS__STATSD_ON": "True",
            "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
            "AIRFLOW__METRICS__STATSD_PORT": str(statsd),
            "AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED": "True",
            "AIRFLOW__METRICS__LEGACY_NAMES_ON": "False",
        }
        with running_airflow(home, env) as airflow:
            yield Site(airflow, bootstrap, topics, f"http://127.0.0.1:{port}/metrics")


def declared(topics: dict[str, str]) -> list[dict[str, Any]]:
    quick = {"quietStart": 0, "runFor": 5, "flushTimeout": 2, "interval": 0.2, "fullRead": 2}
    cars = {"keyField": "trmnId", "orderField": "trsmUtcTime", "path": API_PATH, **quick}
    return [
        {"name": "cars", "connection": "cars_api", "topic": topics["cars"], **cars},
        {"name": "stuck", "connection": "stuck_api", "topic": topics["stuck"], **cars},
        # An API of another shape: an envelope, other names, one page, identified by a field.
        {
            "name": "sensors",
            "connection": "sensors_api",
            "path": "/api",
            "topic": topics["sensors"],
            "keyParameter": "token",
            "query": {"format": "json", "since": 2024},
            "recordsField": "data.readings",
            "keyField": "sensor",
            "identityField": "id",
            "paging": {"enabled": False, "rowsParameter": "limit", "pageSize": 50},
            **quick,
        },
    ]


@pytest.fixture
def api() -> Iterator[Api]:
    """The simulator with 100 records/s, none of which disappears during a test."""
    with running_api(SimulatorSettings(vehicles=20, window=600, max_rows=500)) as running:
        yield running


def failed(ran: Ran, *words: str) -> None:
    """The run failed, with a sentence that holds these words, and without the key."""
    assert ran.state == "failed", ran.log
    sentence = re.findall(r"FeedFailed: (.*)", ran.log)
    assert sentence, ran.log
    for word in words:
        assert word in sentence[-1]
    assert SECRET not in ran.log


def test_each_feed_has_a_dag_that_is_bounded(site: Site) -> None:
    found = site.airflow.look()
    assert found["errors"] == {}
    dag = found["dags"]["cars_ingest"]
    assert (dag["max_active_runs"], dag["catchup"]) == (1, False)
    assert dag["params"]["interval"] == {"type": "number", "exclusiveMinimum": 0}
    assert dag["params"]["run_for"]["maximum"] == 5
    poll = dag["tasks"]["poll"]
    assert poll["retries"] == 3
    assert poll["back_off"] > 1
    assert poll["limit"] == 5 + 2 + 15
    assert poll["told"]
    assert poll["outlets"] == [f"kafka://yeoul_kafka/{site.topics['cars']}"]


def test_the_shipped_declaration_is_the_first_pipelines(site: Site) -> None:
    found = site.airflow.look(Path(__file__).parents[2] / "ingest/airflow/dags/feeds.yaml")
    assert found["errors"] == {}
    assert "car_info_ingest" in found["dags"]


def test_a_bad_declaration_is_an_import_error_that_names_the_field(
    site: Site, tmp_path: Path
) -> None:
    bad = tmp_path / "feeds.yaml"
    feed = declared(site.topics)[0]
    bad.write_text(yaml.safe_dump({"feeds": [feed | {"interval": "often", "keyfield": "id"}]}))
    found = site.airflow.look(bad)
    (text,) = found["errors"].values()
    assert "feed cars: interval: 'often'" in text
    assert "feed cars: keyfield" in text


def test_nothing_is_lost_or_doubled_by_runs_while_the_api_misbehaves(site: Site, api: Api) -> None:
    api.control(errorRate=0.1, garbageRate=0.1, duplicateRate=0.2, slowRate=0.05, slowSeconds=1,
                badRate=0.1, retryAfter=0)  # fmt: skip
    first = site.run("cars", api.url)
    assert first.state == "success", first.log
    total = api.calm()
    second = site.run("cars", api.url)
    assert second.state == "success", second.log
    found = site.arrived("cars")
    assert len(found) == len(set(found)) == total
    # XCom and asset carry counts, and no payload.
    assert first.xcom["sent"] + second.xcom["sent"] == total
    assert set(first.xcom) == {"polled", "duplicates", "sent", "failed_requests"}
    assert second.events[-1] == second.xcom
    assert first.xcom["failed_requests"] > 0
    assert SECRET not in first.log + second.log


def test_after_a_kill_the_next_run_sends_nothing_twice(site: Site, api: Api) -> None:
    before = len(site.arrived("cars"))
    site.airflow.begin(dag="cars_ingest", params={}, env=site.env("cars", api.url))
    wait_until(lambda: len(site.arrived("cars")) >= before + 200)
    site.airflow.kill()
    killed = len(site.arrived("cars"))
    total = api.calm()
    ran = site.run("cars", api.url)
    assert ran.state == "success", ran.log
    found = site.arrived("cars")
    assert len(found) == len(set(found)) == before + total
    assert killed < len(found)


def test_an_api_of_another_shape_is_another_feed(site: Site, serve: Serve) -> None:
    asked: list[dict[str, str]] = []

    def script(query: dict[str, str]) -> Answer:
        asked.append(query)
        readings = [
            {"id": number, "sensor": f"s{number % 2}", "asked": len(asked)} for number in range(3)
        ]
        return Answer(json.dumps({"meta": {}, "data": {"readings": readings}}).encode())

    ran = site.run("sensors", serve(script), run_for=2)
    assert ran.state == "success", ran.log
    assert asked[0] == {"token": SECRET, "format": "json", "since": "2024", "limit": "50"}
    assert len(asked) > 2
    messages = arrived(site.bootstrap, site.topics["sensors"])
    assert [(m.key, json.loads(m.value)["id"]) for m in messages] == [
        (b"s0", 0),
        (b"s1", 1),
        (b"s0", 2),
    ]


def test_a_run_ends_on_time_though_the_api_hangs(site: Site, serve: Serve) -> None:
    hang = threading.Event()

    def script(_: dict[str, str]) -> Answer:
        hang.wait(60)
        return Answer()

    ran = site.run("cars", serve(script), run_for=3, timeout=600)
    hang.set()
    failed(ran, "timeout", "see whether the API is up")
    assert ran.seconds < LATE_S


def test_a_wrong_key_is_told_at_once_and_the_next_run_carries_on(site: Site, api: Api) -> None:
    before = len(site.arrived("cars"))
    ran = site.run("cars", api.url, key="wrong")
    failed(ran, "401", "put a valid key into the Connection", "cars_api")
    assert "wrong" not in re.findall(r"FeedFailed: (.*)", ran.log)[-1]
    assert site.run("cars", api.url, run_for=2).state == "success"
    assert len(site.arrived("cars")) > before


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(b"<Fault>no quota</Fault>", 403), ["403", "no quota", "put a valid key"]),
        (Answer(b"<html>Welcome</html>"), ["html", "Welcome", "page for people"]),
    ],
)
def test_an_api_that_refuses_is_told_with_its_remedy(
    site: Site, serve: Serve, answer: Answer, words: list[str]
) -> None:
    failed(site.run("cars", serve(lambda _: answer), run_for=3), *words)


def test_an_unreachable_kafka_is_told(site: Site, api: Api) -> None:
    ran = site.run("cars", api.url, kafka="127.0.0.1:9")
    failed(ran, "127.0.0.1:9", "cannot be asked", "yeoul_kafka")


def test_a_topic_that_takes_nothing_is_told(site: Site, api: Api) -> None:
    ran = site.run("stuck", api.url, run_for=3)
    failed(ran, site.topics["stuck"], "refused records", "raise max.message.bytes of the topic")
    assert site.metric("yeoul_feed_failures_total", feed="stuck", kind="kafka") > 0
    assert site.arrived("stuck") == []


@pytest.mark.night
def test_a_kafka_that_stops_answering_is_told_on_time_and_nothing_is_lost_or_doubled(
    site: Site, api: Api, platform: Platform
) -> None:
    before = len(site.arrived("cars"))
    site.airflow.begin(dag="cars_ingest", params={}, env=site.env("cars", api.url))
    try:
        wait_until(lambda: len(site.arrived("cars")) > before)
        platform.kill("kafka", signal.SIGSTOP)
        ran = site.airflow.ran()
    finally:
        platform.kill("kafka", signal.SIGCONT)
    failed(ran, "not confirmed", "space on their disks")
    assert ran.seconds < LATE_S
    total = api.calm()
    # A broker that slept takes its time to lead again; Airflow tries a task more than once, too.
    tries = (site.run("cars", api.url) for _ in range(3))
    assert any(ran.state == "success" for ran in tries), site.airflow.log[-20_000:]
    found = site.arrived("cars")
    assert len(found) == len(set(found)) == before + total


def test_a_setting_outside_its_schema_starts_no_run(site: Site, api: Api) -> None:
    before = len(site.airflow.log)
    site.airflow.begin(dag="cars_ingest", params={"interval": -1}, env=site.env("cars", api.url))
    assert "exclusiveMinimum" in site.airflow.answer()["error"]
    assert len(site.airflow.log) >= before


def test_what_runs_did_reaches_prometheus(site: Site, api: Api) -> None:
    """Records, duplicates, errors, latency, duration and failures by kind."""
    counted = {
        "yeoul_poller_records_sent_total": {"feed": "cars"},
        "yeoul_poller_records_duplicate_total": {"feed": "cars"},
        "yeoul_poller_request_seconds_count": {"feed": "cars"},
        "yeoul_poller_request_seconds_bucket": {"feed": "cars", "le": "+Inf"},
        "yeoul_poller_requests_total": {"feed": "cars", "outcome": "unauthorized"},
        "yeoul_feed_failures_total": {"feed": "cars", "kind": "unauthorized"},
        "airflow_task_duration_seconds_count": {"dag_id": "cars_ingest"},
    }
    before = {name: site.metric(name, **labels) for name, labels in counted.items()}
    good = site.run("cars", api.url, run_for=3)
    assert good.state == "success", good.log
    # The last one: that it failed does not hide when the API last answered.
    assert site.run("cars", api.url, key="wrong").state == "failed"
    more = [site.metric(name, **labels) - before[name] for name, labels in counted.items()]
    sent, known, requests, answered, refused, failures, tasks = more
    assert (sent, known) == (good.xcom["sent"], good.xcom["duplicates"])
    assert sent > 0
    assert known > 0
    assert requests == answered > 2
    assert (refused, failures, tasks) == (1, 1, 2)
    assert site.metric("yeoul_poller_last_success_timestamp_seconds", feed="cars") > 1.7e9
