"""`--erase` against real stores: what goes, what stays, and that nobody writes afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from pyspark.sql import SparkSession

from fix_stream import wait_until
from fix_verify import World, copy, document, message, session, world
from yeoul_local.platform import Platform
from yeoul_stream.errors import FencedError
from yeoul_stream.pipeline import parse_pipeline

# Py4J and PySpark leave the closing of their sockets to Python.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

TABLES = ("sinks", "ledger", "books", "dead_letters", "replayed", "targets")


def erase(made: World, folder: Path, *options: str) -> tuple[int, dict[str, str]]:
    """Erase a pipeline by the command; return its exit code and sink -> what it says."""
    file = folder / f"{made.name}.yaml"
    file.write_text(yaml.safe_dump(document(made.platform, made.name)))
    argv = [sys.executable, "-m", "yeoul_stream", "--pipeline", str(file), "--erase", *options]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=dict(os.environ))
    lines = (line.partition(": ") for line in done.stdout.splitlines())
    return done.returncode, {sink: text for sink, _, text in lines}


def rows(made: World) -> dict[str, int]:
    """How many rows of bookkeeping a pipeline has, by table."""
    if not is_there(made, "yeoul.sinks"):
        return dict.fromkeys(TABLES, 0)
    where = "WHERE pipeline = %s"
    return {
        name: made.sql(f"SELECT count(*) FROM yeoul.{name} {where}", f"default/{made.name}")[0][0]
        for name in TABLES
    }


def is_there(made: World, table: str) -> bool:
    """Whether there is a table of that name."""
    return bool(made.sql("SELECT to_regclass(%s) IS NOT NULL", table)[0][0])


@dataclass(frozen=True)
class Erased:
    """A pipeline that was erased, one beside it that was not, and what was said."""

    gone: World
    other: World
    before: dict[str, int]
    counted: dict[str, str]
    code: int
    said: dict[str, str]
    folder: Path


@pytest.fixture(scope="module")
def spark(platform: Platform) -> Iterator[SparkSession]:
    """A session for all worlds of the module."""
    pipeline = parse_pipeline(document(platform, "erased"), "erased")
    with session(platform, pipeline) as made:
        yield made


@pytest.fixture(scope="module")
def erased(
    platform: Platform, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Erased:
    """Two pipelines have run; one of them was counted, then erased."""
    folder = tmp_path_factory.mktemp("erased")
    gone, other = (world(platform, spark, folder, name) for name in ("erased", "spared"))
    gone.sql("CREATE TABLE erased_fast (id text, mps double precision, "
             '_topic_partition integer, _offset bigint)')  # fmt: skip
    for made, sinks in ((gone, ()), (other, ("table", "lake"))):
        made.send([*(message(number) for number in range(200)), b"not json"])
        made.run(*sinks)
    first = gone.files("erased")[0]
    copy(spark, gone.folder("erased").uri(first), gone.folder("erased").uri("mine.parquet"), 1)
    before = rows(other)
    _, counted = erase(gone, folder, "--count")
    code, said = erase(gone, folder)
    return Erased(gone, other, before, counted, code, said, folder)


def test_nothing_of_it_is_in_the_books(erased: Erased) -> None:
    assert (erased.code, rows(erased.gone)) == (0, dict.fromkeys(TABLES, 0))


def test_its_own_table_is_dropped(erased: Erased) -> None:
    assert not is_there(erased.gone, "erased_table")


def test_a_table_that_was_there_before_stays_with_its_rows(erased: Erased) -> None:
    assert "erased_fast stays: it was there before this pipeline" in erased.said["fast"]
    assert erased.gone.sql("SELECT count(*) > 0 FROM erased_fast") == [(True,)]


def test_nothing_but_what_is_not_its_own_is_in_its_folders(erased: Erased) -> None:
    assert list(erased.gone.folder("erased").files("")) == ["mine.parquet"]
    assert erased.gone.folder("erased_days").names("") == ()


def test_another_pipeline_of_the_database_keeps_everything(erased: Erased) -> None:
    assert rows(erased.other) == erased.before
    assert erased.other.verify("table", "lake").verdict == "holds"


def test_every_sink_is_told_of(erased: Erased) -> None:
    assert list(erased.said) == ["table", "fast", "lake", "days"]
    assert "table public.erased_table dropped" in erased.said["table"]
    assert erased.said["lake"].startswith("removed 2 files, 1 of dead letters")


def test_to_count_removes_nothing_and_says_what_would_go(erased: Erased) -> None:
    assert (
        erased.counted["table"].replace("holds", "removed").replace("would be dropped", "dropped")
        == erased.said["table"]
    )


def test_again_there_is_nothing_to_do(erased: Erased) -> None:
    code, said = erase(erased.gone, erased.folder)
    assert (code, set(said.values())) == (0, {"holds nothing"})


def test_a_pipeline_of_the_name_begins_from_the_start(erased: Erased) -> None:
    erased.gone.run()
    assert erased.gone.sql("SELECT count(*) FROM erased_table") == [(200,)]


@pytest.mark.night
def test_a_table_that_another_pipeline_writes_too_stays(erased: Erased) -> None:
    other = erased.other
    erased.gone.run("table")
    shared = other.changed({"name": "table", "postgres": {"table": "erased_table"}})
    shared.run("table")
    _, said = erase(erased.gone, erased.folder)
    assert "erased_table stays: default/spared.table writes it too" in said["table"]
    assert is_there(other, "erased_table")


@pytest.mark.night
@pytest.mark.parametrize("sink", ["table", "lake"])
def test_a_driver_that_is_still_there_is_fenced_off_for_good(
    platform: Platform, spark: SparkSession, tmp_path: Path, sink: str
) -> None:
    made = world(platform, spark, tmp_path, f"late{sink}")
    steady = made.changed({"name": sink, "trigger": "as fast as possible"})
    made.send([message(number) for number in range(10)])
    (query,) = steady._queries([sink])
    query.start()
    wait_until("it has written", lambda: query._progressed, 300)
    assert erase(made, tmp_path)[0] == 0
    made.send([message(number) for number in range(10, 20)])
    query.join(300)
    assert isinstance(query.error, FencedError)
    assert rows(made) == dict.fromkeys(TABLES, 0)
    assert made.files(made.name) == []


@pytest.mark.night
def test_what_cannot_be_reached_fails_and_the_rest_is_erased(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    made = world(platform, spark, tmp_path, "halfway")
    made.send([message(1)])
    made.run("table", "lake")
    file = tmp_path / "halfway.yaml"
    text = yaml.safe_dump(document(platform, "halfway"))
    file.write_text(text.replace("path: /data/halfway\n", "path: hdfs://127.0.0.1:1/data\n"))
    argv = [sys.executable, "-m", "yeoul_stream", "--pipeline", str(file), "--erase"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert rows(made) == dict.fromkeys(TABLES, 0)
