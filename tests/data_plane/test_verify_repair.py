"""`verify --repair` against real stores: what it mends, what it leaves, and that it asks first."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from fix_verify import World, document, message, run_verify, session, world
from yeoul_local.platform import Platform
from yeoul_stream.pipeline import parse_pipeline
from yeoul_stream.sinks.hdfs import log

# Py4J and PySpark leave the closing of their sockets to Python.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

HOME = "_yeoul/verify-test.default.mended.lake"
DOUBLE = "INSERT INTO mended_fast SELECT * FROM mended_fast WHERE _offset IN (25, 26)"
UNDO = (
    "DELETE FROM mended_fast WHERE ctid IN (SELECT ctid FROM (SELECT ctid, row_number() OVER "
    "(PARTITION BY _topic_partition, _offset) AS n FROM mended_fast) AS t WHERE n > 1)"
)


@pytest.fixture(scope="module")
def mended(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A pipeline with a table, a table whose rows name their records, and a lake."""
    name = "mended"
    with session(platform, parse_pipeline(document(platform, name), name)) as spark:
        made = world(platform, spark, tmp_path_factory.mktemp("mended"), name)
        made.send([*(message(number) for number in range(200)), b"not json"])
        made.run("table", "fast", "lake")
        yield made


def test_where_nothing_is_wrong_there_is_nothing_to_do(mended: World) -> None:
    found = mended.repair("table", "fast", "lake", apply=True)
    assert found.plan is not None
    assert (found.plan.steps, found.plan.left, found.report.verdict) == ((), (), "holds")


def test_without_a_yes_nothing_is_changed(mended: World) -> None:
    first = mended.files("mended")[0]
    with mended.copied("mended", first, "copy.parquet"):
        found = mended.repair("lake")
        assert "copy.parquet" in mended.files("mended")
    assert found.plan is not None
    assert ([step.source for step in found.plan.steps], found.report.verdict) == (
        ["copy.parquet"],
        "fails",
    )


def test_a_copied_file_is_moved_out_of_sight_and_kept(mended: World) -> None:
    first, folder = mended.files("mended")[0], mended.folder("mended")
    with mended.copied("mended", first, "copy.parquet"):
        found = mended.repair("lake", apply=True)
        (when,) = folder.names(f"{HOME}/removed")
        kept = folder.names(f"{HOME}/removed/{when}")
    folder.delete(f"{HOME}/removed")
    assert (found.report.verdict, kept) == ("holds", ("copy.parquet",))


def test_a_file_that_overlaps_committed_ones_is_moved_out_of_sight(mended: World) -> None:
    first = mended.files("mended")[0]
    stranger = first.replace(f"{0:020d}-", f"{3:020d}-")
    rows = mended.spark.read.parquet(mended.folder("mended").uri(first)).limit(7)
    with mended.written("mended", rows, stranger):
        found = mended.repair("lake", apply=True)
        assert stranger not in mended.files("mended")
    mended.folder("mended").delete(f"{HOME}/removed")
    assert found.report.verdict == "holds"


def test_a_committed_file_that_was_not_renamed_yet_is_published(mended: World) -> None:
    folder = mended.folder("mended")
    *_, newest = folder.names(f"{HOME}/log")
    entry = log.Entry.model_validate_json(folder.read_text(f"{HOME}/log/{newest}"))
    for move in entry.moves:
        folder.rename(move.visible, move.aside)
    found = mended.repair("lake", apply=True)
    assert found.plan is not None
    assert {step.kind for step in found.plan.steps} == {"publish"}
    assert (len(mended.files("mended")), found.report.verdict) == (2, "holds")


def test_a_second_file_of_dead_letters_is_moved_out_of_sight(mended: World) -> None:
    (letters,) = mended.folder("mended").names(f"{HOME}/dead")
    twin = letters.replace(".parquet", "-7.parquet")
    with mended.copied("mended", f"{HOME}/dead/{letters}", f"{HOME}/dead/{twin}"):
        before, after = mended.verify("lake"), mended.repair("lake", apply=True)
    mended.folder("mended").delete(f"{HOME}/removed")
    assert (before.verdict, after.report.verdict) == ("fails", "holds")


def test_doubled_rows_that_name_their_records_are_deleted_once(mended: World) -> None:
    ((rows,),) = mended.sql("SELECT count(*) FROM mended_fast")
    with mended.spoiled(DOUBLE, UNDO):
        found = mended.repair("fast", apply=True)
        ((left,),) = mended.sql("SELECT count(*) FROM mended_fast")
    assert (found.report.verdict, left) == ("holds", rows)


def test_doubled_rows_that_do_not_name_their_records_stay(mended: World) -> None:
    spoil = "INSERT INTO mended_table SELECT * FROM mended_table WHERE id = 'R000011'"
    last = "SELECT max(ctid) FROM mended_table WHERE id = 'R000011'"
    with mended.spoiled(spoil, f"DELETE FROM mended_table WHERE ctid = ({last})"):
        found = mended.repair("table", apply=True)
    assert found.plan is not None
    assert (found.report.verdict, len(found.plan.left)) == ("fails", 1)


def test_doubled_rows_stay_where_another_pipeline_reads_the_topic(mended: World) -> None:
    other = (
        "INSERT INTO yeoul.ledger SELECT installation, 'default/other', 'out', topic_id, "
        '"partition", topic, next_offset, epoch FROM yeoul.ledger '
        "WHERE pipeline = 'default/mended' AND sink = 'fast'"
    )
    gone = "DELETE FROM yeoul.ledger WHERE pipeline = 'default/other'"
    with mended.spoiled(DOUBLE, UNDO), mended.spoiled(other, gone):
        found = mended.repair("fast", apply=True)
    assert found.plan is not None
    assert "verify-test/default/other/out may write there too" in found.plan.left[0]


@pytest.mark.night
def test_the_command_lists_first_and_mends_with_yes(mended: World, tmp_path: Path) -> None:
    file = tmp_path / "mended.yaml"
    file.write_text(yaml.safe_dump(document(mended.platform, "mended"), sort_keys=False))
    with mended.spoiled(DOUBLE, UNDO):
        listed = run_verify(file, "--json", "--sink", "fast", "--repair")
        done = run_verify(file, "--json", "--sink", "fast", "--repair", "--yes")
    told = [json.loads(result.stdout)["repair"]["done"] for result in (listed, done)]
    assert (told, listed.returncode, done.returncode) == ([False, True], 1, 0)


def test_doubles_of_what_kafka_no_longer_holds_are_deleted_too(mended: World) -> None:
    mended.forget({0: 90, 1: 90})
    with mended.spoiled(DOUBLE, UNDO):
        found = mended.repair("fast", apply=True)
    assert found.plan is not None
    assert (len(found.plan.steps), found.report.verdict) == (1, "holds")
