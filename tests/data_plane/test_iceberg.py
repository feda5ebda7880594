"""The Iceberg sink: what is in the table, what proves it, and what is refused."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from fix_iceberg import (
    count_files,
    iceberg_document,
    iceberg_world,
    read_with_pyiceberg,
    rows_of,
)
from fix_rest_catalog import rest_catalog
from fix_stream import create_topic
from fix_verify import INSTALLATION, World, document, message, named, row_of, session
from yeoul_local.platform import Platform
from yeoul_stream.erase import erase
from yeoul_stream.identity import SinkIdentity
from yeoul_stream.pipeline import parse_pipeline
from yeoul_stream.sinks.hdfs.filesystem import HadoopFolder
from yeoul_stream.verify.lake_letters import letters_of_lake
from yeoul_stream.verify.letters import Wanted

# Py4J and PySpark leave the closing of their sockets to Python.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

GOOD = [message(number) for number in range(1000)]
BAD = [message(2000, speed="fast"), b"not json", None, message(2001, id=None)]


@pytest.fixture(scope="module")
def delivered(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Both sinks have read GOOD and BAD in several batches."""
    name = "icecars"
    pipeline = parse_pipeline(iceberg_document(platform, name), name)
    with session(platform, pipeline) as spark:
        made = iceberg_world(platform, spark, tmp_path_factory.mktemp("iceberg"), name)
        made.send([*GOOD, *BAD])
        made.run()
        yield made


def test_what_was_delivered_holds(delivered: World) -> None:
    report = delivered.verify()
    assert (report.verdict, report.findings.listed) == ("holds", ())
    row = row_of(report, "ice")
    assert (row.in_kafka, row.written, row.dead, row.rows) == (1004, 1000, 4, 1000)
    row = row_of(report, "days")
    assert (row.in_kafka, row.written, row.filtered, row.dead) == (1004, 495, 505, 4)


def test_spark_reads_the_rows(delivered: World) -> None:
    rows = rows_of(delivered.spark, "/warehouse/icecars/all")
    assert rows.where("id = 'R000007' AND speed = 7.1 AND price = 7.50").count() == 1
    days = rows_of(delivered.spark, "/warehouse/icecars/days")
    assert days.where("day = 20261120 AND kind = 'a/b'").count() == 165


@pytest.mark.parametrize("table", ["all", "days"])
def test_pyiceberg_reads_the_same(delivered: World, tmp_path: Path, table: str) -> None:
    path = f"/warehouse/icecars/{table}"
    theirs = read_with_pyiceberg(delivered.spark, path, tmp_path)
    assert sorted(theirs.to_pylist(), key=str) == sorted(
        rows_of(delivered.spark, path).toArrow().to_pylist(), key=str
    )


def test_running_again_adds_nothing(delivered: World) -> None:
    before = count_files(delivered.spark, "/warehouse/icecars/all")
    delivered.run("ice")
    assert count_files(delivered.spark, "/warehouse/icecars/all") == before
    assert delivered.verify("ice").verdict == "holds"


