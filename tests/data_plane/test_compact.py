"""Compaction of plain lakes and of Iceberg tables: fewer files, the same rows, whatever dies."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pyspark.sql import SparkSession

from fix_iceberg import count_files, iceberg_world
from fix_past import dying
from fix_verify import World, document, message, row_of, session, world
from yeoul_local.platform import Platform
from yeoul_stream.compact import run as compacting
from yeoul_stream.compact.settings import Outcome, Settings
from yeoul_stream.pipeline import parse_pipeline
from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder

# Py4J and PySpark leave the closing of their sockets to Python.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


_BLOCKS = itertools.count()


@pytest.fixture(scope="module")
def spark(platform: Platform) -> Iterator[SparkSession]:
    with session(platform, parse_pipeline(document(platform, "compact"), "compact")) as started:
        yield started


@pytest.fixture(scope="module")
def lakes(
    platform: Platform, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> World:
    """Two plain lakes of many small files, dead letters among the records."""
    made = world(platform, spark, tmp_path_factory.mktemp("lakes"), "manyfiles")
    _grow(made, "lake", "days")
    return made


def _grow(made: World, *sinks: str, times: int = 3) -> None:
    """Write some more files, a batch after the other."""
    for _ in range(times):
        first = 1000 * next(_BLOCKS)
        made.send([*(message(first + number) for number in range(300)), b"bad"])
        made.run(*sinks)


def _compact(made: World, *sinks: str, settings: Settings | None = None) -> dict[str, Outcome]:
    chosen = compacting.choose(made.pipeline, sinks)
    given = settings or Settings()
    found = compacting.compact(made.pipeline, made.settings, made.spark, chosen, given)
    return {outcome.sink: outcome for outcome in found}


def test_fewer_files_and_the_proof_holds(lakes: World) -> None:
    assert lakes.verify("lake", "days").verdict == "holds"
    found = _compact(lakes, "lake", "days")
    assert (found["lake"].before, found["lake"].after, found["lake"].error) == (6, 2, None)
    assert (found["days"].before, found["days"].after) == (18, 6)
    report = lakes.verify("lake", "days")
    assert (report.verdict, report.findings.listed) == ("holds", ())
    assert row_of(report, "lake").files == 2


def test_the_names_keep_the_ranges(lakes: World) -> None:
    spans = {tuple(name.split("-")[-4:-1]) for name in lakes.files("manyfiles")}
    committed = row_of(lakes.verify("lake"), "lake").ranges
    assert spans == {(str(r.partition), f"{r.start:020d}", f"{r.end:020d}") for r in committed}


def test_nothing_is_left_to_do(lakes: World) -> None:
    found = _compact(lakes, "lake")["lake"]
    assert (found.before, found.after, found.rewritten) == (2, 2, 0)


@pytest.mark.parametrize("moment", [1, 4])
def test_a_compaction_that_dies_leaves_every_row_once(lakes: World, moment: int) -> None:
    _grow(lakes, "lake", times=1)
    with dying(moment):
        _compact(lakes, "lake")
        raise AssertionError("it has not died")
    assert lakes.verify("lake").verdict == "holds"
    lakes.send([message(5_000_000 + moment)])
    lakes.run("lake")
    report = lakes.verify("lake")
    assert (report.verdict, report.findings.listed) == ("holds", ())


@pytest.mark.night
def test_a_stream_goes_on_meanwhile(lakes: World) -> None:
    with lakes.streaming("lake") as grow:
        grow([message(6_000_000 + number) for number in range(10)])
        assert _compact(lakes, "lake")["lake"].error is None
        report = grow([message(6_100_000 + number) for number in range(10)])
        assert report.verdict == "holds", report.findings.listed
    report = lakes.verify("lake")
    assert (report.verdict, report.findings.listed) == ("holds", ())


@pytest.fixture(scope="module")
def tables(
    platform: Platform, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> World:
    made = iceberg_world(platform, spark, tmp_path_factory.mktemp("tables"), "manysnapshots")
    _grow(made, "ice", times=2)
    return made


def _old(made: World, path: str) -> None:
    """Have a file that has not changed for a week."""
    files = HadoopFolder(made.spark, "/")
    files.put_if_absent(path, f"{path}.new", "old")
    jvm: Any = made.spark._jvm
    target = jvm.org.apache.hadoop.fs.Path(path)
    system = target.getFileSystem(made.spark._jsc.hadoopConfiguration())
    system.setTimes(target, int((time.time() - 7 * 86_400) * 1000), -1)


@pytest.mark.night
def test_an_iceberg_table_is_compacted_and_keeps_its_position(tables: World) -> None:
    root = "/warehouse/manysnapshots/all"
    before = count_files(tables.spark, root)
    stays = [f"{root}/check_point/offsets/7", f"{root}/_yeoul/note", f"{root}/note"]
    for path in (*stays, f"{root}/data/forgotten.parquet"):
        _old(tables, path)
    found = _compact(tables, "ice", settings=replace(Settings(), keep=0.0))
    assert (found["ice"].before, found["ice"].after) == (before, 1)
    assert found["ice"].snapshots_expired > 2
    assert found["ice"].orphans_removed == 1
    files = HadoopFolder(tables.spark, "/")
    assert [files.exists(path) for path in stays] == [True] * 3
    assert not files.exists(f"{root}/data/forgotten.parquet")
    report = tables.verify("ice")
    assert (report.verdict, report.findings.listed) == ("holds", ())


@pytest.mark.night
def test_a_compacted_iceberg_table_goes_on_where_it_stood(tables: World) -> None:
    _grow(tables, "ice", times=1)
    report = tables.verify("ice")
    assert (report.verdict, report.findings.listed) == ("holds", ())
