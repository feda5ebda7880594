"""A server of several is lost, a disk is full, the clock is set: the stream goes on."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyspark.sql import SparkSession

from fix_clock import WallClock, library
from fix_database import execute
from fix_faults import TABLE_ONLY, Elsewhere, error_of, holds, order, records, spark
from fix_servers import brokers, with_standby
from fix_stream import Stream, stream, wait_until
from fix_verify import run_verify
from yeoul_local.parts.postgres_access import SECRET
from yeoul_local.parts.postgres_server import give
from yeoul_local.platform import Platform

__all__ = ["spark"]

pytestmark = [
    pytest.mark.night,
    # Py4J and PySpark leave the closing of their sockets to Python.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
LAKE_ONLY = {"spec": {"sinks": [{"name": "table", "enabled": False}]}}
HOUR_S = 3600


def test_one_of_three_brokers_is_lost_again_and_again(
    platform: Platform, spark: SparkSession, jar_cache: Path, tmp_path: Path
) -> None:
    rng = random.Random("brokers")
    with brokers(tmp_path, jar_cache / "kafka") as three:
        there = Elsewhere(platform, kafka=three.bootstrap)
        with stream(there, tmp_path, "three") as made:
            made.start()
            for turn in range(3):
                made.produce(records(2 * turn, 2000))
                three.until_whole(made.topic)
                # Two in three times it leads what is read; the controller is among them, too.
                lost = three.leader(made.topic) if turn else rng.choice((1, 2, 3))
                three.kill(lost)
                made.produce(records(2 * turn + 1, 2000))
                made.caught_up("table", "lake")
                three.start(lost)
            holds(made, spark, "table", "lake")


def test_a_database_that_fails_over_to_its_standby_at_another_address(
    platform: Platform, jar_cache: Path, tmp_path: Path
) -> None:
    """The standby is a moment behind: what it never heard of is read from Kafka again."""
    lost = Platform(tmp_path / "lost", jars=jar_cache)
    try:
        lost.up(("postgres",))
        with with_standby(lost, tmp_path) as pair:
            there = Elsewhere(platform, postgres=pair.both)
            variables = {"YEOUL_SECRETS_DIR": str(_secrets(lost, pair.both.host, tmp_path))}
            with stream(there, tmp_path, "failover", variables=variables) as made:
                made.start()
                made.produce(records(0, 5000))
                made.caught_up("table", "lake")
                made.produce(records(1, 5000))
                pair.promote()
                made.produce(records(2, 5000))
                made.caught_up("table", "lake")
                assert made.query("SELECT inet_server_addr()::text") == [("127.0.0.2/32",)]
                # In a process of its own, with the pipeline's Secret.
                proof = run_verify(made.file, **made.environment())
                assert proof.returncode == 0, proof.stdout + proof.stderr
    finally:
        lost.down()


def _secrets(of: Platform, host: str, folder: Path) -> Path:
    """The pipeline's Secret, with more than one host."""
    secret = yaml.safe_load((of.home.secrets / f"{SECRET}.yaml").read_text())
    made = folder / "secrets"
    made.mkdir()
    (made / f"{SECRET}.yaml").write_text(yaml.safe_dump({**secret, "host": host}))
    return made


@pytest.mark.parametrize("node", ["datanode", "namenode"])
def test_a_node_of_the_lake_is_killed_amid_writing(
    platform: Platform, spark: SparkSession, tmp_path: Path, node: str
) -> None:
    rng = random.Random(node)
    with stream(platform, tmp_path, f"lost-{node}") as made:
        made.start()
        made.produce(records(0))
        made.caught_up("table", "lake")
        for turn in range(2):
            made.produce(records(1 + turn, 20_000))
            # Somewhere within the batches that read them.
            reached = made.ends() - rng.randrange(1, 20_000)
            wait_until("rows of them", partial(_has_reached, made, reached))
            platform.kill(node)
            wait_until("the lake's error", lambda: made.sink("lake").get("lastError"))
            platform.start(node)
            made.caught_up("table", "lake")
        holds(made, spark, "table", "lake")


def test_a_full_disk_of_the_database_is_told_and_waited_for(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    with _disk(tmp_path, "24m") as disk, stream(platform, tmp_path, "fulldisk", TABLE_ONLY) as made:
        made.start()
        made.produce(records(0))
        made.caught_up("table")
        user = platform.endpoints.postgres.user
        execute(
            platform.administrator,
            f"CREATE TABLESPACE small LOCATION '{disk}'",
            f"GRANT CREATE ON TABLESPACE small TO {user}",
        )
        try:
            numbers = "SELECT md5(n::text) AS text FROM generate_series(1, 300000) AS n"
            order(
                made,
                f"ALTER TABLE {made.table} SET TABLESPACE small",
                f"CREATE TABLE filler TABLESPACE small AS {numbers}",
            )
            made.produce(records(1, 50_000))
            wait_until("the error", lambda: "No space left on device" in error_of(made, "table"))
            order(made, "DROP TABLE filler")
            made.caught_up("table")
            holds(made, spark, "table")
        finally:
            made.kill()
            order(made, "DROP TABLE IF EXISTS filler", f"DROP TABLE {made.table}")
            execute(platform.administrator, "DROP TABLESPACE small")


def _has_reached(made: Stream, offsets: int) -> bool:
    return (made.committed("table") or 0) >= offsets


@contextmanager
def _disk(folder: Path, size: str) -> Iterator[Path]:
    """A small disk of the database's user."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a small disk")
    disk = folder / "disk"
    disk.mkdir()
    # The server's user comes through here.
    for parent in (disk, *disk.parents):
        if parent.stat().st_uid == 0 and parent.is_relative_to(folder.parents[1]):
            parent.chmod(0o755)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    subprocess.run(mount, check=True)
    give(disk)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_lake_is_told_and_waited_for(
    platform: Platform, spark: SparkSession, tmp_path: Path
) -> None:
    with stream(platform, tmp_path, "fulllake", LAKE_ONLY) as made:
        made.start()
        made.produce(records(0))
        made.caught_up("lake")
        _set_quota(spark, made.path, 1)
        made.produce(records(1))
        wait_until("the error", lambda: "quota" in error_of(made, "lake").lower())
        _set_quota(spark, made.path, -1)
        made.caught_up("lake")
        holds(made, spark, "lake")


def _set_quota(spark: SparkSession, path: str, size: int) -> None:
    """How many bytes a folder may hold; -1 for any number."""
    jvm: Any = spark._jvm
    folder = jvm.org.apache.hadoop.fs.Path(path)
    system = folder.getFileSystem(spark._jsc.hadoopConfiguration())
    # Long.MAX_VALUE: as many names as before.
    system.setQuota(folder, 2**63 - 1, size)


@pytest.mark.parametrize("step", [HOUR_S, -HOUR_S], ids=["forward", "back"])
def test_the_drivers_clock_is_set(
    platform: Platform, spark: SparkSession, tmp_path: Path, step: int
) -> None:
    clock = WallClock.at(tmp_path / "clock")
    shifted = {"LD_PRELOAD": str(library(tmp_path)), **clock.environment}
    with stream(platform, tmp_path, f"clock{step % 7}", variables=shifted) as made:
        made.start()
        made.produce(records(0))
        made.caught_up("table", "lake")
        clock.jump(step)
        made.produce(records(1))
        made.caught_up("table", "lake")
        clock.jump(0)
        made.produce(records(2))
        made.caught_up("table", "lake")
        holds(made, spark, "table", "lake")
