"""A job on a cluster of its own, in this machine: its executors come and go while it streams."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import psutil
import pyspark
import pytest

from fix_stream import Stream, record, stream, wait_until
from yeoul_local.platform import Platform

# By day the executors of a real node stand for these.
pytestmark = [pytest.mark.night, pytest.mark.timeout(1500)]

# Two workers of one core each: a master and its workers within the driver, executors as processes.
CLUSTER = {
    "spark.master": "local-cluster[2,1,512]",
    "spark.executor.memory": "512m",
    # They live for seconds: no second compiler, one thread that collects garbage.
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}
# Seconds in which a JVM starts also on a machine that is busy with other tests.
START_S = 500.0
TABLE_ONLY = {"spec": {"sinks": [{"name": "lake", "enabled": False}]}}


def clustered(platform: Platform, folder: Path) -> Mapping[str, str]:
    """The variables of a job whose Spark has executors."""
    conf = Path(shutil.copytree(platform.spark_env()["SPARK_CONF_DIR"], folder / "conf"))
    with (conf / "spark-defaults.conf").open("a") as defaults:
        defaults.writelines(f"{key} {value}\n" for key, value in CLUSTER.items())
    # Workers write into Spark's home, and nowhere else.
    home = folder / "spark"
    home.mkdir()
    for part in Path(pyspark.__file__).parent.iterdir():
        (home / part.name).symlink_to(part)
    return {"SPARK_CONF_DIR": str(conf), "SPARK_HOME": str(home)}


@pytest.fixture(scope="module")
def scaled(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """A running stream with two executors."""
    folder = tmp_path_factory.mktemp("executors")
    variables = clustered(platform, folder)
    with stream(platform, folder, "scaled", TABLE_ONLY, variables) as made:
        made.start()
        has(made, 2)
        made.running("table")
        yield made


def count(made: Stream) -> int | None:
    progress = made.progress()
    return progress["executors"] if progress else None


def has(made: Stream, executors: int) -> None:
    """Wait until so many are registered."""
    wait_until(f"{executors} executors", lambda: count(made) == executors, START_S)


def asked(made: Stream, executors: int) -> None:
    """Ask for so many, and wait for them."""
    answer = made.post("/executors", {"target": executors})
    assert answer == (202, {"target": executors})
    has(made, executors)


def processes(made: Stream) -> set[int]:
    """The executors' processes."""
    assert made.process is not None
    children = made.process.children(recursive=True)
    return {child.pid for child in children if is_executor(child)}


def is_executor(process: psutil.Process) -> bool:
    try:
        return any("CoarseGrainedExecutorBackend" in part for part in process.cmdline())
    except psutil.Error:
        # It has ended meanwhile.
        return False


def are(made: Stream, executors: int) -> set[int] | None:
    found = processes(made)
    return found if len(found) == executors else None


def test_executors_go_and_come_as_asked(scaled: Stream) -> None:
    for executors in (1, 2, 1):
        asked(scaled, executors)
        wait_until(f"{executors} processes", partial(are, scaled, executors), START_S)


def test_the_newest_go_first(scaled: Stream) -> None:
    asked(scaled, 1)
    first = wait_until("one process", partial(are, scaled, 1), START_S)
    asked(scaled, 2)
    asked(scaled, 1)
    assert wait_until("one process", partial(are, scaled, 1), START_S) == first


def test_what_dies_is_replaced_up_to_what_was_asked_for(scaled: Stream) -> None:
    asked(scaled, 1)
    (victim,) = wait_until("one process", partial(are, scaled, 1), START_S)
    psutil.Process(victim).kill()
    wait_until("another process", lambda: are(scaled, 1) not in (None, {victim}), START_S)


def test_no_record_is_lost_or_doubled_meanwhile(scaled: Stream) -> None:
    for part, executors in enumerate((2, 1, 2, 1)):
        scaled.produce([record(number) for number in range(1000 * part, 1000 * (part + 1))])
        asked(scaled, executors)
    scaled.caught_up("table")
    counts = f"SELECT count(*), count(DISTINCT data_id) FROM {scaled.table}"
    assert scaled.query(counts) == [(4000, 4000)]


def test_what_was_asked_for_is_told(scaled: Stream) -> None:
    asked(scaled, 2)
    lines = scaled.text("/metrics").splitlines()
    assert 'yeoul_executors_target{pipeline="scaled",topic="scaled"} 2.0' in lines
