from pathlib import Path
from typing import Any

import pytest

from yeoul_stream.pipeline import load_pipeline
from yeoul_web import pods
from yeoul_web.prometheus import parse
from yeoul_web.store import POSITION, TRAIL, trails

EXAMPLE = Path(__file__).parents[3] / "manifests" / "examples" / "car-info.yaml"
OURS = {"app.kubernetes.io/part-of": "yeoul"}
READY = {"conditions": [{"type": "Ready", "status": "True"}], "phase": "Running"}


def pod(labels: dict[str, str], status: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "a", "labels": labels}, "status": status}


def component(name: str) -> dict[str, str]:
    return {**OURS, "app.kubernetes.io/component": name}


@pytest.mark.parametrize(
    ("labels", "stage"),
    [
        (component("simulator"), "api"),
        (component("poller"), "ingest"),
        (component("airflow-scheduler"), "ingest"),
        (component("kafka"), "kafka"),
        ({"strimzi.io/cluster": "yeoul"}, "kafka"),
        ({"yeoul.dev/pipeline": "car-info", "spark-role": "driver"}, "spark"),
        (component("postgres"), "postgres"),
        ({"cnpg.io/cluster": "yeoul-postgres"}, "postgres"),
        (component("journalnode"), "hdfs"),
        (component("operator"), "platform"),
    ],
)
def test_a_pod_has_a_place_in_the_flow(labels: dict[str, str], stage: str) -> None:
    found = pods.part(pod(labels, READY))
    assert found is not None
    assert (found.stage, found.state) == (stage, "up")


@pytest.mark.parametrize("labels", [{}, {"spark-role": "driver"}])
def test_a_pod_of_others_is_no_part(labels: dict[str, str]) -> None:
    assert pods.part(pod(labels, READY)) is None


def test_what_is_to_end_is_no_part() -> None:
    job = {**pod(component("kafka-topics"), READY), "spec": {"restartPolicy": "OnFailure"}}
    assert pods.part(job) is None


def test_a_driver_is_a_part() -> None:
    labels = {"yeoul.dev/pipeline": "car-info", "spark-role": "driver"}
    assert pods.part({**pod(labels, READY), "spec": {"restartPolicy": "Never"}}) is not None


@pytest.mark.parametrize(
    ("status", "state", "detail"),
    [
        ({"phase": "Pending"}, "starting", ""),
        ({"phase": "Failed"}, "down", ""),
        (
            {"containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]},
            "down",
            "CrashLoopBackOff",
        ),
        ({**READY, "containerStatuses": [{"restartCount": 2}]}, "up", "2 restarts"),
    ],
)
def test_a_pod_tells_how_it_is(status: dict[str, Any], state: str, detail: str) -> None:
    found = pods.part(pod(component("kafka"), status))
    assert found is not None
    assert (found.state, found.detail) == (state, detail)


def a_pipeline(*conditions: tuple[str, str, str]) -> dict[str, Any]:
    some = [
        {"type": kind, "status": status, "reason": reason, "message": f"{kind} {reason}"}
        for kind, status, reason in conditions
    ]
    sink = {"name": "table", "kind": "postgres", "state": "running", "rowsWritten": 5}
    return {
        "apiVersion": "yeoul.dev/v1alpha1",
        "kind": "StreamPipeline",
        "metadata": {"namespace": "data", "name": "car-info"},
        "spec": {"source": {"kafka": {"topic": "cars"}}},
        "status": {"phase": "Running", "sinks": [sink], "conditions": some},
    }


@pytest.mark.parametrize(
    ("conditions", "healthy", "message"),
    [
        ([("Ready", "True", "Working")], True, ""),
        ([("Ready", "Unknown", "NoAnswer")], None, ""),
        ([("Ready", "False", "Suspended")], None, "Ready Suspended"),
        ([("Ready", "False", "SinksNotWorking")], False, "Ready SinksNotWorking"),
        ([("Ready", "True", "W"), ("Stalled", "True", "NoBatch")], False, "Stalled NoBatch"),
        ([("Ready", "True", "W"), ("RolledBack", "True", "Bad")], True, "RolledBack Bad"),
        ([], None, ""),
    ],
)
def test_a_pipeline_tells_whether_it_is_well(
    conditions: list[tuple[str, str, str]], healthy: bool | None, message: str
) -> None:
    found = pods.pipeline(a_pipeline(*conditions))
    assert (found.is_healthy, found.message) == (healthy, message)


def test_a_pipeline_has_its_topic_and_sinks() -> None:
    found = pods.pipeline(a_pipeline())
    assert (found.key, found.topic) == ("data/car-info", "cars")
    assert [(one.name, one.rows_written) for one in found.sinks] == [("table", 5)]


def test_the_tables_of_a_pipeline_are_those_of_its_enabled_sinks() -> None:
    (table,) = pods.tables_of("local", load_pipeline(EXAMPLE))
    assert (table.table, table.secret) == ("car_info_table", "car-info-postgres")
    assert set(POSITION) <= table.columns


def test_a_pipeline_that_cannot_be_read_has_no_tables() -> None:
    assert pods.tables("local", [a_pipeline()]) == []


def test_an_event_is_of_its_last_time() -> None:
    found = pods.event(
        {
            "involvedObject": {"namespace": "data", "name": "car-info"},
            "type": "Warning",
            "reason": "Stalled",
            "message": "no batch",
            "firstTimestamp": "2026-01-01T00:00:00Z",
            "lastTimestamp": "2026-01-01T01:00:00Z",
        }
    )
    assert (found.subject, found.is_warning, found.at.hour) == ("data/car-info", True, 1)


# Vehicles


def rows(*places: tuple[float, float]) -> list[tuple[Any, ...]]:
    return [("V1", 1000 * i, lon, lat, 30.0 + i) for i, (lon, lat) in enumerate(places)]


def test_a_vehicle_has_its_last_positions() -> None:
    (found,) = trails(rows(*((127.0 + i / 1e4, 37.5) for i in range(TRAIL + 5))))
    assert len(found.trail) == TRAIL
    assert (found.name, found.speed) == ("V1", 30.0 + TRAIL + 4)


def test_a_trail_begins_after_the_last_jump() -> None:
    (found,) = trails(rows((127.0, 37.5), (127.001, 37.5), (127.5, 37.5), (127.501, 37.5)))
    assert found.trail == ((127.5, 37.5), (127.501, 37.5))


def test_alerts_that_fire_come_first() -> None:
    def alert(name: str, state: str) -> dict[str, Any]:
        labels = {"alertname": name, "severity": "warning"}
        return {
            "labels": labels,
            "annotations": {"summary": "s"},
            "state": state,
            "activeAt": "2026-01-01T00:00:00Z",
        }

    found = parse({"data": {"alerts": [alert("a", "pending"), alert("b", "firing")]}})
    assert [one.name for one in found] == ["b", "a"]