def test_a_table_of_a_jdbc_catalog(
    platform: Platform, delivered: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends, name = platform.endpoints.postgres, "icecatalog"
    secret = {"jdbc.user": ends.user, "jdbc.password": ends.password}
    (tmp_path / "catalog.yaml").write_text(json.dumps(secret))
    monkeypatch.setenv("YEOUL_SECRETS_DIR", str(tmp_path))
    made = iceberg_document(platform, name)
    uri = f"jdbc:postgresql://{ends.host}:{ends.port}/{ends.dbname}"
    catalog = {"type": "jdbc", "uri": uri, "table": "fleet.info", "secretRef": "catalog"}
    made["spec"]["sinks"][0]["hdfs"]["catalog"] = catalog
    made["spec"]["sinks"] = made["spec"]["sinks"][:1]
    create_topic(platform, name)
    there = replace(delivered, pipeline=parse_pipeline(made, name))
    for block in range(2):
        there.send([*(message(1000 * block + number) for number in range(100)), b"bad"])
        there.run()
    report = there.verify()
    assert (report.verdict, report.findings.listed) == ("holds", ())
    assert row_of(report, "ice").rows == 200
    listed = "SELECT table_name FROM iceberg_tables WHERE table_namespace = 'fleet'"
    assert there.sql(listed) == [("info",)]


def test_a_table_of_a_rest_catalog(platform: Platform, delivered: World, tmp_path: Path) -> None:
    name = "restcatalog"
    made = iceberg_document(platform, name)
    create_topic(platform, name)
    with rest_catalog(tmp_path) as catalog:
        sink = made["spec"]["sinks"][1]
        sink["hdfs"]["catalog"] = {"type": "rest", "uri": catalog.url, "table": "cars.info"}
        made["spec"]["sinks"] = [sink]
        there = replace(delivered, pipeline=parse_pipeline(made, name))
        for block in range(2):
            there.send([*(message(1000 * block + number) for number in range(100)), b"bad"])
            there.run()
        report = there.verify()
        assert (report.verdict, report.findings.listed) == ("holds", ())
        assert row_of(report, "days").written == 90
        assert list(catalog.tables) == ["cars.info"]


def test_dead_letters_are_listed(delivered: World) -> None:
    who = SinkIdentity(INSTALLATION, "default/icecars", "ice")
    found = letters_of_lake(delivered.spark, "/warehouse/icecars/all", who, Wanted(limit=10))
    assert (len(found.shown), found.counts) == (4, {"decode": 4})


def test_a_lost_row_is_named_by_its_offset(delivered: World) -> None:
    with emptied(delivered, "/warehouse/icecars/all"):
        report = delivered.verify("ice")
    assert report.verdict == "fails"
    assert named(report, "row-missing")[0].place.offset == 0
    assert delivered.verify("ice").verdict == "holds"


@contextmanager
def emptied(world: World, path: str) -> Iterator[None]:
    """Have a table without rows for the block."""
    jvm: Any = world.spark._jvm
    configuration = world.spark._jsc.hadoopConfiguration()
    java = jvm.org.apache.iceberg.hadoop.HadoopTables(configuration).load(path)
    before = java.currentSnapshot().snapshotId()
    gone = jvm.org.apache.iceberg.expressions.Expressions.alwaysTrue()
    java.newDelete().deleteFromRowFilter(gone).commit()
    try:
        yield
    finally:
        java.manageSnapshots().rollbackTo(before).commit()


@pytest.fixture(scope="module")
def pair(platform: Platform, delivered: World) -> World:
    """A table and an Iceberg lake of the same rows, where the lake has gone on by a batch."""
    name = "icepair"
    made = document(platform, name)
    lake = iceberg_document(platform, name)["spec"]["sinks"][0]
    made["spec"]["sinks"] = [made["spec"]["sinks"][0], lake]
    create_topic(platform, name)
    both = replace(delivered, pipeline=parse_pipeline(made, name))
    both.send([*GOOD, *BAD])
    both.run()
    both.send([message(3000 + number) for number in range(100)])
    both.run("ice")
    return both


def test_a_table_is_compared_with_all_that_the_lake_holds(pair: World) -> None:
    report = pair.verify()
    (compared,) = report.comparisons
    assert (report.verdict, compared.reason) == ("holds", None)
    assert (compared.left, compared.right, compared.records) == ("table", "ice", 1000)
    assert compared.equal


def test_rows_that_only_the_table_holds_make_them_differ(pair: World) -> None:
    with emptied(pair, "/warehouse/icepair/all"):
        report = pair.verify()
    (compared,) = report.comparisons
    (found,) = named(report, "sinks-differ")
    assert (report.verdict, compared.equal) == ("fails", False)
    assert "table and ice differ: 1100 rows against 0" in found.text


def test_a_table_of_another_sink_is_refused(delivered: World) -> None:
    made = iceberg_document(delivered.platform, "icecars")
    made["spec"]["sinks"] = [{**made["spec"]["sinks"][0], "name": "other"}]
    other = replace(delivered, pipeline=parse_pipeline(made, "icecars"))
    with pytest.raises(AssertionError, match="a table has one sink, which creates it"):
        other.run()


@pytest.mark.night
def test_what_was_erased_begins_anew(
    delivered: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SparkSession, "stop", lambda _: None)
    only = [sink for sink in delivered.pipeline.spec.sinks if sink.name == "days"]
    spec = delivered.pipeline.spec.model_copy(update={"sinks": tuple(only)})
    pipeline = delivered.pipeline.model_copy(update={"spec": spec})
    assert erase(pipeline, delivered.settings) == 0
    assert capsys.readouterr().out.startswith("days: removed an Iceberg table of ")
    files = HadoopFolder(delivered.spark, "/warehouse/icecars/days")
    assert list(files.files("")) == []
    assert erase(pipeline, delivered.settings) == 0
    assert capsys.readouterr().out == "days: holds nothing\n"
    delivered.run("days")
    assert delivered.verify("days").verdict == "holds"
