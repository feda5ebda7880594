"""What StatsD's lines add up to, as Prometheus reads it."""

from __future__ import annotations

import pytest

from yeoul_airflow import statsd_lines
from yeoul_airflow.statsd_lines import Totals, read_line


def shown(*lines: str) -> dict[str, float]:
    totals = Totals()
    totals.add(lines)
    return {
        sample.name + "".join(f"|{key}={text}" for key, text in sample.labels.items()): sample.value
        for metric in totals.metrics()
        for sample in metric.samples
    }


def test_counters_add_up_by_their_labels() -> None:
    found = shown("airflow.ti.finish,state=success:1|c", "airflow.ti.finish,state=success:2|c",
                  "airflow.ti.finish,state=failed:1|c")  # fmt: skip
    assert found == {
        "airflow_ti_finish_total|state=success": 3,
        "airflow_ti_finish_total|state=failed": 1,
    }


def test_ours_keep_their_names() -> None:
    found = shown("airflow.yeoul_poller_records_sent_total,feed=cars:812|c")
    assert found == {"yeoul_poller_records_sent_total|feed=cars": 812}


def test_times_are_seconds_and_how_many_there_were() -> None:
    found = shown("airflow.task.duration:1500|ms", "airflow.task.duration:500|ms")
    assert found == {
        "airflow_task_duration_seconds_count": 2,
        "airflow_task_duration_seconds_sum": 2.0,
    }


def test_a_gauge_is_set_or_moved() -> None:
    assert shown("airflow.slots:5|g", "airflow.slots:+2|g", "airflow.slots:-1|g") == {
        "airflow_slots": 6
    }


def test_a_sampled_counter_counts_for_all() -> None:
    assert shown("airflow.x:1|c|@0.1") == {"airflow_x_total": 10}


def test_a_histogram_comes_whole() -> None:
    found = shown("airflow.yeoul_s_bucket,le=0.5:1|c", "airflow.yeoul_s_bucket,le=Inf:2|c",
                  "airflow.yeoul_s_count:2|c", "airflow.yeoul_s_sum:0.75|c")  # fmt: skip
    assert found == {
        "yeoul_s_bucket|le=0.5": 1,
        "yeoul_s_bucket|le=+Inf": 2,
        "yeoul_s_count": 2,
        "yeoul_s_sum": 0.75,
    }


@pytest.mark.parametrize("line", ["", "x", "x:1", "x:y|c", ":1|c", "x:1|z", "x:1|c|@0"])
def test_other_lines_are_none(line: str) -> None:
    assert read_line(line) is None


def test_other_lines_and_too_many_series_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statsd_lines, "MOST_SERIES", 2)
    totals = Totals()
    totals.add(["nonsense", "a:1|c", "b:1|c", "c:1|c", "a:1|c"])
    assert totals.dropped == 2
    assert totals.values["a_total"][()][1] == 2
