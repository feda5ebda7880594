"""Feeds as a file declares them, and the Connections of Airflow that they name."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from yeoul_airflow.connections import read_api, read_kafka
from yeoul_airflow.feeds import TUNABLE, Feed, FeedsError, read_feeds
from yeoul_ingest.bounded import FeedError

LEAST = {"name": "cars", "connection": "cars_api", "topic": "cars"}


@dataclass
class Conn:
    """What is read of an Airflow Connection."""

    conn_type: str = "http"
    host: str | None = "api.example"
    port: int | None = None
    schema: str | None = None
    password: str | None = "s3cret"
    extra_dejson: dict[str, Any] = field(default_factory=dict)
    conn_id: str = "cars_api"


def read(tmp_path: Path, *feeds: dict[str, Any]) -> list[Feed]:
    path = tmp_path / "feeds.yaml"
    path.write_text(yaml.safe_dump({"feeds": list(feeds)}))
    return read_feeds(path)


def refused(tmp_path: Path, *feeds: dict[str, Any]) -> str:
    with pytest.raises(FeedsError) as error:
        read(tmp_path, *feeds)
    return str(error.value)


def test_a_feed_is_named_by_four_lines(tmp_path: Path) -> None:
    (feed,) = read(tmp_path, LEAST)
    settings = feed.settings("http://api.example:80", "kafka:9092", {})
    assert feed.dag_id == "cars_ingest"
    assert settings.url == "http://api.example:80/"
    assert (settings.topic, settings.run_for, settings.interval) == ("cars", 50, 1)


def test_what_a_run_changes_wins(tmp_path: Path) -> None:
    (feed,) = read(tmp_path, LEAST | {"interval": 5})
    assert feed.settings("http://a", "k", {"interval": 2, "other": 1}).interval == 2
    assert feed.settings("http://a", "k", {}).interval == 5


def test_each_tunable_has_a_schema_of_the_pollers_own_limits(tmp_path: Path) -> None:
    (feed,) = read(tmp_path, LEAST)
    found = feed.tunables()
    assert tuple(found) == TUNABLE
    assert all(schema["type"] in ("number", "integer") for _, schema in found.values())
    assert found["page_size"] == (1000, {
        "type": "integer", "minimum": 1, "maximum": 1_000_000,
        "description": "records asked for in one request",
    })  # fmt: skip
    assert found["run_for"][1]["maximum"] == 50


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"interval": 0}, "feed cars: interval: 0: input should be greater than 0"),
        ({"keyfield": "id"}, "feed cars: keyfield: 'id': extra inputs"),
        ({"schedule": "often"}, "feed cars: schedule: 'often': accepted is a cron expression"),
        ({"paging": {"pageSize": 0}}, "feed cars: paging.pageSize: 0"),
        ({"topic": None}, "feed cars: topic:"),
        ({"name": "Cars"}, "feed Cars: name: 'Cars': string should match pattern"),
        ({"query": {"apikey": "s3cret"}}, "query must not hold apikey"),
        ({"path": "/api?apikey=s3cret"}, "feed cars: path:"),
    ],
)
def test_a_bad_field_is_named_with_what_is_accepted(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    assert words in refused(tmp_path, LEAST | change)


def test_every_problem_of_every_feed_is_told_at_once(tmp_path: Path) -> None:
    text = refused(tmp_path, LEAST | {"interval": 0}, {"name": "b", "topic": "b"})
    assert "feed cars: interval" in text
    assert "feed b: connection: field required" in text


def test_two_feeds_may_not_share_a_topic(tmp_path: Path) -> None:
    text = refused(tmp_path, LEAST, LEAST | {"name": "again"})
    assert "feed again: topic: 'cars' is feed cars's already" in text


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("")
    with pytest.raises(FeedsError, match=r"feeds\.yaml"):
        read_feeds(path)


@pytest.mark.parametrize(
    ("connection", "url"),
    [
        (Conn(), "http://api.example"),
        (Conn(schema="https", port=8443), "https://api.example:8443"),
        (Conn(host="https://api.example/"), "https://api.example"),
        (Conn(conn_type="https"), "https://api.example"),
    ],
)
def test_an_http_connection_names_the_api(connection: Conn, url: str) -> None:
    assert read_api(connection).url == url


@pytest.mark.parametrize(
    ("connection", "words"),
    [
        (Conn(conn_type="generic"), "Connection cars_api: type: 'generic': accepted is http"),
        (Conn(host=None), "Connection cars_api: host:"),
        (Conn(password=None), "Connection cars_api: password:"),
    ],
)
def test_what_an_api_connection_lacks_is_named(connection: Conn, words: str) -> None:
    with pytest.raises(FeedError, match=words):
        read_api(connection)


def test_kafkas_options_come_from_its_connection() -> None:
    found = read_kafka(Conn("kafka", extra_dejson={
        "bootstrap.servers": "k:9092", "group.id": "x", "sasl.password": "s3cret",
        "enable.ssl.certificate.verification": True,
    }))  # fmt: skip
    assert found.bootstrap == "k:9092"
    assert found.options == {
        "sasl.password": "s3cret",
        "enable.ssl.certificate.verification": "true",
    }


@pytest.mark.parametrize(
    ("extra", "words"),
    [({}, "bootstrap.servers"), ({"bootstrap.servers": "k", "acks": "1"}, "acks cannot be set")],
)
def test_what_kafkas_connection_lacks_is_named(extra: dict[str, Any], words: str) -> None:
    with pytest.raises(FeedError, match=words):
        read_kafka(Conn("kafka", extra_dejson=extra, conn_id="yeoul_kafka"))
