"""Airflow's own chart, with the values of docs/airflow.md, feeds the Kafka of ours.

Their chart is on no registry of packages: YEOUL_AIRFLOW_CHART says where it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from bed.api import until
from cluster.platform_objects import Object, platform_values
from cluster.topic import counts
from fix_node import PATIENCE, ROOT, Release, fresh_namespace, image_of
from yeoul_stream.pipeline import apply_overlay

pytestmark = [
    pytest.mark.night,
    pytest.mark.usefixtures("operator"),
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        "YEOUL_AIRFLOW_CHART" not in os.environ,
        reason="YEOUL_AIRFLOW_CHART is to name Airflow's own chart, such as airflow-1.22.0.tgz",
    ),
]

_ROLE = """
CREATE ROLE airflow LOGIN PASSWORD 'airflow';
CREATE DATABASE airflow OWNER airflow;
"""


def values_of_the_docs() -> Object:
    """What docs/airflow.md has people give to Airflow's chart."""
    text = (ROOT / "docs" / "airflow.md").read_text().partition("**Airflow's own chart**")[2]
    found = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return dict(yaml.safe_load(found[1]))


def values(release: Release) -> Object:
    """Those values, with what there is here: our image and the platform's database, no volumes."""
    one = image_of("airflow")
    database = {
        "user": "airflow", "pass": "airflow", "db": "airflow", "port": 5432, "sslmode": "prefer",
        "host": f"yeoul-postgres.{release.namespace}",
    }  # fmt: skip
    here = {
        "images": {
            "airflow": {"repository": f"{one['registry']}/{one['repository']}", "tag": one["tag"]}
        },
        "config": {"core": {"dags_are_paused_at_creation": "False"}},
        "postgresql": {"enabled": False},
        "data": {"metadataConnection": database},
        "statsd": {"enabled": False},
        "workers": {"persistence": {"enabled": False}},
        "triggerer": {"persistence": {"enabled": False}},
    }
    return apply_overlay(values_of_the_docs(), here)


@pytest.fixture
def theirs(release: Release) -> Iterator[Release]:
    """A release of Airflow's chart in a namespace of its own, beside the platform."""
    with fresh_namespace(release.site.api, account=False) as namespace:
        external = {"provider": "external", "external": {"namespace": namespace}}
        ours = apply_overlay(
            {**platform_values(), "hdfs": {"provider": "external"}},
            {
                "airflow": external,
                "ingest": {"poller": {"enabled": False}},
                "test": {"enabled": False},
            },
        )
        # The Secret with the API's key is there from the second time on.
        for _ in range(2):
            release.put("values-kind.yaml", **ours)
        _psql(release, _ROLE)
        client = replace(release.client, namespace=namespace)
        try:
            yield replace(release, client=client, chart=Path(os.environ["YEOUL_AIRFLOW_CHART"]))
        finally:
            release.clear()


def test_own_chart_of_airflow_feeds_kafka(release: Release, theirs: Release) -> None:
    theirs.client.run(
        "install", str(theirs.chart), f"--timeout={PATIENCE:.0f}s", values=values(release)
    )
    try:
        until("records of Airflow's", lambda: counts(release)[0] > 50, PATIENCE)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{theirs.story()}") from None
    records, different, _ = counts(release)
    assert records == different


def _psql(release: Release, statements: str) -> None:
    pod = ("statefulset/yeoul-postgres", "--", "psql", "-U", "postgres")
    for statement in statements.strip().splitlines():
        done = release.kubectl("exec", *pod, "-c", statement)
        assert done.returncode == 0, done.stderr
