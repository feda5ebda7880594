"""Airflow's upkeep of a lake on a real node: many small files become few, and the proof holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.platform_objects import platform_values
from cluster.running import Running, first_example
from fix_airflow import airflow_beside
from fix_node import Release, image

pytestmark = [
    pytest.mark.night,
    pytest.mark.usefixtures("operator"),
    pytest.mark.timeout(1800),
]

NAMENODE = ("yeoul-hdfs-namenode-0", "namenode", "/opt/entrypoint.sh")
MANY = 6


@pytest.fixture(scope="module")
def running(release: Release, pytestconfig: pytest.Config) -> Iterator[Running]:
    """The pipeline, which has written its first rows."""
    with first_example(release, platform_values(), pytestconfig) as pipeline:
        pipeline.works()
        yield pipeline


def files(running: Running) -> int:
    """How many files readers of the lake see."""
    listed = running.release.run_in(*NAMENODE, "dfs", "-ls", "-C", "/data/car_info")
    return len(re.findall(r"/[^/_][^/]*\.parquet$", listed, re.MULTILINE))


def test_upkeep_leaves_few_files_and_its_log_says_so(running: Running, tmp_path: Path) -> None:
    running.wait("many files", lambda: files(running) >= MANY)
    # So that none comes while they are counted.
    running.apply(suspend=True)
    running.wait("its rest", lambda: running.status().get("phase") == "Suspended")
    before = files(running)
    with airflow_beside(running.site.kubeconfig, tmp_path) as airflow:
        ran = airflow.run(
            "lake_compact", namespace=running.namespace, image=image("spark"),
            driver_cpu="100m", driver_memory="640m", executor_memory="512m",
        )  # fmt: skip
    assert ran.state == "success", ran.log
    after = files(running)
    assert after < before
    assert f"lake: {before} files before, {after} after" in ran.log
    epoch = running.epoch()
    running.apply()
    running.works(since=epoch)
    running.prove()
