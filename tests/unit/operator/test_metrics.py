from __future__ import annotations

import re

import pytest

from yeoul_operator.kube.request import RequestStats
from yeoul_operator.run.gauges import register_api
from yeoul_operator.run.metrics import Metrics

# The names that users of this API chart.
COUNTERS = (
    "spark_application_count",
    "spark_application_submit_count",
    "spark_application_failed_submission_count",
    "spark_application_success_count",
    "spark_application_failure_count",
    "spark_executor_success_count",
    "spark_executor_failure_count",
)
GAUGES = ("spark_application_running_count", "spark_executor_running_count")
SUMMARIES = (
    "spark_application_success_execution_time_seconds",
    "spark_application_failure_execution_time_seconds",
    "spark_application_start_latency_seconds",
)
APP = ("jobs", {"app-type": "etl", "team": "maps"})


# The client's own parser gives counters the suffix that Prometheus does not.
_SAMPLE = re.compile(r"(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
_LABEL = re.compile(r'\w+="((?:[^"\\]|\\.)*)"')


def samples(metrics: Metrics) -> dict[str, dict[tuple[str, ...], float]]:
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for line in metrics.exposition().decode().splitlines():
        if match := _SAMPLE.fullmatch(line):
            labels = tuple(_LABEL.findall(match["labels"] or ""))
            found.setdefault(match["name"], {})[labels] = float(match["value"])
    return found


@pytest.fixture
def metrics() -> Metrics:
    made = Metrics(("app_type",))
    made.running(list, list)
    return made


@pytest.mark.parametrize("name", [*COUNTERS, *GAUGES, *(f"{name}_count" for name in SUMMARIES)])
def test_a_metric_stands_at_0_from_the_start(metrics: Metrics, name: str) -> None:
    assert samples(metrics)[name] == {("Unknown",): 0}


@pytest.mark.parametrize("name", COUNTERS)
def test_a_counter_is_declared_as_one_under_its_name(metrics: Metrics, name: str) -> None:
    assert f"# TYPE {name} counter\n" in metrics.exposition().decode()


def test_a_label_is_taken_from_the_application(metrics: Metrics) -> None:
    metrics.submitted(APP)
    assert samples(metrics)["spark_application_submit_count"]["etl",] == 1


def test_with_a_new_label_all_counters_begin_at_0(metrics: Metrics) -> None:
    metrics.seen(APP)
    assert samples(metrics)["spark_application_failure_count"]["etl",] == 0


def test_the_namespace_can_be_a_label() -> None:
    metrics = Metrics(("namespace",))
    metrics.seen(APP)
    assert samples(metrics)["spark_application_count"]["jobs",] == 1


def test_there_may_be_no_labels() -> None:
    metrics = Metrics(())
    metrics.succeeded(APP, 12.0)
    found = samples(metrics)
    assert found["spark_application_success_count"] == {(): 1}
    assert found["spark_application_success_execution_time_seconds_sum"] == {(): 12.0}


def test_what_runs_is_counted_when_it_is_asked_for(metrics: Metrics) -> None:
    running = [APP, APP]
    metrics = Metrics(("app_type",))
    metrics.running(lambda: running, list)
    running.pop()
    assert samples(metrics)["spark_application_running_count"] == {("etl",): 1}


def test_a_labels_value_may_hold_any_text(metrics: Metrics) -> None:
    metrics.seen(("jobs", {"app_type": 'a"b\\c\nd'}))
    assert samples(metrics)["spark_application_count"][r"a\"b\\c\nd",] == 1


def test_errors_of_the_api_server_are_counted_by_kind() -> None:
    metrics, stats = Metrics(()), RequestStats()
    register_api(metrics.registry, stats)
    for status in ("200", "409", "503", "none"):
        stats.requests["create", "pods", status] += 1
    found = samples(metrics)["yeoul_api_errors_total"]
    assert {kind for (kind,), count in found.items() if count} == {
        "conflict",
        "server_error",
        "no_answer",
    }
