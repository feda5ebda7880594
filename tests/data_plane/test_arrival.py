"""A record with a known id, sent as `helm test` sends it, is found where a pipeline writes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fix_stream import Stream, record, stream
from yeoul_local.platform import Platform


@pytest.fixture(scope="module")
def running(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """A stream that writes a table and a lake."""
    with stream(platform, tmp_path_factory.mktemp("arrival"), "arrival") as made:
        made.start()
        made.produce([record(number) for number in range(10)])
        made.caught_up("table", "lake")
        yield made


def push(made: Stream, record_id: str) -> None:
    command = [sys.executable, "-m", "yeoul_ingest", "push", "--record-id", record_id]
    command += ["--bootstrap-servers", made.platform.endpoints.kafka_bootstrap]
    subprocess.run([*command, "--topic", made.topic], timeout=90, check=True)


def look(made: Stream, record_id: str, *more: str) -> subprocess.CompletedProcess[str]:
    secrets = Path(made.environment()["YEOUL_SECRETS_DIR"])
    command = [sys.executable, "-m", "yeoul_stream.arrival", "--record", record_id]
    command += ["--secret", str(secrets / "car-info-postgres"), *more]
    return subprocess.run(
        command,
        env={**os.environ, **made.environment()},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_a_record_is_found_in_table_and_lake(running: Stream) -> None:
    push(running, "known-1")
    done = look(running, "known-1", "--table", running.table, "--lake", running.path)
    assert done.returncode == 0, done.stderr
    assert f"table public.{running.table}: the record is there" in done.stdout
    assert f"folder {running.path}: the record is there" in done.stdout


@pytest.mark.night
def test_a_record_that_was_not_sent_is_told(running: Stream) -> None:
    done = look(
        running, "never", "--table", running.table, "--lake", running.path, "--seconds", "1"
    )
    assert done.returncode == 1
    assert "has not come within" in done.stderr
    assert "default/arrival.table (last at" in done.stderr


def test_a_doubled_record_is_told(running: Stream) -> None:
    push(running, "known-2")
    push(running, "known-2")
    running.caught_up("table", "lake")
    done = look(running, "known-2", "--table", running.table)
    assert done.returncode == 1
    assert "is there 2 times" in done.stderr


def test_a_dead_letter_is_told_with_its_reason(running: Stream) -> None:
    running.produce([record(1, dataId="known-3", vhcleSped="fast")])
    running.caught_up("table", "lake")
    done = look(running, "known-3", "--table", running.table, "--seconds", "1")
    assert done.returncode == 1
    assert "became a dead letter (decode" in done.stderr


@pytest.mark.night
def test_where_no_pipeline_writes_the_remedy_is_told(running: Stream) -> None:
    done = look(running, "known-1", "--table", "nobodys", "--lake", "/data/nobodys")
    assert done.returncode == 1
    assert done.stderr.count("kubectl apply -f manifests/examples/car-info.yaml") == 2
