"""The table of all metrics: whole, and without what is not there."""

from __future__ import annotations

import re
from pathlib import Path

from charts.monitoring.alerts import GROUPS
from charts.monitoring.catalogue import OPERATOR, POLLER, SECTIONS, names
from yeoul_ingest.metrics import PollerMetrics

ROOT = Path(__file__).parents[3]
_NOT_METRICS = re.compile(r'\{[^}]*\}|\[[^\]]*\]|"[^"]*"|\b(by|on|group_left|without) ?\([^)]*\)')
_WORD = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


def metrics_of(expr: str) -> set[str]:
    """The metrics that a query names: words with an underscore that are no functions."""
    found = _WORD.finditer(_NOT_METRICS.sub(" ", expr))
    functions = {"clamp_min", "predict_linear", "avg_over_time"}
    return {one[0] for one in found if "_" in one[0] or ":" in one[0]} - functions


def test_alerts_ask_for_metrics_of_the_table_only() -> None:
    known = names()
    for group in GROUPS:
        for alert in group.alerts:
            assert metrics_of(alert.expr) <= known, alert.name
        for record in group.records:
            assert metrics_of(record.expr) <= known, record.name


def test_the_pollers_metrics_are_in_the_table() -> None:
    collected = PollerMetrics().registry.collect()
    shown = {one.name + ("_total" if one.type == "counter" else "") for one in collected}
    assert shown == {one.name for one in POLLER}


def test_the_operators_metrics_are_in_the_table() -> None:
    package = ROOT / "operators" / "yeoul_operator"
    files = [*(package / "run").glob("*.py"), package / "pipelines.py"]
    text = "".join(path.read_text() for path in files)
    named = re.findall(r'"((?:yeoul|spark_application|spark_executor)_[a-z_]+)"', text)
    table = {one.name.removesuffix("_total") for one in OPERATOR}
    settings = {"yeoul_operator", "yeoul_stream"}
    assert {one.removesuffix("_total") for one in named} - settings == table


def test_each_metric_stands_once_and_has_a_meaning() -> None:
    listed = [one for _, _, metrics in SECTIONS for one in metrics]
    assert len({one.name for one in listed}) == len(listed)
    assert all(one.text.endswith(".") for one in listed)
    assert {one.kind for one in listed} <= {"counter", "gauge", "histogram", "summary"}
