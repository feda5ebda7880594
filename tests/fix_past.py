"""Changing the past of a pipeline of one sink, for tests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from fix_stream import create_topic
from fix_verify import INSTALLATION, World, message
from yeoul_local.platform import Platform
from yeoul_stream.job import Settings
from yeoul_stream.past.backfill import Period, backfill
from yeoul_stream.past.outcome import Filled, Replayed
from yeoul_stream.past.replay import replay
from yeoul_stream.past.reset import reset
from yeoul_stream.pipeline import parse_pipeline
from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder
from yeoul_stream.verify import opening

GOOD = [message(number) for number in range(600)]
FAST = [message(2000 + number, speed="fast") for number in range(3)]


def made(platform: Platform, spark: SparkSession, scratch: Path, document: dict[str, Any]) -> World:
    """Return a new pipeline with a topic of two partitions; nothing has run yet."""
    name = document["metadata"]["name"]
    create_topic(platform, name)
    return World(platform, spark, Settings(INSTALLATION, scratch), parse_pipeline(document, name))


def edited(world: World, document: dict[str, Any]) -> World:
    """Return the pipeline after an edit."""
    return replace(world, pipeline=parse_pipeline(document, world.name))


def replayed(world: World, reason: str | None = None) -> Replayed:
    """Judge the dead letters anew."""
    (sink,) = world.pipeline.spec.sinks
    return replay(world.pipeline, world.settings, world.spark, sink, reason)


def filled(world: World, start: float, end: float) -> Filled:
    """Fill what was passed over between two times, in seconds since 1970."""
    (sink,) = world.pipeline.spec.sinks
    period = Period(int(start * 1000), int(end * 1000))
    return backfill(world.pipeline, world.settings, world.spark, sink, period)


def moved(world: World, moment: float, *, apply: bool) -> list[tuple[int, int, int]]:
    """Reset to a time; return position, target and rows taken away of each partition that moves."""
    (sink,) = world.pipeline.spec.sinks
    found = reset(
        world.pipeline, world.settings, world.spark, sink, int(moment * 1000), apply=apply
    )
    return [(step.position, step.target, step.rows) for step in found.moves]


def holds(world: World) -> tuple[str, int]:
    """Return the state and the rows of the sink, of which the proof holds."""
    report = world.verify()
    assert report.verdict == "holds", report.findings.listed
    return report.sinks[0].state, report.sinks[0].rows


def late(world: World) -> list[float]:
    """Have a sink that began at the end of the topic; times before, amid and after 600 records."""
    times = [time.time()]
    for part in (GOOD[:200], GOOD[200:]):
        time.sleep(0.05)
        times.append(time.time())
        world.send(part)
    time.sleep(0.05)
    times.append(time.time())
    world.run()
    world.send([message(700 + number) for number in range(10)])
    world.run()
    return times


def goes_back(world: World) -> None:
    """Assert that a reset of a new pipeline tells what it means, does it, and all is read again."""
    world.send(GOOD[:200])
    world.run()
    time.sleep(0.05)
    between = time.time()
    world.send([*GOOD[200:400], b"bad"])
    world.run()
    means = [(201, 100, 100), (200, 100, 100)]
    assert moved(world, between, apply=False) == means
    assert holds(world) == ("holds", 400)
    assert moved(world, between, apply=True) == means
    assert holds(world) == ("holds", 200)
    assert moved(world, between, apply=True) == []
    world.run()
    assert holds(world) == ("holds", 400)


def goes_forth(world: World) -> None:
    """Assert that a reset of a new pipeline passes over, and that what it has can be filled."""
    world.send(GOOD[:100])
    world.run()
    start = time.time()
    world.send(GOOD[100:300])
    time.sleep(0.05)
    assert moved(world, time.time(), apply=True) == [(50, 150, 0), (50, 150, 0)]
    world.send(GOOD[300:400])
    world.run()
    assert holds(world) == ("holds", 200)
    assert filled(world, start - 1, time.time()).read == 200
    assert holds(world) == ("holds", 400)


class DyingFolder(HadoopFolder):
    """A folder whose client is gone at its n-th change."""

    left = 1000

    def _change(self) -> None:
        type(self).left -= 1
        if type(self).left < 0:
            raise KeyboardInterrupt

    def put_if_absent(self, path: str, temporary: str, text: str) -> bool:
        self._change()
        return super().put_if_absent(path, temporary, text)

    def rename(self, source: str, target: str) -> bool:
        self._change()
        return super().rename(source, target)

    def delete(self, path: str) -> None:
        self._change()
        super().delete(path)


@contextmanager
def dying(changes: int) -> Iterator[None]:
    """Run the block with a client of HDFS that is gone after so many changes, if it makes them."""
    DyingFolder.left = changes
    with pytest.MonkeyPatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(opening, "HadoopFolder", DyingFolder)
        yield
