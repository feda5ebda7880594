"""Changes of a pipeline's past: asked for by an annotation, done by a pod, told in the status."""

from __future__ import annotations

from typing import Any

import pytest

from bed.api import until
from fix_drivers import Pipelines
from fix_pipelines import KIND

ASKED = "yeoul.dev/past"
PERIOD = "2026-11-20T00:00:00Z/2026-11-23T00:00:00Z"


@pytest.fixture
def asking(pipelines: Pipelines) -> Pipelines:
    """A pipeline that runs."""
    pipelines.create()
    pipelines.reaches("Running")
    return pipelines


def ask(pipelines: Pipelines, text: str | None) -> None:
    change = {"metadata": {"annotations": {ASKED: text}}}
    pipelines.api.patch(KIND, pipelines.namespace, "cars", change)


def past(pipelines: Pipelines) -> dict[str, Any]:
    return dict(pipelines.status().get("past") or {})


def reaches(pipelines: Pipelines, state: str) -> dict[str, Any]:
    until(f"past {state}", lambda: past(pipelines).get("state") == state)
    return past(pipelines)


def arguments(pipelines: Pipelines) -> list[str]:
    """What the pod is told after the pipeline's file."""
    until("the pod", lambda: pipelines.driver("cars-past") != "")
    return list(pipelines.application("cars-past")["spec"]["arguments"][2:])


def test_a_backfill_runs_beside_the_stream_and_is_answered(asking: Pipelines) -> None:
    driver = asking.driver()
    ask(asking, f"backfill {PERIOD}")
    start, end = PERIOD.split("/")
    assert arguments(asking) == ["--past", "backfill", "--from", start, "--to", end]
    asking.end("cars-past-driver", 0, "table: filled 400 offsets: 400 records, 400 rows")
    answer = reaches(asking, "Done")
    assert answer["message"] == "table: filled 400 offsets: 400 records, 400 rows"
    assert (answer["request"], asking.driver()) == (f"backfill {PERIOD}", driver)


def test_a_reset_is_counted_and_done_only_when_that_is_said(asking: Pipelines) -> None:
    ask(asking, "reset-to 2026-11-20T00:00:00Z")
    assert arguments(asking) == ["--past", "reset", "--to", "2026-11-20T00:00:00Z"]
    asking.end("cars-past-driver", 0, "table: partition 0: 20 rows are removed first")
    assert "20 rows" in reaches(asking, "Done")["message"]
    ask(asking, "reset-to 2026-11-20T00:00:00Z yes")

    def other() -> bool:
        spec = asking.application("cars-past").get("spec", {})
        return bool(spec) and spec["arguments"][-1] == "--yes"

    until("the other application", other)


def test_what_cannot_be_read_is_refused_with_the_forms(asking: Pipelines) -> None:
    ask(asking, "backfill yesterday")
    assert "write backfill FROM/TO" in reaches(asking, "Refused")["message"]
    assert asking.application("cars-past") == {}


def test_a_failure_is_told(asking: Pipelines) -> None:
    ask(asking, "replay")
    for _ in range(3):
        until("a pod that runs", lambda: _runs(asking))
        asking.end("cars-past-driver", 1, "table: they do not name their records")
    assert "do not name their records" in reaches(asking, "Failed")["message"]


def _runs(pipelines: Pipelines) -> bool:
    pod = pipelines.api.get("Pod", pipelines.namespace, "cars-past-driver") or {}
    return str((pod.get("status") or {}).get("phase")) == "Running"


def test_the_same_words_count_anew_once_they_were_taken_away(asking: Pipelines) -> None:
    ask(asking, "replay")
    arguments(asking)
    first = asking.driver("cars-past")
    asking.end("cars-past-driver", 0, "first")
    reaches(asking, "Done")
    ask(asking, None)
    until("forgotten", lambda: "request" not in past(asking))
    ask(asking, "replay")
    until("another pod", lambda: asking.driver("cars-past") not in ("", first))
