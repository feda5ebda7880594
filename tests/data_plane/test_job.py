"""The job as a process: what it delivers, what it shows, and how it stops."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fix_stream import Stream, create_topic, delete_topic, forget, record, stream, wait_until
from yeoul_local.platform import Platform

BAD = [record(10_000, vhcleSped="fast"), b"not json", None, record(10_001, dataId=None)]
REFUSED = record(10_002, vhcleTypeCd="nul \u0000 inside")
GOOD = [record(number) for number in range(500)]


@pytest.fixture(scope="module")
def delivered(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """A running stream that has delivered GOOD, BAD and REFUSED to both sinks."""
    with stream(platform, tmp_path_factory.mktemp("job"), "delivered") as made:
        made.produce([*GOOD, *BAD, REFUSED])
        made.start()
        made.caught_up("table", "lake")
        yield made


def test_every_good_record_is_a_row(delivered: Stream) -> None:
    assert delivered.query(f"SELECT count(*), count(DISTINCT data_id) FROM {delivered.table}") == [
        (500, 500)
    ]


def test_the_table_has_the_columns_in_order(delivered: Stream) -> None:
    columns = delivered.query(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
        "ORDER BY ordinal_position",
        delivered.table,
    )
    assert [name for (name,) in columns] == [
        "data_id", "trmncd", "detclot", "detclat", "gpsutctime", "vhclesped", "vhcletypecd",
    ]  # fmt: skip


def test_bad_records_are_dead_letters_with_reason_and_payload(delivered: Stream) -> None:
    letters = delivered.query(
        "SELECT reason, payload FROM yeoul.dead_letters WHERE pipeline = %s AND sink = 'table'",
        f"default/{delivered.name}",
    )
    found = {(reason, None if value is None else bytes(value)) for reason, value in letters}
    assert found == {("decode", value) for value in BAD} | {("target", REFUSED)}


def test_a_row_that_the_database_refuses_names_the_sqlstate(delivered: Stream) -> None:
    details = delivered.query(
        "SELECT detail FROM yeoul.dead_letters WHERE pipeline = %s AND reason = 'target'",
        f"default/{delivered.name}",
    )
    assert "SQLSTATE 22021" in details[0][0]


def test_the_books_balance(delivered: Stream) -> None:
    sums = delivered.query(
        "SELECT sum(read), sum(written), sum(filtered) FROM yeoul.books WHERE pipeline = %s",
        f"default/{delivered.name}",
    )
    assert sums == [(505, 500, 0)]


def test_the_lake_holds_every_decoded_record(delivered: Stream) -> None:
    row = delivered.sink("lake")
    assert (row["rowsRead"], row["rowsWritten"], row["rowsDead"]) == (505, 501, 4)


def test_progress_names_the_sinks_and_their_lag(delivered: Stream) -> None:
    progress = delivered.progress()
    assert progress is not None
    assert {name: row["lagRows"] for name, row in progress["sinks"].items()} == {
        "table": 0,
        "lake": 0,
    }


def test_a_local_run_has_no_executors_to_change(delivered: Stream) -> None:
    progress = delivered.progress()
    assert progress is not None
    assert (progress["partitions"], progress["executors"]) == (2, None)
    status, answer = delivered.post("/executors", {"target": 2})
    assert (status, "local run" in answer["error"]) == (409, True)


def test_metrics_carry_the_labels(delivered: Stream) -> None:
    wanted = (
        'yeoul_rows_written_total{pipeline="delivered",query="delivered.table",sink="table",'
        'topic="delivered"} 500.0'
    )
    assert wanted in delivered.text("/metrics").splitlines()


def test_a_healthy_job_says_so(delivered: Stream) -> None:
    assert json.loads(delivered.text("/healthz")) == {"ok": True, "sinks": {}}


def test_sigterm_drains_and_exits_with_0(platform: Platform, tmp_path: Path) -> None:
    with stream(platform, tmp_path, "drained") as made:
        made.produce(GOOD)
        made.start()
        made.caught_up("table")
        assert made.drain() == 0


@pytest.mark.night
def test_available_now_ends_by_itself(platform: Platform, tmp_path: Path) -> None:
    now = [{"name": name, "trigger": "available now"} for name in ("table", "lake")]
    with stream(platform, tmp_path, "ending", {"spec": {"sinks": now}}) as made:
        made.produce(GOOD)
        assert made.start().wait(timeout=120) == 0


def test_a_target_that_does_not_fit_is_named(platform: Platform, tmp_path: Path) -> None:
    now = [{"name": "table", "trigger": "available now"}, {"name": "lake", "enabled": False}]
    with stream(platform, tmp_path, "misfit", {"spec": {"sinks": now}}) as made:
        with pytest.raises(Exception, match="no results"):
            made.query("CREATE TABLE misfit (data_id text, detclot integer)")
        made.start().wait(timeout=120)
        assert "column 'detclot' is integer, the sink produces double" in made.log.read_text()


@pytest.mark.night
def test_a_recreated_topic_is_read_from_its_start(platform: Platform, tmp_path: Path) -> None:
    overlay = {"spec": {"sinks": [{"name": "lake", "enabled": False}]}}
    with stream(platform, tmp_path, "reborn", overlay) as made:
        made.produce(GOOD)
        made.start()
        made.caught_up("table")
        delete_topic(platform, made.topic)
        create_topic(platform, made.topic)
        made.produce([record(number) for number in range(1000, 1010)])
        wait_until(
            "the new topic's rows",
            lambda: made.query("SELECT count(*) FROM reborn") == [(510,)],
        )


def _lose_some(platform: Platform, made: Stream) -> None:
    """Deliver 500 records, then let Kafka drop 100 that were never read."""
    made.produce(GOOD)
    assert made.start().wait(timeout=120) == 0
    made.produce([record(number) for number in range(1000, 1200)])
    forget(platform, made.topic, before=300)


NOW = {"spec": {"sinks": [{"name": "table", "trigger": "available now"},
                          {"name": "lake", "enabled": False}]}}  # fmt: skip


@pytest.mark.night
def test_offsets_lost_to_retention_stop_the_sink_with_their_number(
    platform: Platform, tmp_path: Path
) -> None:
    with stream(platform, tmp_path, "lossy", NOW) as made:
        _lose_some(platform, made)
        assert made.start().wait(timeout=120) == 1
        assert "100 offsets were removed by retention" in made.log.read_text()


@pytest.mark.night
def test_offsets_lost_to_retention_are_recorded_when_the_pipeline_goes_on(
    platform: Platform, tmp_path: Path
) -> None:
    going_on = {"spec": {"source": {"kafka": {"onDataLoss": "continue"}}, **NOW["spec"]}}
    with stream(platform, tmp_path, "lenient", going_on) as made:
        _lose_some(platform, made)
        assert made.start().wait(timeout=120) == 0
        books = "SELECT sum(lost), sum(written) FROM yeoul.books WHERE pipeline = %s"
        assert made.query(books, "default/lenient") == [(100, 600)]


def test_an_unsound_pipeline_is_refused_with_its_path(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("apiVersion: yeoul.dev/v1alpha1\nkind: StreamPipeline\nmetadata: {name: x}\n")
    done = subprocess.run(
        [sys.executable, "-m", "yeoul_stream", "--pipeline", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "spec" in done.stderr) == (2, True)
