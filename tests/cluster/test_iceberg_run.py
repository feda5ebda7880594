"""An Iceberg lake beside a table on a real node, and their past: filled, set back, compacted.

The tests follow each other on one pipeline: each takes over what the one before has left running.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from cluster.platform_objects import platform_values
from cluster.running import NAME, Running, first_example
from fix_node import ROOT, Release, documents, image
from fix_pipelines import KIND
from yeoul_stream.pipeline import apply_overlay

pytestmark = [
    pytest.mark.night,
    pytest.mark.usefixtures("operator"),
    pytest.mark.timeout(1800),
]

PATH = "/data/car_info_iceberg"
SPEC: dict[str, Any] = {
    # What the poller has sent before is what a backfill can fill.
    "source": {"kafka": {"startingOffsets": "latest"}},
    "sinks": [
        {"name": "table", "lineage": True},
        {
            "name": "lake",
            "lineage": True,
            "hdfs": {"format": "iceberg", "path": PATH, "checkpoint": f"{PATH}/check_point"},
        },
    ],
}
_COMPACT = ROOT / "manifests" / "examples" / "applications" / "compact.yaml"


@pytest.fixture(scope="module")
def running(release: Release, pytestconfig: pytest.Config) -> Iterator[Running]:
    """The pipeline, which has written its first rows."""
    with first_example(release, platform_values(), pytestconfig, **SPEC) as pipeline:
        pipeline.works()
        yield pipeline


def ask(running: Running, change: str) -> str:
    """Ask for a change of the past, and return what it came to."""
    note = {"metadata": {"annotations": {"yeoul.dev/past": change}}}
    running.site.api.patch(KIND, running.namespace, NAME, note)

    def answer() -> dict[str, Any] | None:
        past = dict(running.status().get("past") or {})
        ended = past.get("state") in {"Done", "Failed", "Refused"}
        return past if ended and past.get("request") == change else None

    past = running.wait(f"an answer to {change}", answer)
    assert past["state"] == "Done", past
    return str(past["message"])


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def proved(running: Running) -> None:
    """The proof holds, of both."""
    report = running.prove()
    assert [sink["sink"] for sink in report["sinks"] if sink["rows"]] == ["table", "lake"]


def test_table_and_lake_are_filled(running: Running) -> None:
    running.goes_on()
    proved(running)


def test_what_was_passed_over_is_filled_beside_the_stream(running: Running) -> None:
    driver = running.driver()
    told = ask(running, f"backfill 2026-01-01T00:00:00Z/{now()}")
    filled = [int(rows.replace(",", "")) for rows in re.findall(r"([\d,]+) rows", told)]
    assert len(filled) == 2, told
    assert all(filled), told
    assert running.driver() == driver
    proved(running)


def test_both_are_set_back_and_read_it_again(running: Running) -> None:
    since = now()
    running.goes_on()
    epoch = running.epoch()
    told = ask(running, f"reset-to {since} yes")
    assert {"table", "lake"} <= set(re.findall(r"^(\w+):", told, re.MULTILINE)), told
    assert "removed" in told
    running.works(since=epoch)
    running.goes_on()
    proved(running)


def test_deleted_driver_is_replaced(running: Running) -> None:
    epoch, driver = running.epoch(), running.driver()
    running.site.api.delete("Pod", running.namespace, f"{NAME}-driver", gracePeriodSeconds=0)
    running.replaced(driver)
    running.works(since=epoch)
    running.goes_on()


def test_compaction_beside_the_stream_leaves_fewer_files(running: Running) -> None:
    log = _compacted(running)
    before, after = (
        int(number.replace(",", ""))
        for number in re.findall(r"lake: ([\d,]+) files before, ([\d,]+) after", log)[-1]
    )
    assert after < before
    running.goes_on()
    proved(running)


def _compacted(running: Running) -> str:
    """Run the example's compaction once, as it stands but for its size, and return its log."""
    (scheduled,) = documents(_COMPACT)
    small = {
        "image": image("spark"),
        "volumes": [
            {"name": "pipeline", "configMap": {"name": f"{NAME}-{running.status()['revision']}"}}
        ],
        "driver": {"memory": "640m", "coreRequest": "100m"},
        "executor": {"memory": "512m", "coreRequest": "100m"},
    }
    api, name = running.site.api, "compact-now"
    api.create(
        {
            "apiVersion": scheduled["apiVersion"],
            "kind": "SparkApplication",
            "metadata": {"namespace": running.namespace, "name": name},
            "spec": apply_overlay(scheduled["spec"]["template"], small),
        }
    )

    def ended() -> dict[str, Any] | None:
        found = api.read("SparkApplication", running.namespace, name)
        state = dict(found.get("status", {}).get("applicationState", {}))
        return state if state.get("state") in {"COMPLETED", "FAILED"} else None

    end = running.wait("the end of the compaction", ended)
    assert end["state"] == "COMPLETED", end
    return api.log(running.namespace, f"{name}-driver")
