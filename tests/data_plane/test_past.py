"""Replaying dead letters, filling what was passed over, going back; the proof holds after each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from pyspark.sql import SparkSession

from fix_past import FAST, GOOD, edited, filled, goes_back, goes_forth, holds, made, moved, replayed
from fix_past import late as began_late
from fix_stream import create_topic
from fix_verify import INSTALLATION, World, document, message, session
from yeoul_local.platform import Platform
from yeoul_stream.job import Settings
from yeoul_stream.past.outcome import Filled, Replayed
from yeoul_stream.past.sinks import PastError
from yeoul_stream.pipeline import apply_overlay, parse_pipeline

# Py4J and PySpark leave the closing of their sockets to Python.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

HEAVY = [message(3000 + number, price=f"{number}.25", id=f"HEAVY{number}") for number in range(2)]


@pytest.fixture(scope="module")
def spark(platform: Platform) -> Iterator[SparkSession]:
    with session(platform, parse_pipeline(_document(platform, "x"), "x")) as started:
        yield started


def _document(platform: Platform, name: str, **changes: Any) -> dict[str, Any]:
    """A pipeline with one table, whose rows name their records."""
    base = document(platform, name)
    sink = {**base["spec"]["sinks"][0], "lineage": True}
    spec = {**base["spec"], "sinks": [sink]}
    return apply_overlay({**base, "spec": spec}, {"spec": changes})


def world_of(
    platform: Platform, spark: SparkSession, scratch: Path, name: str, **changes: Any
) -> World:
    return made(platform, spark, scratch, _document(platform, name, **changes))


def test_letters_that_the_table_takes_after_a_fix_become_rows(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    world = world_of(platform, spark, tmp_path, "amended")
    world.send(GOOD[:10])
    world.run()
    world.sql("ALTER TABLE amended_table ADD CONSTRAINT short CHECK (length(id) > 2)")
    world.send([*HEAVY, message(4000, id="R1"), b"not json"])
    world.run()
    assert replayed(world) == Replayed("table", 0, 0, 2)
    world.sql("ALTER TABLE amended_table DROP CONSTRAINT short")
    assert replayed(world) == Replayed("table", 1, 0, 1)
    assert replayed(world) == Replayed("table", 0, 0, 1)
    assert holds(world) == ("holds", 13)
    assert world.sql("SELECT count(*) FROM yeoul.replayed WHERE pipeline = 'default/amended'") == [
        (1,)
    ]


def test_letters_are_judged_by_the_pipeline_as_it_is_now(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    world = world_of(platform, spark, tmp_path, "lenient-now")
    world.send([*GOOD[:10], *FAST])
    world.run()
    fields = [
        {**field, "type": "string"} if field["name"] == "speed" else field
        for field in document(platform, "x")["spec"]["record"]["fields"]
    ]
    select = {"id": "id", "speed": "try_cast(speed AS double)", "price": "price", "at": "at"}
    sinks = [{"name": "table", "select": select}]
    fixed = edited(world, _document(platform, world.name, record={"fields": fields}, sinks=sinks))
    assert replayed(fixed) == Replayed("table", 3, 0, 0)
    assert holds(fixed) == ("attested", 13)
    fixed.send(FAST)
    fixed.run()
    assert holds(fixed) == ("attested", 16)


@pytest.fixture
def late(platform: Platform, spark: SparkSession, tmp_path: Path) -> tuple[World, list[float]]:
    """A sink that began at the end of the topic; times before, amid and after 600 records."""
    latest = {"kafka": {"startingOffsets": "latest"}}
    world = world_of(
        platform, spark, tmp_path, f"late-{tmp_path.name[-2:]}".strip("_"), source=latest
    )
    return world, began_late(world)


def test_what_was_before_the_start_is_filled_once(late: tuple[World, list[float]]) -> None:
    world, times = late
    assert holds(world) == ("holds", 10)
    assert filled(world, times[2], times[3]) == Filled("table", 400, 400, 400)
    assert holds(world) == ("holds", 410)
    assert filled(world, times[0], times[2]) == Filled("table", 200, 200, 200)
    assert filled(world, times[0], times[3]) == Filled("table")
    assert holds(world) == ("holds", 610)


def test_what_stays_passed_over_is_known_and_filled_later(
    late: tuple[World, list[float]],
) -> None:
    world, times = late
    assert filled(world, times[0], times[2]) == Filled("table", 200, 200, 200)
    assert holds(world) == ("holds", 210)
    assert filled(world, times[0], time.time()) == Filled("table", 400, 400, 400)
    assert holds(world) == ("holds", 610)


def test_a_reset_tells_what_it_means_and_goes_back_when_told_to(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    world = world_of(platform, spark, tmp_path, "back")
    goes_back(world)


def test_a_reset_forth_passes_over_and_can_be_filled(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    world = world_of(platform, spark, tmp_path, "forth")
    goes_forth(world)


def test_rows_that_name_no_record_cannot_be_taken_back(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    world = world_of(
        platform, spark, tmp_path, "nameless", sinks=[{"name": "table", "lineage": False}]
    )
    world.send(GOOD[:10])
    world.run()
    with pytest.raises(PastError, match="10 rows would have to go first"):
        moved(world, 0, apply=True)
    assert holds(world) == ("holds", 10)


def letters_in(platform: Platform, topic: str) -> list[tuple[str, bytes, dict[str, str]]]:
    """Key, value and headers of every message of a topic of one partition."""
    consumer = Consumer(
        {"bootstrap.servers": platform.endpoints.kafka_bootstrap, "group.id": "letters"}
    )
    try:
        end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)[1]
        consumer.assign([TopicPartition(topic, 0, 0)])
        found: list[tuple[str, bytes, dict[str, str]]] = []
        while len(found) < end:
            message: Any = consumer.poll(10)
            assert message is not None
            headers = {name: value.decode() for name, value in message.headers()}
            found.append((message.key().decode(), message.value(), headers))
        return found
    finally:
        consumer.close()


def test_letters_of_a_pipeline_without_postgres_go_to_a_topic(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    create_topic(platform, "rejected")
    create_topic(platform, "rejects", partitions=1)
    sink = {"name": "letters", "trigger": "available now", "deadLetters": {"topic": "rejects"}}
    base = document(platform, "rejected")
    pipeline = parse_pipeline({**base, "spec": {**base["spec"], "sinks": [sink]}}, "rejected")
    world = World(platform, spark, Settings(INSTALLATION, tmp_path), pipeline)
    world.send([*GOOD[:20], *FAST, None])
    world.run()
    found = letters_in(platform, "rejects")
    # 24 records in turn into two partitions: the last four are dead.
    assert {(key.partition("/")[2], value) for key, value, _ in found} == {
        ("0/10", FAST[0]), ("1/10", FAST[1]), ("0/11", FAST[2]), ("1/11", b""),
    }  # fmt: skip
    told = next(headers for _, value, headers in found if value == FAST[0])
    assert (told["yeoul.reason"], told["yeoul.offset"]) == ("decode", "10")
    assert "speed" in told["yeoul.detail"]
    world.run()
    world.send([*GOOD[20:40], b"[]"])
    world.run()
    assert len(letters_in(platform, "rejects")) == 5
