"""The chart with what can fail over: each part of it is lost under a stream, which goes on.

The tests follow each other on one release: each takes over what the one before has left running.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from cluster.platform_objects import sturdy_values
from cluster.running import Running, first_example
from fix_node import Release
from yeoul_stream.pipeline import apply_overlay

pytestmark = [pytest.mark.usefixtures("operator"), pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def running(release: Release, pytestconfig: pytest.Config) -> Iterator[Running]:
    """The pipeline, which has written its first rows. Kafka and PostgreSQL speak TLS."""
    trust = {"kafka": {"secretRef": "car-info-kafka"}}
    with first_example(release, sturdy_values(), pytestconfig, source=trust) as pipeline:
        yield pipeline


@pytest.mark.night
def test_lost_broker_stops_nothing(running: Running) -> None:
    running.works()
    running.lose("yeoul-kafka-1")
    running.goes_on()


def test_other_namenode_takes_over(running: Running) -> None:
    active = running.active_namenode()
    # Once it is back it may be elected again, so that is waited for later.
    is_back = running.kill(active)
    running.wait("another active NameNode", lambda: running.active_namenode() not in ("", active))
    running.wait("the lost one", is_back)
    running.goes_on()
    running.prove_at_night()


@pytest.mark.night
def test_lost_datanode_stops_nothing(running: Running) -> None:
    running.lose("yeoul-hdfs-datanode-1")
    running.goes_on()


@pytest.mark.night
def test_restarted_database_is_found_again(running: Running) -> None:
    running.lose("yeoul-postgres-0")
    running.goes_on()
    running.prove()


def test_loss_of_all_of_spark_and_the_operator_is_made_good(running: Running) -> None:
    epoch, driver = running.epoch(), running.driver()
    for pod in running.pods():
        running.site.api.delete(
            "Pod", running.namespace, pod["metadata"]["name"], gracePeriodSeconds=0
        )
    running.kill_operators()
    running.replaced(driver)
    running.works(since=epoch)


@pytest.mark.night
def test_dump_becomes_a_database_beside_the_other(running: Running) -> None:
    dumped = running.rows()
    log = running.run_cron_job("yeoul-postgres-backup")
    (file,) = re.findall(r"made (\S+\.dump)", log)
    restore = {"restore": {"file": file, "database": "again"}}
    values = {"postgres": {"builtin": {"backup": restore}}}
    running.release.put("values-kind.yaml", **apply_overlay(sturdy_values(), values))
    assert dumped <= running.rows_of("again") <= running.rows()


def test_upgrade_under_a_stream_loses_nothing(running: Running) -> None:
    before = running.pods_of_the_chart()
    values = {"pods": {"podAnnotations": {"example.com/turn": "second"}}}
    running.release.put("values-kind.yaml", **apply_overlay(sturdy_values(), values))
    assert not before & running.pods_of_the_chart(), "every pod should be another one"
    running.goes_on()
    running.prove()


@pytest.mark.night
def test_rollback_under_a_stream_loses_nothing(running: Running) -> None:
    running.release.client.run("rollback", "--wait", "--timeout=600s")
    running.goes_on()
    running.prove()
