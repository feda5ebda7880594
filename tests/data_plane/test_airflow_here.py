"""Airflow on one machine, with its real scheduler and its metadata in the platform's PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import psycopg2
import pytest

from fix_poller import arrived, wait_until
from yeoul_local.home import default_home
from yeoul_local.parts import WITH_AIRFLOW
from yeoul_local.parts.kafka import TOPIC
from yeoul_local.platform import Platform
from yeoul_local.ports import LOOPBACK


@pytest.fixture(scope="module")
def fed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """What Airflow needs, and Airflow."""
    started = Platform(tmp_path_factory.mktemp("yeoul"), jars=default_home().jars)
    try:
        started.up(("postgres", "kafka", "simulator", *WITH_AIRFLOW))
        yield started
    finally:
        started.down()


def sent(platform: Platform) -> float:
    port = platform.state_file.read().ports["airflow.metrics"]
    lines = httpx.get(f"http://{LOOPBACK}:{port}/metrics", trust_env=False).text.splitlines()
    name = "yeoul_poller_records_sent_total"
    return next((float(line.split()[-1]) for line in lines if line.startswith(name)), 0)


def tasks(platform: Platform) -> list[str]:
    """The states of tasks, in the platform's PostgreSQL."""
    url = (platform.home.secrets / "airflow-database").read_text().replace("+psycopg2", "")
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT state FROM task_instance")
            return [state for (state,) in cursor.fetchall()]
    finally:
        connection.close()


def test_the_scheduler_feeds_kafka_and_ends_in_good_order(fed: Platform) -> None:
    wait_until(lambda: sent(fed) > 0)
    fed.stop("airflow")
    # The task at work has told how it went: nothing counts as running at the next start.
    assert set(tasks(fed)) == {"success"}
    values = [message.value for message in arrived(fed.endpoints.kafka_bootstrap, TOPIC)]
    assert len(values) == len(set(values)) >= sent(fed)
    log = fed.home.log("airflow").read_text(errors="replace")
    assert (fed.home.secrets / "api-key").read_text() not in log
