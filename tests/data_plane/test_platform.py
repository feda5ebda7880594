"""The platform of real processes: started, killed, stopped."""

import pytest
from confluent_kafka.admin import AdminClient

from yeoul_local.parts import expand
from yeoul_local.platform import Platform
from yeoul_local.status import collect

EVERY = expand(("postgres", "kafka", "hdfs", "simulator"))


def _pids(platform: Platform) -> dict[str, int]:
    found = {name: platform.process(name) for name in EVERY}
    return {name: process.pid for name, process in found.items() if process}


def test_all_parts_run(platform: Platform) -> None:
    assert set(_pids(platform)) == set(EVERY)


def test_a_second_start_leaves_them_alone(platform: Platform) -> None:
    before = _pids(platform)
    platform.up()
    assert _pids(platform) == before


def test_the_first_pipelines_topic_has_four_partitions(platform: Platform) -> None:
    admin = AdminClient({"bootstrap.servers": platform.endpoints.kafka_bootstrap})
    assert len(admin.list_topics("car_info", timeout=10).topics["car_info"].partitions) == 4


def test_the_parts_take_less_than_a_gigabyte(platform: Platform) -> None:
    assert collect(platform).memory < 1024**3


@pytest.mark.parametrize("part", ["postgres", "kafka", "hdfs", "simulator"])
def test_a_killed_part_comes_back_where_it_was(platform: Platform, part: str) -> None:
    endpoints = platform.endpoints
    platform.kill(part)
    platform.start(part)
    assert (set(_pids(platform)), platform.endpoints) == (set(EVERY), endpoints)


def test_a_killed_part_is_shown_as_dead(platform: Platform) -> None:
    platform.kill("simulator")
    states = {part.name: part.state for part in collect(platform).parts}
    platform.start("simulator")
    assert states["simulator"] == "died"


def test_a_stopped_part_is_shown_as_stopped(platform: Platform) -> None:
    platform.stop("simulator")
    states = {part.name: part.state for part in collect(platform).parts}
    platform.start("simulator")
    assert states["simulator"] == "stopped"


def test_the_database_keeps_its_rows_over_a_kill(platform: Platform) -> None:
    _sql(platform, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    platform.kill("postgres")
    platform.start("postgres")
    assert _sql(platform, "TABLE kept") == [(7,)]


def _sql(platform: Platform, query: str) -> list[tuple[object, ...]]:
    session = platform.endpoints.postgres.connect()
    session.autocommit = True
    try:
        with session.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else []
    finally:
        session.close()
