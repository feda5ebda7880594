"""Proof by faults for the Iceberg sink: kills around its commit, a lost checkpoint, two drivers.

The moments are found from outside, by what appears in the table's folder. `YEOUL_FAULT_ROUNDS`
repeats them by night.
"""

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator

import pytest
from pyspark.sql import SparkSession

from bed.processes import frozen
from fix_faults import lake_only
from fix_stream import INSTALLATION, Stream, record, stream, wait_until
from fix_verify import document, session
from yeoul_local.platform import Platform
from yeoul_stream.job import Settings
from yeoul_stream.pipeline import parse_pipeline
from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder
from yeoul_stream.verify.run import verify

# Py4J and PySpark leave the closing of their sockets to Python.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

ROUNDS = max(1, int(os.environ.get("YEOUL_FAULT_ROUNDS", "1")) // 3)


@pytest.fixture(scope="module")
def spark(platform: Platform) -> Iterator[SparkSession]:
    """A session of this process, in which the proof is made after each fault."""
    with session(platform, parse_pipeline(document(platform, "icefaults"), "faults")) as started:
        yield started


@pytest.fixture(scope="module")
def made(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    folder = tmp_path_factory.mktemp("icefaults")
    with stream(platform, folder, "icekills", lake_only("iceberg")) as started:
        started.produce(_records(0))
        started.start()
        started.caught_up("lake")
        yield started


def _records(block: int, count: int = 200) -> list[bytes | None]:
    good: list[bytes | None] = [record(block * 100_000 + number) for number in range(count)]
    return [*good, b"bad"]


def _holds(made: Stream, spark: SparkSession) -> None:
    """The proof holds, and it covers everything that was produced."""
    report = verify(
        parse_pipeline(made.document, made.name), Settings(INSTALLATION, made.folder), spark
    )
    assert report.verdict == "holds", report.findings.listed
    assert [row.in_kafka for row in report.sinks] == [made.ends()]


def _appears(folder: HadoopFolder, path: str) -> Callable[[], bool]:
    before = set(folder.names(path))
    return lambda: bool(set(folder.names(path)) - before)


def kill_inside(made: Stream, spark: SparkSession, block: int) -> None:
    """The rows are in the table's folder; the snapshot is not there yet."""
    _kill_when(made, _appears(HadoopFolder(spark, made.path), "data"), block)


def kill_after(made: Stream, spark: SparkSession, block: int) -> None:
    """The snapshot is there; the driver hardly knows, and dead letters are not in their place."""
    folder = HadoopFolder(spark, made.path)
    before = {name for name in folder.names("metadata") if name.startswith("v")}

    def committed() -> bool:
        names = {name for name in folder.names("metadata") if name.startswith("v")}
        return bool(names - before - {"version-hint.text"})

    _kill_when(made, committed, block)


def _kill_when(made: Stream, moment: Callable[[], bool], block: int) -> None:
    made.produce(_records(block))
    deadline = time.monotonic() + 60
    while not moment():
        assert time.monotonic() < deadline, "the moment did not come"
    made.kill()


@pytest.mark.parametrize("moment", [kill_inside, pytest.param(kill_after, marks=pytest.mark.night)])
@pytest.mark.parametrize("turn", range(ROUNDS))
def test_kill_9_with_the_checkpoint_lost(
    made: Stream, spark: SparkSession, moment: Callable[..., None], turn: int
) -> None:
    made.running("lake")
    moment(made, spark, random.Random(f"{moment.__name__}{turn}").randrange(10, 1000))
    HadoopFolder(spark, made.path).delete("check_point")
    shutil.rmtree(made.folder / "scratch", ignore_errors=True)
    made.start()
    made.produce([record(10_000_000 + made.ends() + n) for n in range(10)])
    made.caught_up("lake")
    _holds(made, spark)


@pytest.mark.night
def test_a_driver_that_was_frozen_is_refused_when_it_wakes(
    made: Stream, spark: SparkSession
) -> None:
    made.running("lake")
    first = made.process
    assert first is not None
    folder = HadoopFolder(spark, made.path)
    written = _appears(folder, "data")
    made.produce(_records(2000))
    wait_until("rows to be written", written)
    with frozen([first, *first.children(recursive=True)]):
        made.start()
        made.running("lake")
        made.produce(_records(2001))
        made.caught_up("lake")
    made.produce(_records(2002))
    assert first.wait(timeout=60) == 3
    made.caught_up("lake")
    _holds(made, spark)
