"""The past of both kinds of lake: replay, backfill, reset; the proof holds after each."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from pyspark.sql import SparkSession

from fix_past import (
    FAST,
    GOOD,
    dying,
    edited,
    filled,
    goes_back,
    goes_forth,
    holds,
    late,
    made,
    moved,
    replayed,
)
from fix_stream import WAIT_S, kill, wait_until
from fix_verify import World, document, message, session
from yeoul_local.platform import Platform
from yeoul_stream.compact import run as compacting
from yeoul_stream.compact.settings import Settings as Compact
from yeoul_stream.errors import FencedError
from yeoul_stream.past.opening import open_lake
from yeoul_stream.past.outcome import Filled, Replayed
from yeoul_stream.past.sinks import PastError
from yeoul_stream.pipeline import apply_overlay, parse_pipeline
from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder

# Py4J and PySpark leave the closing of their sockets to Python.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

ROUNDS = max(2, int(os.environ.get("YEOUL_FAULT_ROUNDS", "2")))
FORMATS = pytest.mark.parametrize("kind", ["parquet", "iceberg"])
TURNS = [0, *(pytest.param(turn, marks=pytest.mark.night) for turn in range(1, ROUNDS))]


@pytest.fixture(scope="module")
def spark(platform: Platform) -> Iterator[SparkSession]:
    start = parse_pipeline(_document(platform, "x", "parquet"), "x")
    with session(platform, start) as started:
        yield started


def _document(platform: Platform, name: str, kind: str, **changes: Any) -> dict[str, Any]:
    """A pipeline with one lake."""
    base = document(platform, name)
    sink = {
        "name": "lake",
        "trigger": "available now",
        "select": {"id": "id", "speed": "speed", "price": "price", "day": "day"},
        "hdfs": {"path": f"/past/{name}/all", "format": kind, "partitionBy": ["day"]},
    }
    spec = {**base["spec"], "sinks": [sink]}
    return apply_overlay({**base, "spec": spec}, {"spec": changes})


Make = Callable[..., World]


@pytest.fixture
def make(platform: Platform, spark: SparkSession, tmp_path: Path) -> Make:
    def build(name: str, kind: str, **changes: Any) -> World:
        return made(
            platform, spark, tmp_path, _document(platform, f"{name}-{kind}", kind, **changes)
        )

    return build


def compacted(world: World) -> None:
    chosen = compacting.choose(world.pipeline, ())
    found = compacting.compact(world.pipeline, world.settings, world.spark, chosen, Compact())
    assert [outcome.error for outcome in found] == [None]


def epoch(world: World) -> int:
    """The newest epoch of the lake."""
    (sink,) = world.pipeline.spec.sinks
    assert sink.hdfs is not None
    lake = open_lake(world.pipeline, world.settings, world.spark, sink, sink.hdfs)
    return lake.look().last.epoch


def steady(world: World, kind: str) -> World:
    """The pipeline with a sink that does not end."""
    sinks = [{"name": "lake", "trigger": "as fast as possible"}]
    return edited(world, _document(world.platform, world.name, kind, sinks=sinks))


LATEST = {"source": {"kafka": {"startingOffsets": "latest"}}}


@pytest.mark.parametrize("kind", ["parquet", pytest.param("iceberg", marks=pytest.mark.night)])
def test_what_was_before_the_start_is_filled_once(make: Make, kind: str) -> None:
    world = make("late", kind, **LATEST)
    times = late(world)
    assert holds(world) == ("holds", 10)
    assert filled(world, times[2], times[3]) == Filled("lake", 400, 400, 400)
    assert holds(world) == ("holds", 410)
    compacted(world)
    assert filled(world, times[0], times[2]) == Filled("lake", 200, 200, 200)
    assert filled(world, times[0], times[3]) == Filled("lake")
    assert holds(world) == ("holds", 610)
    world.send(GOOD[:10])
    world.run()
    assert holds(world) == ("holds", 620)


@FORMATS
@pytest.mark.night
def test_what_stays_passed_over_is_known_and_filled_later(make: Make, kind: str) -> None:
    world = make("over", kind, **LATEST)
    times = late(world)
    assert filled(world, times[0], times[2]) == Filled("lake", 200, 200, 200)
    assert holds(world) == ("holds", 210)
    assert filled(world, times[0], time.time()) == Filled("lake", 400, 400, 400)
    assert holds(world) == ("holds", 610)


@FORMATS
@pytest.mark.night
def test_a_stream_goes_on_while_it_is_filled(make: Make, kind: str) -> None:
    world = make("meanwhile", kind, **LATEST)
    times = late(world)
    running, before = steady(world, kind), epoch(world)
    with running.running():
        for number in range(3):
            world.send([message(8000 + 100 * number + n) for n in range(100)])
            filled(world, times[min(number, 1)], times[min(number + 1, 3)])
        wait_until("all to be committed", lambda: running.verify().complete)
    # A driver that had to begin anew would have claimed another one.
    assert epoch(world) == before + 1
    assert holds(world) == ("holds", 910)


@pytest.mark.night
@FORMATS
def test_a_reset_tells_what_it_means_and_goes_back_when_told_to(make: Make, kind: str) -> None:
    world = make("back", kind)
    goes_back(world)
    assert moved(world, 0, apply=True) == [(201, 0, 200), (200, 0, 200)]
    assert world.verify().sinks[0].state == "empty"
    world.run()
    assert holds(world) == ("holds", 400)


@FORMATS
@pytest.mark.night
def test_a_reset_forth_passes_over_and_can_be_filled(make: Make, kind: str) -> None:
    world = make("forth", kind)
    goes_forth(world)


@FORMATS
@pytest.mark.night
def test_a_driver_that_runs_is_refused_after_a_reset(make: Make, kind: str) -> None:
    world = make("fenced", kind)
    world.send(GOOD[:200])
    running = steady(world, kind)
    with running.running() as (query,):
        wait_until("all to be committed", lambda: running.verify().complete)
        assert moved(world, 0, apply=True) == [(100, 0, 100), (100, 0, 100)]
        world.send(GOOD[200:300])
        query.join(WAIT_S)
        assert isinstance(query.error, FencedError)
    world.run()
    assert holds(world) == ("holds", 300)


def _split(world: World) -> float:
    """Have two batches that a compaction has put together; return a time between them."""
    world.send(GOOD[:200])
    world.run()
    time.sleep(0.05)
    between = time.time()
    world.send(GOOD[200:400])
    world.run()
    compacted(world)
    return between


@pytest.mark.night
def test_rows_of_a_compacted_table_go_by_the_records_that_they_name(make: Make) -> None:
    world = make("merged", "iceberg", sinks=[{"name": "lake", "lineage": True}])
    between = _split(world)
    means = [(200, 100, 100), (200, 100, 100)]
    assert moved(world, between, apply=False) == means
    assert moved(world, between, apply=True) == means
    assert holds(world) == ("holds", 200)
    world.run()
    assert holds(world) == ("holds", 400)


@pytest.mark.night
def test_rows_of_a_compacted_table_that_name_no_record_cannot_be_taken_back(make: Make) -> None:
    world = make("nameless", "iceberg")
    between = _split(world)
    for apply in (False, True):
        with pytest.raises(PastError, match="200 rows that would have to go lie in files that"):
            moved(world, between, apply=apply)
    assert holds(world) == ("holds", 400)


@pytest.mark.night
def test_a_compacted_folder_goes_back_to_where_a_book_begins(make: Make) -> None:
    world = make("coarse", "parquet")
    between = _split(world)
    assert moved(world, between, apply=True) == [(200, 0, 200), (200, 0, 200)]
    world.run()
    assert holds(world) == ("holds", 400)


def with_speed(world: World, kind: str, expression: str) -> dict[str, Any]:
    """The pipeline that takes a speed in words, and makes a number of it."""
    fields = [
        {**field, "type": "string"} if field["name"] == "speed" else field
        for field in document(world.platform, "x")["spec"]["record"]["fields"]
    ]
    sinks = [{"name": "lake", "select": {"speed": expression}}]
    return _document(world.platform, world.name, kind, record={"fields": fields}, sinks=sinks)


def lenient(world: World, kind: str) -> dict[str, Any]:
    """The pipeline that leaves out a speed that is no number."""
    return with_speed(world, kind, "try_cast(speed AS double)")


@pytest.mark.night
@FORMATS
def test_letters_are_judged_by_the_pipeline_as_it_is_now(make: Make, kind: str) -> None:
    world = make("lenient", kind)
    world = edited(world, with_speed(world, kind, "CAST(speed AS double)"))
    world.send([*GOOD[:10], *FAST, b"not json"])
    world.run()
    assert replayed(world) == Replayed("lake", 0, 0, 4)
    fixed = edited(world, lenient(world, kind))
    assert replayed(fixed, "target") == Replayed("lake")
    assert replayed(fixed, "expression") == Replayed("lake", 3, 0, 0)
    assert holds(fixed) == ("attested", 13)
    assert replayed(fixed) == Replayed("lake", 0, 0, 1)
    fixed.send(FAST)
    fixed.run()
    assert holds(fixed) == ("attested", 16)
    compacted(fixed)
    assert holds(fixed) == ("attested", 16)
    assert moved(fixed, 0, apply=True) == [(9, 0, 9), (8, 0, 7)]
    fixed.run()
    assert holds(fixed) == ("holds", 16)


@pytest.mark.parametrize("kind", [pytest.param("parquet", marks=pytest.mark.night), "iceberg"])
@pytest.mark.parametrize(
    "turn", [0, *(pytest.param(n, marks=pytest.mark.night) for n in range(1, ROUNDS))]
)
def test_whoever_dies_leaves_nothing_or_all(make: Make, kind: str, turn: int) -> None:
    world = make(f"dies{turn}", kind, **LATEST)
    times, chance = late(world), random.Random(f"{kind}{turn}")
    with dying(chance.randrange(30)):
        filled(world, times[0], times[3])
    assert holds(world)[1] in (10, 610)
    assert filled(world, times[0], times[3]).offsets in (0, 600)
    assert holds(world) == ("holds", 610)
    world.send(FAST)
    world.run()
    fixed = edited(world, lenient(world, kind))
    with dying(chance.randrange(15)):
        replayed(fixed)
    assert holds(fixed)[1] in (610, 613)
    assert replayed(fixed).rows in (0, 3)
    assert holds(fixed) == ("attested", 613)
    with dying(chance.randrange(30)):
        moved(fixed, times[3], apply=True)
    holds(fixed)
    moved(fixed, times[3], apply=True)
    assert holds(fixed)[1] == 600
    fixed.run()
    assert holds(fixed)[1] == 613


def _killed(world: World, file: Path, chance: random.Random, *command: str) -> None:
    """Start a change of the past, kill it some time after it has begun to write, and repeat it."""
    argv = [sys.executable, "-m", "yeoul_stream.past", command[0], "--pipeline", str(file)]
    folder = HadoopFolder(world.spark, f"/past/{world.name}/all")
    before = set(folder.files(""))
    started = psutil.Popen([*argv, *command[1:]], start_new_session=True)
    wait_until("it to write", lambda: set(folder.files("")) != before or started.poll() is not None)
    time.sleep(chance.uniform(0, 3))
    kill(started)
    holds(world)
    subprocess.run([*argv, *command[1:]], check=True)


@pytest.mark.night
@FORMATS
@pytest.mark.parametrize("turn", range(ROUNDS))
def test_kill_9_in_the_middle_leaves_nothing_or_all(
    make: Make, kind: str, turn: int, tmp_path: Path
) -> None:
    world = make(f"kills{turn}", kind, **LATEST)
    times, chance = late(world), random.Random(f"{kind}{turn}")
    world.send(FAST)
    world.run()
    file = tmp_path / "pipeline.yaml"
    changed = lenient(world, kind)
    fixed = edited(world, changed)
    file.write_text(json.dumps(changed))
    start, end = (datetime.fromtimestamp(t, UTC).isoformat() for t in (times[0], times[3]))
    _killed(fixed, file, chance, "backfill", "--from", start, "--to", end)
    assert holds(fixed)[1] == 610
    _killed(fixed, file, chance, "replay")
    assert holds(fixed)[1] == 613
    _killed(fixed, file, chance, "reset", "--to", end, "--yes")
    assert holds(fixed)[1] == 600
    fixed.run()
    assert holds(fixed)[1] == 613
